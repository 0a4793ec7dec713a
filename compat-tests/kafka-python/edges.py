# SPDX-License-Identifier: Apache-2.0
"""Offsets by time, and what is refused, as compat-tests/word_cases.py describes."""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from patience import PATIENCE
from producing import producer_of, send


def times(address, topic, *asked):
    consumer = KafkaConsumer(bootstrap_servers=address, **PATIENCE)
    partition = TopicPartition(topic, 0)
    for time in asked:
        print(consumer.offsets_for_times({partition: int(time)})[partition].offset)


def tell(what, call):
    try:
        call()
    except KafkaError as problem:
        print(what, problem.errno)
    else:
        sys.exit(f"{what}: was not refused")


def errors(address, topic):
    admin = KafkaAdminClient(bootstrap_servers=address, **PATIENCE)

    def create(name, replicas=1, **configs):
        new = NewTopic(name, num_partitions=1, replication_factor=replicas, topic_configs=configs)
        admin.create_topics([new])

    tell("exists", lambda: create(topic))
    tell("replicas", lambda: create(f"{topic}-replicas", 3))
    tell("config", lambda: create(f"{topic}-config", **{"retention.ms": "never"}))
    tell("name", lambda: create("a b"))
    tell("unknown", lambda: admin.delete_topics([f"{topic}-unknown"]))
    tell("large", lambda: send(producer_of(address), topic, b"x" * 2000))
