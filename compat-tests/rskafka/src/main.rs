// SPDX-License-Identifier: Apache-2.0
//! An rskafka program; compat-tests/client_cases.py tells what its words do.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::{DateTime, Utc};
use rskafka::client::error::{Error as ClientError, ProtocolError};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::{Record, RecordAndOffset};

const FIRST_TIMESTAMP: i64 = 1_700_000_000_000;
const WAIT_MS: i32 = 60_000;
const BATCH_RECORDS: i64 = 500;
const BYTES_MAX: i32 = 50_000_000;

type Outcome = Result<(), Box<dyn Error>>;

async fn connect(address: &str) -> rskafka::client::error::Result<Client> {
    ClientBuilder::new(vec![address.to_owned()]).max_message_size(BYTES_MAX as usize).build().await
}

async fn partition(client: &Client, topic: &str) -> Result<PartitionClient, ClientError> {
    client.partition_client(topic, 0, UnknownTopicHandling::Retry).await
}

fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).expect("a time")
}

fn record(value: Vec<u8>) -> Record {
    let (key, headers, timestamp) = (None, BTreeMap::new(), time(FIRST_TIMESTAMP));
    Record { key, value: Some(value), headers, timestamp }
}

fn record_number(i: i64) -> Record {
    let mut record = record(format!("value-{i}-{}", "x".repeat((i % 50) as usize)).into_bytes());
    record.timestamp = time(FIRST_TIMESTAMP + i);
    if i % 5 != 0 {
        record.key = Some(format!("key-{}", i % 1000).into_bytes());
        if i % 11 == 0 {
            record.value = None;
        }
    }
    if i % 3 == 0 {
        record.headers.insert("number".to_owned(), i.to_string().into_bytes());
        record.headers.insert("empty".to_owned(), vec![]);
    }
    record
}

async fn produce(address: &str, topic: &str, codec: &str, count: i64) -> Outcome {
    let partition = partition(&connect(address).await?, topic).await?;
    let compression = match codec {
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::NoCompression,
    };
    for first in (0..count).step_by(BATCH_RECORDS as usize) {
        let last = count.min(first + BATCH_RECORDS);
        partition.produce((first..last).map(record_number).collect(), compression).await?;
    }
    Ok(())
}

fn text(bytes: &Option<Vec<u8>>) -> String {
    let shown = bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    shown.unwrap_or_else(|| "~".to_owned())
}

fn line(one: &RecordAndOffset) -> String {
    let record = &one.record;
    // Sorted by name, as the library keeps them: the other way round they are as they were sent.
    let headers: Vec<String> = (record.headers.iter().rev())
        .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
        .collect();
    let (offset, time) = (one.offset, record.timestamp.timestamp_millis());
    format!("{offset}|{time}|{}|{}|{}", text(&record.key), text(&record.value), headers.join(","))
}

async fn consume(address: &str, topic: &str, count: i64) -> Outcome {
    let partition = partition(&connect(address).await?, topic).await?;
    let mut next = 0;
    while next < count {
        let (records, _) = partition.fetch_records(next, 1..BYTES_MAX, WAIT_MS).await?;
        for one in records.iter().filter(|one| one.offset < count) {
            println!("{}", line(one));
        }
        next = records.last().ok_or("no record in time")?.offset + 1;
    }
    Ok(())
}

async fn admin(address: &str, topic: &str) -> Outcome {
    let client = connect(address).await?;
    let controller = client.controller_client()?;
    controller.create_topic(topic, 3, 1, WAIT_MS).await?;
    let listed = client.list_topics().await?;
    let found = listed.iter().find(|one| one.name == topic).ok_or("it is not there")?;
    assert_eq!(found.partitions.len(), 3);
    controller.delete_topic(topic, WAIT_MS).await?;
    while client.list_topics().await?.iter().any(|one| one.name == topic) {}
    Ok(())
}

async fn times(address: &str, topic: &str, asked: &[String]) -> Outcome {
    let partition = partition(&connect(address).await?, topic).await?;
    for word in asked {
        println!("{}", partition.get_offset(OffsetAt::Timestamp(time(word.parse()?))).await?);
    }
    Ok(())
}

async fn large(address: &str, topic: &str, size: usize) -> Outcome {
    let partition = partition(&connect(address).await?, topic).await?;
    for value in [b"first".to_vec(), vec![b'x'; size], b"last".to_vec()] {
        partition.produce(vec![record(value)], Compression::NoCompression).await?;
    }
    Ok(())
}

fn tell<T>(what: &str, outcome: Result<T, ClientError>) {
    match outcome {
        Err(ClientError::ServerError { protocol_error, .. }) => {
            let is_it = |code: &i16| ProtocolError::new(*code) == Some(protocol_error);
            println!("{what} {}", (1..200).find(is_it).unwrap_or(-1));
        }
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: was not refused"),
    }
}

async fn errors(address: &str, topic: &str) -> Outcome {
    let client = connect(address).await?;
    let controller = client.controller_client()?;
    tell("exists", controller.create_topic(topic, 1, 1, WAIT_MS).await);
    tell("replicas", controller.create_topic(format!("{topic}-replicas"), 1, 3, WAIT_MS).await);
    tell("name", controller.create_topic("a b", 1, 1, WAIT_MS).await);
    tell("unknown", controller.delete_topic(format!("{topic}-unknown"), WAIT_MS).await);
    let partition = partition(&client, topic).await?;
    let records = vec![record(vec![b'x'; 2000])];
    tell("large", partition.produce(records, Compression::NoCompression).await);
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome {
    let words: Vec<String> = std::env::args().collect();
    let (address, topic) = (&words[2], &words[3]);
    match words[1].as_str() {
        "produce" => produce(address, topic, &words[4], words[5].parse()?).await,
        "consume" => consume(address, topic, words[4].parse()?).await,
        "admin" => admin(address, topic).await,
        "times" => times(address, topic, &words[4..]).await,
        "large" => large(address, topic, words[4].parse()?).await,
        "errors" => errors(address, topic).await,
        word => Err(format!("no such word: {word}").into()),
    }
}
