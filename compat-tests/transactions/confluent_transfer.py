# SPDX-License-Identifier: Apache-2.0
"""Consume, produce, commit with confluent-kafka: as transactions_test.py describes."""

import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

RECORDS_MAX = 20  # of a transaction
WAIT_SECONDS = 120


def first_offsets(messages):
    first = {}
    for message in messages:
        first.setdefault((message.topic(), message.partition()), message.offset())
    return [TopicPartition(topic, index, offset) for (topic, index), offset in first.items()]


def transfer(consumer, producer, target, messages, committed):
    producer.begin_transaction()
    for message in messages:
        producer.produce(target, message.value(), partition=message.partition())
    offsets = consumer.position(consumer.assignment())
    producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), WAIT_SECONDS)
    if committed:
        producer.commit_transaction(WAIT_SECONDS)
        print(f"committed {len(messages)}", flush=True)
        return
    producer.abort_transaction(WAIT_SECONDS)
    for partition in first_offsets(messages):
        consumer.seek(partition)


def main(address, transactional_id, source, target):
    producer = Producer(
        {
            "bootstrap.servers": address,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": 10000,
        }
    )
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": transactional_id,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
        }
    )
    producer.init_transactions(WAIT_SECONDS)
    consumer.subscribe([source])
    number = 0
    while True:
        messages = consumer.consume(RECORDS_MAX, 0.5)
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
        if messages:
            transfer(consumer, producer, target, messages, number % 5 != 4)
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
