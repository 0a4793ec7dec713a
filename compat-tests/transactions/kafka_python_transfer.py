# SPDX-License-Identifier: Apache-2.0
"""Consume, produce, commit with kafka-python: as transactions_test.py describes."""

import sys

import kafka
from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import OffsetAndMetadata

IS_3 = kafka.__version__ >= "3"
# How long the first connection may take: by default two seconds in release 2.
PATIENCE = {"bootstrap_timeout_ms" if IS_3 else "api_version_auto_timeout_ms": 120000}
RECORDS_MAX = 20  # of a transaction


def transfer(consumer, producer, target, polled, committed):
    group = consumer.group_metadata() if IS_3 else consumer.config["group_id"]
    producer.begin_transaction()
    offsets = {}
    for partition, records in polled.items():
        for record in records:
            producer.send(target, record.value, partition=partition.partition)
        offsets[partition] = OffsetAndMetadata(records[-1].offset + 1, "", -1)
    producer.send_offsets_to_transaction(offsets, group)
    if committed:
        producer.commit_transaction()
        print("committed", sum(map(len, polled.values())), flush=True)
        return
    if not IS_3:
        producer.flush()  # it cannot give up what it has not sent to several partitions
    producer.abort_transaction()
    for partition, records in polled.items():
        consumer.seek(partition, records[0].offset)


def main(address, transactional_id, source, target):
    producer = KafkaProducer(
        bootstrap_servers=address, transactional_id=transactional_id, transaction_timeout_ms=10000, **PATIENCE
    )
    consumer = KafkaConsumer(
        source, bootstrap_servers=address, group_id=transactional_id, isolation_level="read_committed",
        auto_offset_reset="earliest", enable_auto_commit=False, session_timeout_ms=6000,
        heartbeat_interval_ms=1000, max_poll_records=RECORDS_MAX, **PATIENCE,
    )  # fmt: skip
    producer.init_transactions()
    number = 0
    while True:
        polled = consumer.poll(timeout_ms=500)
        if polled:
            transfer(consumer, producer, target, polled, number % 5 != 4)
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
