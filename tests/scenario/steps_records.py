# SPDX-License-Identifier: Apache-2.0
"""Steps that write records and read them back."""

import itertools
import time

from milena_test import batch, codecs, errors
from milena_test.client import produce_body
from milena_test.suite import expect, expect_equal

import language
from world import verb

NULL = "~"
PADDING = b"."
_NOW_MS = 600_000  # as near as "now" is


def now_ms():
    return int(time.time() * 1000)


def partition_of(word):
    """t/3 -> (t, 3)."""
    name, _, index = word.partition("/")
    return name, int(index)


def record_of(word, timestamp, size, headers):
    """key:value or value; "~" is null."""
    key, colon, value = word.rpartition(":")
    as_bytes = [None if text == NULL else text.encode() for text in (key, value)]
    if as_bytes[1] is not None:
        as_bytes[1] = as_bytes[1].ljust(size, PADDING)
    return batch.Record(as_bytes[0] if colon else None, as_bytes[1], headers, timestamp)


def word_of(record):
    texts = [
        NULL if one is None else one.decode().rstrip(PADDING.decode())
        for one in (record.key, record.value)
    ]
    return texts[1] if record.key is None else ":".join(texts)


@verb
def producer(world, words, _options):
    """producer NAME: an idempotent producer for "by=NAME"."""
    world.producers[words[0]] = world.client.init_producer_id()


@verb
def produce(world, words, options):
    """produce T/P VALUE... : the first offset.

    codec=, acks=, size= (pads values), at= (timestamp; the next record's is one later),
    header=NAME:VALUE, batch= (records a request), by= and sequence= (idempotent), version=.
    """
    topic, partition = partition_of(words[0])
    at, size = options.take("at", now_ms()), options.take("size", 0)
    headers = [(name, value.encode()) for name, value in _pairs(options.take("header", ""))]
    records = [record_of(word, at + i, size, headers) for i, word in enumerate(words[1:])]
    fields = {"codec": codecs.NAMES.index(options.take("codec", "none"))}
    if name := options.take("by"):
        fields["producer_id"], fields["producer_epoch"] = world.producers[name]
        fields["producer_epoch"] += options.take("later-epoch", 0)
        fields["base_sequence"] = options.take("sequence", 0)
    per_batch, acks = options.take("batch", len(records)), options.take("acks", -1)
    version = options.take("version", 9)
    first_offset = None
    for first in range(0, len(records), per_batch):
        data = batch.build(records[first : first + per_batch], **fields)
        answer = _produce_one(world.client, topic, partition, data, acks, version)
        if "producer_id" in fields:
            fields["base_sequence"] += per_batch
        first_offset = answer if first_offset is None else first_offset
    return [] if first_offset is None else [first_offset]


def _pairs(text):
    return [tuple(pair.split(":", 1)) for pair in text.split(",") if pair]


def _produce_one(client, topic, partition, data, acks, version):
    body = produce_body(topic, partition, data, acks)
    if acks == 0:  # no answer: that to the next request shows that it has been served
        client.send("Produce", version, body)
        client.request("ApiVersions", 0)
        return None
    if version >= 13:
        name = body["TopicData"][0].pop("Name")
        found = client.request("Metadata", 12, {"Topics": [{"Name": name}]})["Topics"][0]
        body["TopicData"][0]["TopicId"] = found["TopicId"]
    answer = client.request("Produce", version, body)["Responses"][0]["PartitionResponses"][0]
    errors.check(answer["ErrorCode"], "produce", answer.get("ErrorMessage"))
    return answer["BaseOffset"]


# Reading ------------------------------------------------------------------------------------------


@verb
def read(world, words, options):
    """read T/P [from=] [max-bytes=]: all values to the end, in as many fetches as it takes."""
    return [word_of(record) for record in _read(world, words, options)]


@verb
def times(world, words, options):
    """The timestamps of all records; "now" if it is about that."""
    found = [record.timestamp for record in _read(world, words, options)]
    return ["now" if abs(time - now_ms()) < _NOW_MS else time for time in found]


@verb
def headers(world, words, options):
    """NAME:VALUE of each header of all records."""
    found = itertools.chain(*(record.headers for record in _read(world, words, options)))
    return [f"{name}:{value.decode()}" for name, value in found]


@verb
def sizes(world, words, options):
    """The sizes of all values."""
    return [len(record.value) for record in _read(world, words, options)]


@verb
def batches(world, words, _options):
    """FIRST-LAST:CODEC of each batch in the log."""
    topic, partition = partition_of(words[0])
    return [
        f"{one.base_offset}-{one.base_offset + one.last_offset_delta}:{codecs.NAMES[one.codec]}"
        for one in _read_batches(world.client, topic, partition, _log_start(world, words[0]))
    ]


def _log_start(world, word):
    return world.client.list_offset(*partition_of(word), -2)


def _read(world, words, options):
    topic, partition = partition_of(words[0])
    start = options.take("from", _log_start(world, words[0]))
    max_bytes = options.take("max-bytes", 1 << 20)
    found = _read_batches(world.client, topic, partition, start, max_bytes)
    records = [record for one in found for record in one.records if record.offset >= start]
    offsets = [record.offset for record in records]
    expect_equal(offsets, list(range(start, start + len(records))), "offsets")
    return records


def _read_batches(client, topic, partition, offset, max_bytes=1 << 20):
    found = []
    while True:
        answer = client.fetch(topic, partition, offset, 0, 0, max_bytes)
        errors.check(answer["ErrorCode"], f"fetch at {offset}")
        new = batch.parse(answer["Records"] or b"")
        found += new
        if not new:
            expect(offset >= answer["HighWatermark"], f"nothing comes at {offset}")
            return found
        offset = new[-1].base_offset + new[-1].last_offset_delta + 1


@verb
def fetch(world, words, options):
    """fetch T/P from=OFFSET: the values that one request is answered with.

    wait= (ms), min-bytes=, max-bytes=, epoch= (the leader's), after= (ms: not before),
    within= (ms: not later), version=.
    """
    topic, partition = partition_of(words[0])
    start = options.take("from", 0)
    asked = {
        "Partition": partition,
        "FetchOffset": start,
        "PartitionMaxBytes": options.take("max-bytes", 1 << 20),
        "CurrentLeaderEpoch": options.take("epoch", -1),
    }
    version = options.take("version", 12)
    topic_key, topic_value = "Topic", topic
    if version >= 13:
        found = world.client.request("Metadata", 12, {"Topics": [{"Name": topic}]})
        topic_key, topic_value = "TopicId", found["Topics"][0]["TopicId"]
    body = {
        "MaxWaitMs": options.take("wait", 0),
        "MinBytes": options.take("min-bytes", 1),
        "MaxBytes": asked["PartitionMaxBytes"],
        "IsolationLevel": options.take("isolation", 0),
        "Topics": [{topic_key: topic_value, "Partitions": [asked]}],
    }
    after, within = options.take("after", 0), options.take("within", 60000)
    started = time.monotonic()
    answer = world.client.request("Fetch", version, body)
    took_ms = (time.monotonic() - started) * 1000
    if not after <= took_ms <= within:
        raise language.StepFailed(f"took {took_ms:.0f} ms, expected {after} to {within}")
    errors.check(answer.get("ErrorCode", 0), "fetch")
    answer = answer["Responses"][0]["Partitions"][0]
    errors.check(answer["ErrorCode"], "fetch")
    found = batch.parse(answer["Records"] or b"")
    return [word_of(record) for one in found for record in one.records if record.offset >= start]
