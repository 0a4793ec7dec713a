# SPDX-License-Identifier: Apache-2.0
"""What compat-tests/word_cases.py asks of a producer."""

import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

WAIT_SECONDS = 120


def send(producer, topic, value):
    """Returns when the record is acknowledged."""
    told = []
    producer.produce(topic, value, partition=0, on_delivery=lambda error, _: told.append(error))
    if producer.flush(WAIT_SECONDS) or told[0]:
        raise KafkaException(told[0] if told else None)


def producer_of(address, **settings):
    options = {"bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 0}
    return Producer({**options, **settings})


def idempotent(address, topic, count):
    producer = producer_of(address)
    for i in range(int(count)):
        send(producer, topic, str(i))
        print("acknowledged", i, flush=True)


def transact(address, topic, transactional_id):
    producer = producer_of(address, **{"transactional.id": transactional_id})
    producer.init_transactions(WAIT_SECONDS)
    for number in range(3):
        producer.begin_transaction()
        for i in range(10):
            send(producer, topic, f"{number}-{i}")
        if number == 1:
            producer.abort_transaction(WAIT_SECONDS)
        else:
            producer.commit_transaction(WAIT_SECONDS)


def read_committed(address, topic, count):
    settings = {"bootstrap.servers": address, "group.id": "unused", "enable.auto.commit": False}
    consumer = Consumer({**settings, "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(int(count)):
        message = consumer.poll(WAIT_SECONDS)
        if message is None:
            sys.exit("no record in time")
        if message.error():
            raise KafkaException(message.error())
        print(message.value().decode())


def large(address, topic, size):
    producer = producer_of(address, **{"message.max.bytes": 2 * int(size)})
    for value in (b"first", b"x" * int(size), b"last"):
        send(producer, topic, value)
