// SPDX-License-Identifier: Apache-2.0
//! Records of one partition.

use futures_executor::block_on;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::{consumer_settings, producer, send, Outcome, WAIT};

const FIRST_TIMESTAMP: i64 = 1_700_000_000_000;

pub fn produce(address: &str, topic: &str, codec: &str, count: i64) -> Outcome {
    let producer = producer(address, &[("compression.type", codec), ("linger.ms", "5")])?;
    let mut told = Vec::new();
    for i in 0..count {
        let (key, number) = (format!("key-{}", i % 1000), i.to_string());
        let value = format!("value-{i}-{}", "x".repeat((i % 50) as usize));
        let mut record = FutureRecord::to(topic).partition(0).timestamp(FIRST_TIMESTAMP + i);
        if i % 5 != 0 {
            record = record.key(&key);
        }
        if i % 11 != 0 || i % 5 == 0 {
            record = record.payload(&value);
        }
        if i % 3 == 0 {
            let numbered = Header { key: "number", value: Some(&number) };
            let empty = Header { key: "empty", value: Some("") };
            record = record.headers(OwnedHeaders::new().insert(numbered).insert(empty));
        }
        told.push(producer.send_result(record).map_err(|(error, _)| error)?);
    }
    for outcome in told {
        block_on(outcome)?.map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// A consumer of partition 0, from its start.
pub fn reader(address: &str, topic: &str, more: &[(&str, &str)]) -> KafkaResult<BaseConsumer> {
    let consumer: BaseConsumer = consumer_settings(address, "unused", more).create()?;
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Offset(0))?;
    consumer.assign(&partitions)?;
    Ok(consumer)
}

pub fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or("~".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn line(record: &BorrowedMessage) -> String {
    let headers: Vec<String> = (record.headers().into_iter())
        .flat_map(|headers| headers.iter())
        .map(|one| format!("{}={}", one.key, text(one.value)))
        .collect();
    let (key, value, headers) = (text(record.key()), text(record.payload()), headers.join(","));
    let time = record.timestamp().to_millis().unwrap_or(-1);
    format!("{}|{time}|{key}|{value}|{headers}", record.offset())
}

pub fn consume(address: &str, topic: &str, count: i64) -> Outcome {
    let consumer = reader(address, topic, &[])?;
    for _ in 0..count {
        println!("{}", line(&consumer.poll(WAIT).ok_or("no record in time")??));
    }
    Ok(())
}

pub fn large(address: &str, topic: &str, size: usize) -> Outcome {
    let producer = producer(address, &[("message.max.bytes", &(2 * size).to_string())])?;
    for value in [b"first".to_vec(), vec![b'x'; size], b"last".to_vec()] {
        send(&producer, topic, 0, &value)?;
    }
    Ok(())
}

pub fn times(address: &str, topic: &str, asked: &[&str]) -> Outcome {
    let consumer: BaseConsumer = consumer_settings(address, "unused", &[]).create()?;
    for time in asked {
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(topic, 0, Offset::Offset(time.parse()?))?;
        let found = consumer.offsets_for_times(partitions, WAIT)?;
        println!("{}", found.elements()[0].offset().to_raw().ok_or("no offset")?);
    }
    Ok(())
}

pub fn idempotent(address: &str, topic: &str, count: i64) -> Outcome {
    let producer = producer(address, &[])?;
    for i in 0..count {
        send(&producer, topic, 0, i.to_string().as_bytes())?;
        println!("acknowledged {i}");
    }
    Ok(())
}
