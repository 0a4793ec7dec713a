# SPDX-License-Identifier: Apache-2.0
"""What compat-tests/word_cases.py asks of a producer."""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from patience import PATIENCE, WAIT_MS


def producer_of(address, **settings):
    return KafkaProducer(
        bootstrap_servers=address, enable_idempotence=True, delivery_timeout_ms=WAIT_MS, **settings, **PATIENCE
    )


def send(producer, topic, value):
    """Returns when the record is acknowledged."""
    producer.send(topic, value, partition=0).get(timeout=WAIT_MS / 1000)


def idempotent(address, topic, count):
    producer = producer_of(address)
    for i in range(int(count)):
        send(producer, topic, b"%d" % i)
        print("acknowledged", i, flush=True)


def transact(address, topic, transactional_id):
    producer = producer_of(address, transactional_id=transactional_id)
    producer.init_transactions()
    for number in range(3):
        producer.begin_transaction()
        for i in range(10):
            send(producer, topic, b"%d-%d" % (number, i))
        if number == 1:
            producer.abort_transaction()
        else:
            producer.commit_transaction()


def read_committed(address, topic, count):
    consumer = KafkaConsumer(
        bootstrap_servers=address, consumer_timeout_ms=WAIT_MS, enable_auto_commit=False,
        isolation_level="read_committed", **PATIENCE,
    )  # fmt: skip
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning(TopicPartition(topic, 0))
    for found, record in enumerate(consumer, 1):
        print(record.value.decode())
        if found == int(count):
            return
    sys.exit("no record in time")


def large(address, topic, size):
    producer = producer_of(address, max_request_size=2 * int(size))
    for value in (b"first", b"x" * int(size), b"last"):
        send(producer, topic, value)
