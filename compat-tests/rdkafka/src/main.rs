// SPDX-License-Identifier: Apache-2.0
//! A program of the rdkafka crate; compat-tests/client_cases.py tells what its words do.

mod admin;
mod member;
mod records;
mod transactions;

use std::error::Error;
use std::time::Duration;

use futures_executor::block_on;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{FutureProducer, FutureRecord};

pub const WAIT: Duration = Duration::from_secs(120);

pub type Outcome = Result<(), Box<dyn Error>>;

pub fn settings(address: &str, more: &[(&str, &str)]) -> ClientConfig {
    let mut all = ClientConfig::new();
    all.set("bootstrap.servers", address);
    for (name, value) in more {
        all.set(*name, *value);
    }
    all
}

/// Of a consumer that commits nothing by itself.
pub fn consumer_settings(address: &str, group: &str, more: &[(&str, &str)]) -> ClientConfig {
    let usual =
        [("group.id", group), ("enable.auto.commit", "false"), ("auto.offset.reset", "earliest")];
    settings(address, &[&usual, more].concat())
}

pub fn producer(address: &str, more: &[(&str, &str)]) -> KafkaResult<FutureProducer> {
    let usual = [("enable.idempotence", "true"), ("linger.ms", "0")];
    settings(address, &[&usual, more].concat()).create()
}

/// Returns when the record is acknowledged.
pub fn send(
    producer: &FutureProducer,
    topic: &str,
    partition: i32,
    value: &[u8],
) -> KafkaResult<()> {
    let record = FutureRecord::<(), _>::to(topic).partition(partition).payload(value);
    let told = producer.send_result(record).map_err(|(error, _)| error)?;
    let outcome = block_on(told).map_err(|_| KafkaError::Canceled)?;
    outcome.map(|_| ()).map_err(|(error, _)| error)
}

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["produce", address, topic, codec, count] => {
            records::produce(address, topic, codec, count.parse()?)
        }
        ["consume", address, topic, count] => records::consume(address, topic, count.parse()?),
        ["large", address, topic, size] => records::large(address, topic, size.parse()?),
        ["times", address, topic, ref asked @ ..] => records::times(address, topic, asked),
        ["idempotent", address, topic, count] => {
            records::idempotent(address, topic, count.parse()?)
        }
        ["admin", address, topic] => admin::admin(address, topic),
        ["errors", address, topic] => admin::errors(address, topic),
        ["transact", address, topic, id] => transactions::transact(address, topic, id),
        ["read-committed", address, topic, count] => {
            transactions::read_committed(address, topic, count.parse()?)
        }
        ["transfer", address, id, source, target] => {
            transactions::transfer(address, id, source, target)
        }
        ["member", address, topic, group, strategy, session_ms, instance] => {
            member::member(address, topic, group, strategy, session_ms, instance)
        }
        _ => Err(format!("no such words: {words:?}").into()),
    }
}
