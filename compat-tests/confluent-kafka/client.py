# SPDX-License-Identifier: Apache-2.0
"""A confluent-kafka program: produce and consume as compat-tests/common.py describes, and word_cases.py."""

import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

import edges
import producing

WAIT_SECONDS = 120
FIRST_TIMESTAMP = 1_700_000_000_000


def produce(address, topic, codec, count):
    producer = Producer(
        {"bootstrap.servers": address, "compression.type": codec, "enable.idempotence": True}
    )
    failures = []

    def delivered(error, _):
        if error:
            failures.append(error)

    for i in range(int(count)):
        record = {
            "key": None if i % 5 == 0 else f"key-{i % 1000}",
            "value": None if i % 11 == 0 and i % 5 else f"value-{i}-{'x' * (i % 50)}",
            "timestamp": FIRST_TIMESTAMP + i,
            "on_delivery": delivered,
        }
        if i % 3 == 0:
            record["headers"] = [("number", str(i)), ("empty", b"")]
        while True:
            try:
                producer.produce(topic, partition=0, **record)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(WAIT_SECONDS) or failures:
        sys.exit(f"not delivered: {failures[:3]}")


def text(value):
    return "~" if value is None else value.decode()


def consume(address, topic, count):
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": "unused", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = 0
    while found < int(count):
        messages = consumer.consume(min(1000, int(count) - found), WAIT_SECONDS)
        if not messages:
            sys.exit("no record in time")
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            headers = ",".join(
                f"{name}={value.decode()}" for name, value in message.headers() or []
            )
            fields = [
                message.offset(),
                message.timestamp()[1],
                text(message.key()),
                text(message.value()),
                headers,
            ]
            print("|".join(map(str, fields)))
            found += 1


def results(futures):
    return {name: future.result(WAIT_SECONDS) for name, future in futures.items()}


def admin(address, name):
    """Creates, describes, alters, enlarges and deletes a topic."""
    client = AdminClient({"bootstrap.servers": address})
    results(client.create_topics([NewTopic(name, 2, 1, config={"retention.ms": "1234567"})]))
    assert len(client.list_topics(name, WAIT_SECONDS).topics[name].partitions) == 2
    # Metadata of all topics: from 2.8 on librdkafka sends bytes behind the body of this request.
    assert name in client.list_topics(timeout=WAIT_SECONDS).topics
    resource = ConfigResource("topic", name)
    configs = results(client.describe_configs([resource]))[resource]
    assert configs["retention.ms"].value == "1234567", configs["retention.ms"]
    results(
        client.alter_configs([ConfigResource("topic", name, set_config={"segment.ms": "7654321"})])
    )
    configs = results(client.describe_configs([resource]))[resource]
    assert configs["segment.ms"].value == "7654321", configs["segment.ms"]
    broker = ConfigResource("broker", "1")
    assert results(client.describe_configs([broker]))[broker]["node.id"].value == "1"
    results(client.create_partitions([NewPartitions(name, 4)]))
    results(client.delete_topics([name]))
    try:
        results(client.delete_topics([name]))
    except KafkaException as problem:
        assert problem.args[0].name() == "UNKNOWN_TOPIC_OR_PART", problem
    else:
        sys.exit("a topic was deleted twice")


WORDS = {
    "produce": produce, "consume": consume, "admin": admin, "idempotent": producing.idempotent,
    "transact": producing.transact, "read-committed": producing.read_committed,
    "large": producing.large, "times": edges.times, "errors": edges.errors,
}  # fmt: skip

if __name__ == "__main__":
    WORDS[sys.argv[1]](*sys.argv[2:])
