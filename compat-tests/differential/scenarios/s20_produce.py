# SPDX-License-Identifier: Apache-2.0
"""Produce and InitProducerId, and DescribeProducers, which shows what they left."""
import time

from milena_test import batch, codecs
from milena_test.batch import Batch, Record
from milena_test.client import produce_body
from session import FIRST_TIMESTAMP, UNKNOWN_UUID, ZERO_UUID, records

ONE = [b"value"]


def _body(topic, data, partition=0, acks=-1, topic_id=None, **more):
    body = {**produce_body(topic, partition, data, acks), **more}
    if topic_id:
        body["TopicData"][0]["TopicId"] = topic_id
    return body


def _content(t, topic, partition=0, label="content"):
    """The log as a consumer sees it."""
    fetched = {"Partition": partition, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20}
    topics = [{"Topic": topic, "Partitions": [fetched]}]
    t.ask("Fetch", 12, {"MaxWaitMs": 0, "MinBytes": 0, "Topics": topics}, label)


def produce_each_version(t):
    topic, topic_id = t.topic()
    for acks in (-1, 1):
        data = records([b"first", b"second"], keys=[b"k", None])
        t.ask_each_version("Produce", _body(topic, data, acks=acks, topic_id=topic_id), f"acks {acks}")
    _content(t, topic)


def produce_without_answer(t):
    topic, _ = t.topic()
    t.ask_in_vain("Produce", 9, _body(topic, records(ONE), acks=0), "good")
    t.ask_in_vain("Produce", 9, _body(t.name("missing"), records(ONE), acks=0), "unknown topic")
    t.ask_in_vain("Produce", 9, _body(topic, records(ONE, crc=1), acks=0), "wrong CRC")
    _content(t, topic)


def produce_to_wrong_places(t):
    topic, topic_id = t.topic(partitions=2)
    for version in t.versions("Produce"):
        for label, body in [
            ("unknown topic", _body(t.name("missing"), records(ONE), topic_id=UNKNOWN_UUID)),
            ("invalid topic", _body("a b", records(ONE), topic_id=ZERO_UUID)),
            ("empty topic", _body("", records(ONE), topic_id=ZERO_UUID)),
            ("partition 2", _body(topic, records(ONE), 2, topic_id=topic_id)),
            ("partition -1", _body(topic, records(ONE), -1, topic_id=topic_id)),
            ("acks 2", _body(topic, records(ONE), acks=2, topic_id=topic_id)),
            ("acks -2", _body(topic, records(ONE), acks=-2, topic_id=topic_id)),
        ]:
            t.ask("Produce", version, body, label)


def produce_to_several(t):
    first, _ = t.topic("a", 2)
    second, _ = t.topic("b")
    data = [{"Index": 0, "Records": records(ONE)}, {"Index": 1, "Records": records([b"x"] * 3)}]
    bad = [*data, {"Index": 2, "Records": records(ONE)}]
    topics = [{"Name": first, "PartitionData": bad}, {"Name": second, "PartitionData": data}]
    t.ask("Produce", 9, {"Acks": -1, "TimeoutMs": 60_000, "TopicData": topics}, "some wrong")
    twice = [{"Name": second, "PartitionData": [data[0], data[0]]}]
    t.ask("Produce", 9, {"Acks": -1, "TimeoutMs": 60_000, "TopicData": twice}, "a partition twice")
    t.ask("Produce", 9, {"Acks": -1, "TimeoutMs": 60_000, "TopicData": []}, "nothing")
    empty = [{"Name": second, "PartitionData": []}]
    t.ask("Produce", 9, {"Acks": -1, "TimeoutMs": 60_000, "TopicData": empty}, "no partition")
    for topic in (first, second):
        _content(t, topic)


def produce_to_an_internal_topic(t):
    for name in ("__consumer_offsets", "__transaction_state", "__cluster_metadata"):
        t.ask("Produce", 9, _body(name, records(ONE)), name)


def produce_malformed_batches(t):
    topic, _ = t.topic()
    good = records([b"one", b"two"])
    lies = {
        "null": None,
        "empty": b"",
        "one byte": b"\0",
        "head only": good[:61],
        "cut at the end": good[:-1],
        "trailing byte": good + b"\0",
        "trailing zeros": good + bytes(100),
        "two batches": good + good,
        "wrong CRC": records(ONE, crc=12345),
        "magic 0": records(ONE, magic=0),
        "magic 1": records(ONE, magic=1),
        "magic 3": records(ONE, magic=3),
        "magic -1": records(ONE, magic=-1),
        "length 0": records(ONE, length=0),
        "length -1": records(ONE, length=-1),
        "length short": records(ONE, length=30),
        "length long": records(ONE, length=100_000),
        "length 2^31-1": records(ONE, length=2**31 - 1),
        "count 0": records([], count=0),
        "count high": records(ONE, count=2),
        "count low": records([b"one", b"two"], count=1),
        "count -1": records(ONE, count=-1),
        "count 2^31-1": records(ONE, count=2**31 - 1),
        "last delta high": records(ONE, last_offset_delta=5),
        "last delta low": records([b"one", b"two"], last_offset_delta=0),
        "last delta negative": records(ONE, last_offset_delta=-1),
        "codec 5": _unchecked(5),
        "codec 7": _unchecked(7),
        "control": records(ONE, attributes=batch.CONTROL),
        "transactional": records(ONE, attributes=batch.TRANSACTIONAL),
        "log append time": records(ONE, attributes=batch.LOG_APPEND_TIME),
        "unknown attribute": records(ONE, attributes=0x80),
        "base offset 7": records(ONE, base_offset=7),
        "base offset -1": records(ONE, base_offset=-1),
        "epoch 5": records(ONE, leader_epoch=5),
        "max timestamp high": records(ONE, max_timestamp=FIRST_TIMESTAMP + 5),
        "max timestamp low": records(ONE, max_timestamp=FIRST_TIMESTAMP - 5),
        "max timestamp -1": records(ONE, max_timestamp=-1),
    }
    for label, data in lies.items():
        for version in (3, 9, 12):
            t.ask("Produce", version, _body(topic, data), label, silent=data is None)
    _content(t, topic)


def _unchecked(codec):
    """A batch whose attributes name a codec that does not exist."""
    plain = bytearray(records(ONE))
    plain[22] = codec
    plain[17:21] = batch.crc32c(bytes(plain[21:])).to_bytes(4, "big")
    return bytes(plain)


def produce_malformed_records(t):
    topic, _ = t.topic()
    good = bytes(records([b"one", b"two"]))
    start = batch.HEADER_BYTES
    for label, offset, value in [
        ("record length 0", start, 0), ("record length -1", start, 1), ("record length long", start, 0x7E),
        ("attributes", start + 1, 9), ("offset delta 1 first", start + 3, 2), ("key length 60", start + 4, 0x78),
        ("value length 60", start + 5, 0x78), ("value length -2", start + 5, 3), ("header count 9", start + 9, 18),
        ("header count -1", start + 9, 1), ("negative offset delta", start + 3, 1),
        ("last offset delta gap", start + 13, 8),
    ]:  # fmt: skip
        data = bytearray(good)
        data[offset] = value
        data[17:21] = batch.crc32c(bytes(data[21:])).to_bytes(4, "big")
        t.ask("Produce", 9, _body(topic, bytes(data)), label)
    _content(t, topic)


def produce_compressed(t):
    topic, topic_id = t.topic()
    for codec, name in enumerate(codecs.NAMES):
        data = records([b"value %d" % i for i in range(50)], codec=codec)
        t.ask_each_version("Produce", _body(topic, data, topic_id=topic_id), name)
    for codec, name in list(enumerate(codecs.NAMES))[1:]:
        broken = bytearray(records([b"value"] * 50, codec=codec))
        broken[62:72] = b"\xff" * 10
        broken[17:21] = batch.crc32c(bytes(broken[21:])).to_bytes(4, "big")
        t.ask("Produce", 9, _body(topic, bytes(broken)), f"{name} broken")
        t.ask("Produce", 9, _body(topic, records(ONE, codec=codec, count=2)), f"{name} count high")
        t.ask("Produce", 9, _body(topic, records([b"a", b"b"], codec=codec, count=1)), f"{name} count low")
        t.ask("Produce", 9, _body(topic, records([], codec=codec)), f"{name} empty")


def produce_with_headers_and_nulls(t):
    topic, _ = t.topic()
    built = batch.build(
        [
            Record(None, None, [], FIRST_TIMESTAMP),
            Record(b"", b"", [("", b""), ("a", None), ("a", b"twice")], FIRST_TIMESTAMP),
            Record(b"\0\xff", bytes(range(256)), [("ü", b"\xff")], FIRST_TIMESTAMP + 100),
            Record(b"back in time", b"x" * 2000, [], FIRST_TIMESTAMP - 100),
        ]
    )
    t.ask("Produce", 9, _body(topic, built))
    _content(t, topic)


def produce_too_large(t):
    topic, _ = t.topic(max_message_bytes=500)
    for size in (300, 430, 431, 432, 440, 5000):
        t.ask("Produce", 9, _body(topic, records([b"x" * size])), f"{size} bytes")
    t.ask("Produce", 9, _body(topic, records([b"x" * 300]) * 2), "two batches")
    small, _ = t.topic("segment", segment_bytes=1048576)
    t.ask("Produce", 9, _body(small, records([b"x" * 1_040_000])), "nearly a segment")


def produce_to_a_compacted_topic(t):
    topic, _ = t.topic(cleanup_policy="compact")
    t.ask("Produce", 9, _body(topic, records([b"a"], keys=[b"key"])), "with key")
    t.ask("Produce", 9, _body(topic, records([b"a"])), "without key")
    t.ask("Produce", 9, _body(topic, records([b"a", b"b", b"c"], keys=[b"k", None, b""])), "some")
    t.ask("Produce", 3, _body(topic, records([b"a"])), "without key, v3")
    _content(t, topic)


def produce_timestamps(t):
    topic, _ = t.topic("bounded", message_timestamp_before_max_ms=3600000, message_timestamp_after_max_ms=3600000)
    now = int(time.time() * 1000)
    for label, stamp in [("old", FIRST_TIMESTAMP), ("now", now), ("future", now + 86_400_000), ("none", -1)]:
        t.ask("Produce", 9, _body(topic, records([b"a", b"b"], stamp)), label)
    mixed = batch.build([Record(None, b"a", [], now), Record(None, b"b", [], 5)])
    t.ask("Produce", 9, _body(topic, mixed), "second too old")
    free, _ = t.topic("free")
    for label, stamp in [("zero", 0), ("none", -1), ("minus two", -2), ("future", now + 10 * 86_400_000)]:
        t.ask("Produce", 9, _body(free, records([b"a", b"b"], stamp)), label)


def produce_with_append_time(t):
    topic, _ = t.topic(message_timestamp_type="LogAppendTime")
    for codec in (codecs.NONE, codecs.GZIP):
        data = records([b"a", b"b"], codec=codec)
        t.ask_each_version("Produce", lambda v, data=data: _body(topic, data, topic_id=_id(t, topic)))
    _content(t, topic)


def _id(t, topic):
    return t.quietly("Metadata", 12, {"Topics": [{"Name": topic}]})["Topics"][0]["TopicId"]


def produce_without_enough_replicas(t):
    topic, _ = t.topic(min_insync_replicas=2)
    for acks in (-1, 1):
        t.ask("Produce", 9, _body(topic, records(ONE), acks=acks), f"acks {acks}")
    _content(t, topic)


def produce_recompressed(t):
    for target in codecs.NAMES[1:] + ["uncompressed"]:
        topic, _ = t.topic(target, compression_type=target)
        for codec, name in enumerate(codecs.NAMES):
            if name != "zstd":  # the test library cannot read back what a zstd library wrote
                data = records([b"value %d" % i for i in range(20)], codec=codec)
                t.ask("Produce", 9, _body(topic, data), f"{name} to {target}")
        for offset in (0, 20, 40, 79) if target != "zstd" else ():
            answer = t.client.fetch(topic, 0, offset, 0, 0)
            first = batch.parse(answer["Records"])[0]
            state = {"codec": first.codec, "records": [vars(r) for r in first.records]}
            t.note("Produce", 9, state, f"{target} at {offset}")


def init_producer_id(t):
    t.client.init_producer_id()  # the first block of ids may have to be waited for
    t.ask_each_version("InitProducerId", {"TransactionalId": None, "TransactionTimeoutMs": 1000}, "fresh")
    for version in t.versions("InitProducerId"):
        t.ask("InitProducerId", version, {"TransactionalId": ""}, "empty id")
        t.ask("InitProducerId", version, {"TransactionalId": None, "TransactionTimeoutMs": -1}, "no time")
    for producer, epoch in [(5, 3), (5, -1), (-1, 3), (-2, -2), (10**12, 0)]:
        given = {"ProducerId": producer, "ProducerEpoch": epoch}
        body = {"TransactionalId": None, "TransactionTimeoutMs": 1000, **given}
        t.ask("InitProducerId", 5, body, f"given {producer} {epoch}")


class _Producer:
    """Asks with the batches of one idempotent producer."""

    def __init__(self, t, topic):
        self.t, self.topic = t, topic
        self.id, self.epoch = t.client.init_producer_id()

    def batch(self, sequence, count=1, epoch=None, producer_id=None, **more):
        return records(
            [b"%d" % (sequence + i) for i in range(count)],
            producer_id=self.id if producer_id is None else producer_id,
            producer_epoch=self.epoch if epoch is None else epoch,
            base_sequence=sequence,
            **more,
        )

    def send(self, sequence, count=1, label="", version=9, **more):
        data = self.batch(sequence, count, **more)
        described = f"{label} sequence {sequence} count {count}"
        self.t.ask("Produce", version, _body(self.topic, data), described)


def idempotent_sequences(t):
    topic, _ = t.topic()
    producer = _Producer(t, topic)
    for sequence in (0, 1, 2):
        producer.send(sequence)
    producer.send(2, label="duplicate of the last")
    producer.send(0, label="duplicate of the first")
    producer.send(4, label="gap")
    producer.send(3, 5)
    producer.send(3, 5, label="duplicate")
    producer.send(3, 4, label="half a duplicate")
    producer.send(5, 3, label="inner duplicate")
    for sequence in range(8, 14):
        producer.send(sequence)
    producer.send(0, label="beyond the remembered five")
    producer.send(9, label="the oldest remembered")
    producer.send(8, label="just forgotten")
    producer.send(13, 2, label="overlapping the end")
    _content(t, topic)


def idempotent_epochs(t):
    topic, _ = t.topic()
    producer = _Producer(t, topic)
    producer.send(0, 2)
    producer.send(1, epoch=1, label="new epoch, not from 0")
    producer.send(0, epoch=1, label="new epoch")
    producer.send(0, epoch=1, label="duplicate in it")
    producer.send(2, epoch=0, label="old epoch")
    producer.send(0, epoch=0, label="old epoch from 0")
    producer.send(1, epoch=5, label="skipped epochs")
    producer.send(0, epoch=5, label="skipped epochs from 0")
    producer.send(0, epoch=-1, label="no epoch")
    producer.send(-1, epoch=0, label="no sequence")
    producer.send(0, epoch=-2, label="epoch -2")
    producer.send(7, label="unknown producer", producer_id=producer.id + 50_000)
    producer.send(0, label="unknown producer", producer_id=producer.id + 50_001)
    producer.send(1, label="producer -2", producer_id=-2)
    _content(t, topic)


def idempotent_sequence_wraps(t):
    topic, _ = t.topic()
    producer = _Producer(t, topic)
    last = 2**31 - 1
    producer.send(last - 3, 2, label="first")
    producer.send(last - 1, 2)
    producer.send(0, label="wrapped")
    producer.send(0, label="duplicate")
    other = _Producer(t, topic)
    other.send(last - 1, 4, label="within a batch")
    other.send(2)
    other.send(last - 1, 4, label="duplicate")
    _content(t, topic)


def idempotent_batches_in_one_request(t):
    topic, _ = t.topic(partitions=2)
    producer = _Producer(t, topic)
    two = producer.batch(0) + producer.batch(1)
    t.ask("Produce", 9, _body(topic, two), "two batches")
    data = [{"Index": i, "Records": producer.batch(0)} for i in (0, 1)]
    topics = [{"Name": topic, "PartitionData": data}]
    t.ask("Produce", 9, {"Acks": -1, "TimeoutMs": 60_000, "TopicData": topics}, "two partitions")
    t.ask("Produce", 9, _body(topic, producer.batch(0, attributes=batch.TRANSACTIONAL)), "transactional")


def describe_producers(t):
    topic, _ = t.topic(partitions=2)
    producer = _Producer(t, topic)
    producer.send(0, 3)
    producer.send(3)

    def of(name, *partitions):
        return {"Topics": [{"Name": name, "PartitionIndexes": list(partitions)}]}

    t.ask("DescribeProducers", 0, of(topic, 0, 1, 2), "known")
    t.ask("DescribeProducers", 0, of(topic, -1), "partition -1")
    t.ask("DescribeProducers", 0, of(t.name("missing"), 0), "unknown")
    t.ask("DescribeProducers", 0, of("a b", 0), "invalid")
    t.ask("DescribeProducers", 0, of(topic), "no partition")
    t.ask("DescribeProducers", 0, {"Topics": []}, "nothing")
    producer.send(0, epoch=3, label="next epoch")
    t.ask("DescribeProducers", 0, of(topic, 0), "after it")
