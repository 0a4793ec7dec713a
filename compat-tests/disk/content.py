# SPDX-License-Identifier: Apache-2.0
"""Fills a broker with what a data directory can hold, and reads all of it back for comparison."""

import time

from milena_test import batch, codecs, errors

FIRST_TIMESTAMP = 1_700_000_000_000
# The records are old: Kafka would delete them when it first looks, half a minute after its start.
KEPT = {"retention.ms": "-1"}
SMALL_SEGMENTS = {"segment.bytes": "1048576", "index.interval.bytes": "512", **KEPT}


def _records(first, count, now=None):
    start = FIRST_TIMESTAMP if now is None else now
    return [
        batch.Record(
            b"key-%d" % (i % 100) if i % 3 else None,
            b"value-%d-" % i + b"x" * (i % 700) if i % 7 else None,
            [("number", b"%d" % i), ("none", None)] if i % 4 == 0 else [],
            start + i,
        )
        for i in range(first, first + count)
    ]


def fill(broker):
    """Topics of several kinds; every record is appended in small batches of changing codec."""
    with broker.client() as client:
        client.create_topic("disk-rolled", 2, SMALL_SEGMENTS)
        client.create_topic("disk-idempotent", 1, SMALL_SEGMENTS)
        client.create_topic("disk-trimmed", 1, KEPT)
        client.create_topic("disk-append-time", 1, {"message.timestamp.type": "LogAppendTime"})
        client.create_topic("disk-empty", 3)
        client.create_topic(
            "disk.with_odd-name",
            1,
            {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.99"},
        )
        _create_large(client)
        gone = client.create_topic("disk-deleted", 1)
        client.request(
            "DeleteTopics", 6, {"Topics": [{"Name": None, "TopicId": gone}], "TimeoutMs": 60000}
        )
        _fill_topic(client, "disk-rolled", 0, 8000, 40)
        _fill_topic(client, "disk-rolled", 1, 50, 1)
        _fill_idempotent(client, "disk-idempotent", 6000, 20)
        _fill_topic(client, "disk-trimmed", 0, 300, 10)
        _trim(client, "disk-trimmed", 123)
        _fill_topic(client, "disk-append-time", 0, 100, 10)
        keyed = [
            batch.Record(b"key-%d" % (i % 10), b"%d" % i, timestamp=FIRST_TIMESTAMP + i)
            for i in range(100)
        ]
        _append(client, "disk.with_odd-name", 0, batch.build(keyed))


def _create_large(client):
    """One change that is too large for one batch of the metadata log."""
    throttled = ",".join(["0:1"] * 8000)
    configs = [
        {"Name": f"{role}.replication.throttled.replicas", "Value": throttled}
        for role in ("leader", "follower")
    ]
    topics = [
        {
            "Name": f"disk-large-{number}",
            "NumPartitions": 1,
            "ReplicationFactor": 1,
            "Configs": configs,
        }
        for number in range(70)
    ]
    answer = client.request("CreateTopics", None, {"Topics": topics, "TimeoutMs": 60000})
    for topic in answer["Topics"]:
        errors.check(topic["ErrorCode"], f"create topic {topic['Name']}", topic["ErrorMessage"])


def _append(client, topic, partition, data):
    answer = client.produce(topic, partition, data)
    if answer["ErrorCode"]:
        raise AssertionError(f"append to {topic}: {answer}")


def _fill_topic(client, topic, partition, count, batch_size):
    for number, first in enumerate(range(0, count, batch_size)):
        data = batch.build(_records(first, batch_size), codec=number % len(codecs.NAMES))
        _append(client, topic, partition, data)


def _fill_idempotent(client, topic, count, batch_size):
    """Two producers in turn, the second with a new epoch half-way."""
    producers = [[*client.init_producer_id(), 0] for _ in range(2)]
    now = int(time.time() * 1000)
    for number, first in enumerate(range(0, count, batch_size)):
        producer = producers[number % 2]
        if number * batch_size == count // 2 + batch_size:
            producer[1:] = [producer[1] + 1, 0]
        fields = {
            "producer_id": producer[0],
            "producer_epoch": producer[1],
            "base_sequence": producer[2],
        }
        _append(client, topic, 0, batch.build(_records(first, batch_size, now), **fields))
        producer[2] += batch_size


def _trim(client, topic, offset):
    partitions = [{"PartitionIndex": 0, "Offset": offset}]
    body = {"TimeoutMs": 60000, "Topics": [{"Name": topic, "Partitions": partitions}]}
    client.request("DeleteRecords", 2, body)


def read(broker):
    """Everything a client can see: {topic: (id, configs, {partition: (start, records)})}."""
    with broker.client() as client:
        topics = client.request("Metadata", 12, {"Topics": None})["Topics"]
        seen = {}
        for topic in topics:
            name = topic["Name"]
            if not topic["IsInternal"]:
                indexes = sorted(p["PartitionIndex"] for p in topic["Partitions"])
                client.await_topic(name, len(indexes))
                partitions = {index: _read_partition(client, name, index) for index in indexes}
                seen[name] = (topic["TopicId"], _configs(client, name), partitions)
        return seen


def _read_partition(client, topic, partition):
    start = client.list_offset(topic, partition, -2)
    records = list(client.read_all(topic, partition, start, 4 << 20))
    return start, [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in records]


def _configs(client, topic):
    resource = {"ResourceType": 2, "ResourceName": topic, "ConfigurationKeys": None}
    answer = client.request("DescribeConfigs", 4, {"Resources": [resource]})["Results"][0]
    topic_config = 1
    return {c["Name"]: c["Value"] for c in answer["Configs"] if c["ConfigSource"] == topic_config}


def append_more(broker):
    """A few records more, also by a producer that was not there before."""
    with broker.client() as client:
        end = client.list_offset("disk-rolled", 0)
        _append(client, "disk-rolled", 0, batch.build(_records(end, 25), codec=codecs.LZ4))
        _fill_idempotent(client, "disk-empty", 80, 20)
