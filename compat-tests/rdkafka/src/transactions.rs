// SPDX-License-Identifier: Apache-2.0
//! Transactions of records, and of records and offsets.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, Producer};
use rdkafka::topic_partition_list::Offset;

use crate::records::{reader, text};
use crate::{consumer_settings, producer, send, Outcome, WAIT};

const RECORDS_MAX: usize = 20; // of a transaction
const POLL: Duration = Duration::from_millis(500);

pub fn transact(address: &str, topic: &str, id: &str) -> Outcome {
    let producer = producer(address, &[("transactional.id", id)])?;
    producer.init_transactions(WAIT)?;
    for number in 0..3 {
        producer.begin_transaction()?;
        for i in 0..10 {
            send(&producer, topic, 0, format!("{number}-{i}").as_bytes())?;
        }
        if number == 1 {
            producer.abort_transaction(WAIT)?;
        } else {
            producer.commit_transaction(WAIT)?;
        }
    }
    Ok(())
}

pub fn read_committed(address: &str, topic: &str, count: i64) -> Outcome {
    let consumer = reader(address, topic, &[("isolation.level", "read_committed")])?;
    for _ in 0..count {
        println!("{}", text(consumer.poll(WAIT).ok_or("no record in time")??.payload()));
    }
    Ok(())
}

struct Read {
    partition: i32,
    offset: i64,
    value: Vec<u8>,
}

/// What comes within POLL, and what is there already.
fn poll(consumer: &BaseConsumer) -> Result<Vec<Read>, Box<dyn std::error::Error>> {
    let (mut records, mut wait) = (Vec::new(), POLL);
    while records.len() < RECORDS_MAX {
        let Some(polled) = consumer.poll(wait) else { break };
        let record = polled?;
        let value = record.payload().unwrap_or_default().to_vec();
        records.push(Read { partition: record.partition(), offset: record.offset(), value });
        wait = Duration::ZERO;
    }
    Ok(records)
}

/// Goes back to the first of the records in each partition.
fn go_back(consumer: &BaseConsumer, topic: &str, records: &[Read]) -> Outcome {
    let mut first = BTreeMap::new();
    for record in records {
        first.entry(record.partition).or_insert(record.offset);
    }
    for (partition, offset) in first {
        consumer.seek(topic, partition, Offset::Offset(offset), WAIT)?;
    }
    Ok(())
}

fn write(
    consumer: &BaseConsumer,
    producer: &FutureProducer,
    target: &str,
    records: &[Read],
) -> Outcome {
    producer.begin_transaction()?;
    for record in records {
        send(producer, target, record.partition, &record.value)?;
    }
    let group = consumer.group_metadata().ok_or("no group")?;
    producer.send_offsets_to_transaction(&consumer.position()?, &group, WAIT)?;
    Ok(())
}

pub fn transfer(address: &str, id: &str, source: &str, target: &str) -> Outcome {
    let bounded = [("transactional.id", id), ("transaction.timeout.ms", "10000")];
    let producer = producer(address, &bounded)?;
    let reading = [("isolation.level", "read_committed"), ("session.timeout.ms", "6000")];
    let consumer: BaseConsumer = consumer_settings(address, id, &reading).create()?;
    producer.init_transactions(WAIT)?;
    consumer.subscribe(&[source])?;
    let mut number = 0;
    loop {
        let records = poll(&consumer)?;
        if records.is_empty() {
            continue;
        }
        write(&consumer, &producer, target, &records)?;
        if number % 5 == 4 {
            producer.abort_transaction(WAIT)?;
            go_back(&consumer, source, &records)?;
        } else {
            producer.commit_transaction(WAIT)?;
            println!("committed {}", records.len());
        }
        number += 1;
    }
}
