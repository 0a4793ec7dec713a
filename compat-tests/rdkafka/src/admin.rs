// SPDX-License-Identifier: Apache-2.0
//! Topics and their configurations, and what is refused.

use futures_executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier,
    TopicReplication, TopicResult,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaResult;
use rdkafka::types::RDKafkaErrorCode;

use crate::{producer, send, settings, Outcome, WAIT};

/// An admin client whose calls return when they are answered.
struct Admin {
    client: AdminClient<DefaultClientContext>,
    options: AdminOptions,
}

/// The one answer to a call of one resource.
fn single<T>(answers: KafkaResult<Vec<T>>) -> KafkaResult<T> {
    answers.map(|mut all| all.remove(0))
}

impl Admin {
    fn new(address: &str) -> KafkaResult<Admin> {
        let options = AdminOptions::new().request_timeout(Some(WAIT)).operation_timeout(Some(WAIT));
        Ok(Admin { client: settings(address, &[]).create()?, options })
    }

    fn create(&self, topic: &NewTopic) -> KafkaResult<TopicResult> {
        single(block_on(self.client.create_topics([topic], &self.options)))
    }

    fn delete(&self, name: &str) -> KafkaResult<TopicResult> {
        single(block_on(self.client.delete_topics(&[name], &self.options)))
    }

    fn enlarge(&self, name: &str, partitions: usize) -> KafkaResult<TopicResult> {
        let wanted = NewPartitions::new(name, partitions);
        single(block_on(self.client.create_partitions([&wanted], &self.options)))
    }

    fn alter(&self, topic: &str, name: &str, value: &str) -> Outcome {
        let wanted = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
        let answer = single(block_on(self.client.alter_configs([&wanted], &self.options)))?;
        answer.map(|_| ()).map_err(|(_, code)| code.into())
    }

    fn expect_config(&self, of: &ResourceSpecifier, name: &str, wanted: &str) -> Outcome {
        let found = single(block_on(self.client.describe_configs([of], &self.options)))??;
        let value = found.get(name).and_then(|entry| entry.value.as_deref());
        assert_eq!(value, Some(wanted), "{name} of {of:?}");
        Ok(())
    }

    fn partitions(&self, topic: &str) -> KafkaResult<usize> {
        let found = self.client.inner().fetch_metadata(Some(topic), WAIT)?;
        Ok(found.topics()[0].partitions().len())
    }
}

fn done(answer: TopicResult) -> Result<(), RDKafkaErrorCode> {
    answer.map(|_| ()).map_err(|(_, code)| code)
}

fn new_topic(name: &str, partitions: i32, replicas: i32) -> NewTopic<'_> {
    NewTopic::new(name, partitions, TopicReplication::Fixed(replicas))
}

pub fn admin(address: &str, name: &str) -> Outcome {
    let (admin, topic) = (Admin::new(address)?, ResourceSpecifier::Topic(name));
    done(admin.create(&new_topic(name, 2, 1).set("retention.ms", "1234567"))?)?;
    assert_eq!(admin.partitions(name)?, 2);
    admin.expect_config(&topic, "retention.ms", "1234567")?;
    admin.alter(name, "segment.ms", "7654321")?;
    admin.expect_config(&topic, "segment.ms", "7654321")?;
    admin.expect_config(&ResourceSpecifier::Broker(1), "node.id", "1")?;
    done(admin.enlarge(name, 4)?)?;
    done(admin.delete(name)?)?;
    assert_eq!(done(admin.delete(name)?), Err(RDKafkaErrorCode::UnknownTopicOrPartition));
    Ok(())
}

fn tell<T>(what: &str, outcome: Result<T, RDKafkaErrorCode>) {
    match outcome {
        Err(code) => println!("{what} {}", code as i32),
        Ok(_) => panic!("{what}: was not refused"),
    }
}

pub fn errors(address: &str, topic: &str) -> Outcome {
    let admin = Admin::new(address)?;
    let (replicas, config) = (format!("{topic}-replicas"), format!("{topic}-config"));
    let never = new_topic(&config, 1, 1).set("retention.ms", "never");
    tell("exists", done(admin.create(&new_topic(topic, 1, 1))?));
    tell("replicas", done(admin.create(&new_topic(&replicas, 1, 3))?));
    tell("config", done(admin.create(&never)?));
    tell("name", done(admin.create(&new_topic("a b", 1, 1))?));
    tell("unknown", done(admin.delete(&format!("{topic}-unknown"))?));
    let refused = send(&producer(address, &[])?, topic, 0, &[b'x'; 2000]);
    tell("large", refused.map_err(|error| error.rdkafka_error_code().expect("a code")));
    Ok(())
}
