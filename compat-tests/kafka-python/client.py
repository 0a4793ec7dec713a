# SPDX-License-Identifier: Apache-2.0
"""A kafka-python program: produce and consume as compat-tests/common.py describes, and word_cases.py."""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

import edges
import producing
from patience import PATIENCE, WAIT_MS

FIRST_TIMESTAMP = 1_700_000_000_000


def produce(address, topic, codec, count):
    compression = None if codec == "none" else codec
    producer = KafkaProducer(
        bootstrap_servers=address, compression_type=compression, acks="all", **PATIENCE
    )
    sent = []
    for i in range(int(count)):
        key = None if i % 5 == 0 else b"key-%d" % (i % 1000)
        value = None if i % 11 == 0 and i % 5 else b"value-%d-%s" % (i, b"x" * (i % 50))
        headers = [("number", b"%d" % i), ("empty", b"")] if i % 3 == 0 else []
        sent.append(producer.send(topic, value, key, headers, 0, FIRST_TIMESTAMP + i))
    producer.flush(timeout=WAIT_MS / 1000)
    for future in sent:
        future.get(timeout=WAIT_MS / 1000)
    producer.close()


def text(value):
    return "~" if value is None else value.decode()


def consume(address, topic, count):
    consumer = KafkaConsumer(
        bootstrap_servers=address, consumer_timeout_ms=WAIT_MS, enable_auto_commit=False, **PATIENCE
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    for found, record in enumerate(consumer, 1):
        headers = ",".join(f"{name}={value.decode()}" for name, value in record.headers)
        print(
            "|".join(
                map(
                    str,
                    [
                        record.offset,
                        record.timestamp,
                        text(record.key),
                        text(record.value),
                        headers,
                    ],
                )
            )
        )
        if found == int(count):
            return
    sys.exit("no record in time")


def admin(address, name):
    client = KafkaAdminClient(bootstrap_servers=address, **PATIENCE)
    client.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
    assert name in client.list_topics(), client.list_topics()
    client.delete_topics([name])
    client.close()


WORDS = {
    "produce": produce, "consume": consume, "admin": admin, "idempotent": producing.idempotent,
    "transact": producing.transact, "read-committed": producing.read_committed,
    "large": producing.large, "times": edges.times, "errors": edges.errors,
}  # fmt: skip

if __name__ == "__main__":
    WORDS[sys.argv[1]](*sys.argv[2:])
