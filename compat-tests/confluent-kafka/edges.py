# SPDX-License-Identifier: Apache-2.0
"""Offsets by time, and what is refused, as compat-tests/word_cases.py describes."""

import sys

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from producing import WAIT_SECONDS, producer_of, send


def times(address, topic, *asked):
    consumer = Consumer({"bootstrap.servers": address, "group.id": "unused"})
    for time in asked:
        (found,) = consumer.offsets_for_times([TopicPartition(topic, 0, int(time))], WAIT_SECONDS)
        print(found.offset)


def tell(what, call):
    try:
        call()
    except KafkaException as problem:
        print(what, problem.args[0].code())
    else:
        sys.exit(f"{what}: was not refused")


def errors(address, topic):
    admin = AdminClient({"bootstrap.servers": address})

    def create(name, replicas=1, **configs):
        (future,) = admin.create_topics([NewTopic(name, 1, replicas, config=configs)]).values()
        future.result(WAIT_SECONDS)

    def delete(name):
        admin.delete_topics([name])[name].result(WAIT_SECONDS)

    tell("exists", lambda: create(topic))
    tell("replicas", lambda: create(f"{topic}-replicas", 3))
    tell("config", lambda: create(f"{topic}-config", **{"retention.ms": "never"}))
    tell("name", lambda: create("a b"))
    tell("unknown", lambda: delete(f"{topic}-unknown"))
    tell("large", lambda: send(producer_of(address), topic, b"x" * 2000))
