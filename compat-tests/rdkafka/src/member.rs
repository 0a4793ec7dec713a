// SPDX-License-Identifier: Apache-2.0
//! A member of a group; what it says is in groups/groups_test.py.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, RebalanceProtocol,
};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::{consumer_settings, Outcome};

const BATCH_MAX: usize = 10;
const POLL: Duration = Duration::from_millis(100);

/// Partitions that the member owns, and of these the offset behind what is read and not committed.
#[derive(Default)]
struct Owned {
    partitions: BTreeSet<i32>,
    read: BTreeMap<i32, i64>,
}

impl Owned {
    fn say(&self) {
        let words: Vec<String> = self.partitions.iter().map(i32::to_string).collect();
        println!("assigned {}", words.join(" "));
    }
}

#[derive(Default)]
struct Context(Mutex<Owned>);

impl ClientContext for Context {}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, change: &Rebalance) {
        if let Rebalance::Revoke(partitions) = change {
            let mut owned = self.0.lock().unwrap();
            for one in partitions.elements() {
                owned.partitions.remove(&one.partition());
                owned.read.remove(&one.partition()); // a commit would go behind its next owner's back
            }
            owned.say();
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, change: &Rebalance) {
        if let Rebalance::Assign(partitions) = change {
            let mut owned = self.0.lock().unwrap();
            if matches!(consumer.rebalance_protocol(), RebalanceProtocol::Eager) {
                owned.partitions.clear();
            }
            owned.partitions.extend(partitions.elements().iter().map(|one| one.partition()));
            owned.say();
        }
    }
}

/// Reads a few records, then commits what is read.
fn go_on(consumer: &BaseConsumer<Context>, topic: &str) -> Outcome {
    let mut wait = POLL;
    for _ in 0..BATCH_MAX {
        let Some(polled) = consumer.poll(wait) else { break };
        let Ok(record) = polled else { continue };
        wait = Duration::ZERO;
        println!("record {} {}", record.partition(), record.offset());
        let mut owned = consumer.context().0.lock().unwrap();
        owned.read.insert(record.partition(), record.offset() + 1);
    }
    let read = std::mem::take(&mut consumer.context().0.lock().unwrap().read);
    if !read.is_empty() {
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in read {
            offsets.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        // A commit that fails is none: whoever owns the partition now reads these records again.
        let _ = consumer.commit(&offsets, CommitMode::Sync);
    }
    Ok(())
}

/// Whether a line has come on the standard input, or its end.
fn told_to_stop() -> Arc<AtomicBool> {
    let told = Arc::new(AtomicBool::new(false));
    let teller = told.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        teller.store(true, Ordering::Relaxed);
    });
    told
}

pub fn member(
    address: &str,
    topic: &str,
    group: &str,
    strategy: &str,
    session_ms: &str,
    instance: &str,
) -> Outcome {
    let mut settings = match strategy {
        "consumer" => consumer_settings(address, group, &[("group.protocol", "consumer")]),
        _ => {
            let (session, often) =
                (("session.timeout.ms", session_ms), ("heartbeat.interval.ms", "300"));
            let assignor = ("partition.assignment.strategy", strategy);
            consumer_settings(address, group, &[session, often, assignor])
        }
    };
    if instance != "-" {
        settings.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Context> = settings.create_with_context(Context::default())?;
    consumer.subscribe(&[topic])?;
    let stopped = told_to_stop();
    while !stopped.load(Ordering::Relaxed) {
        go_on(&consumer, topic)?;
    }
    drop(consumer); // leaves the group
    println!("closed");
    Ok(())
}
