# SPDX-License-Identifier: Apache-2.0
"""What the soak does all the time besides its groups: each load knows what the broker must hold."""

import random
import struct
import threading
import time

from milena_test import batch, coordinator, errors
from milena_test.client import Client, ConnectionClosed
from milena_test.suite import expect, expect_equal
from writers import IdempotentWriter, number_in, value

QUEUE, TABLE = "queue", "table"
PAUSE_SECONDS = 0.004  # between two records of a writer
KEYS = 200
TOMBSTONE_ONE_IN = 9
TINY_SEGMENTS = {"internal.segment.bytes": 30_000, "segment.ms": 20_000, "file.delete.delay.ms": 1000}
QUEUE_BYTES = 600_000


class QueueWriter(IdempotentWriter):
    """A number a record, in a topic that keeps the last QUEUE_BYTES."""

    topic_name = QUEUE
    configs = {**TINY_SEGMENTS, "retention.bytes": QUEUE_BYTES}

    def __init__(self, port, predecessor=None):
        super().__init__(port, self.topic_name, 0, -1, predecessor)

    def encode(self, number):
        time.sleep(PAUSE_SECONDS)
        return super().encode(number)


def key_of(number):
    return b"key-%d" % random.Random(number).randrange(KEYS)


def is_tombstone(number):
    return random.Random(-number).randrange(TOMBSTONE_ONE_IN) == 0


class TableWriter(QueueWriter):
    """Keys and tombstones, the same for the same number, in a compacted topic."""

    topic_name = TABLE
    configs = {
        **TINY_SEGMENTS,
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.3",
        "delete.retention.ms": "5000",
    }

    def encode(self, number):
        time.sleep(PAUSE_SECONDS)
        content = None if is_tombstone(number) else value(number)
        record = batch.Record(key_of(number), content, [], int(time.time() * 1000))
        sequence = {"producer_epoch": self.epoch, "base_sequence": number}
        return batch.build([record], producer_id=self.producer_id, **sequence)


class Until(threading.Thread):
    """Does something again and again, whatever happens to the broker."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.problem = port, None
        self._stopped = threading.Event()

    def stop(self):
        self._stopped.set()
        self.join()
        expect(self.problem is None, f"{type(self).__name__}: {self.problem!r}")

    def run(self):
        while not self._stopped.is_set():
            try:
                with Client(self.port, timeout=60) as client:
                    while not self._stopped.is_set():
                        self.step(client)
            except (ConnectionClosed, OSError):
                self._stopped.wait(0.1)
            except Exception as problem:  # noqa: BLE001 - reported by the test
                self.problem = problem
                return


class QueueReader(Until):
    """Follows the queue, slowly enough that retention overtakes it now and then."""

    def __init__(self, port):
        super().__init__(port)
        self.offset, self.last, self.read, self.overtaken = 0, -1, 0, 0

    def step(self, client):
        answer = client.fetch(QUEUE, 0, self.offset, max_bytes=200_000)
        if answer["ErrorCode"] == errors.CODES["OFFSET_OUT_OF_RANGE"]:
            start = client.list_offset(QUEUE, 0, timestamp=-2)
            expect(start > self.offset, f"offset {self.offset} is gone, the log starts at {start}")
            self.offset, self.overtaken = start, self.overtaken + 1
            return
        if answer["ErrorCode"] in errors.RETRIABLE:
            self._stopped.wait(0.05)
            return
        errors.check(answer["ErrorCode"], f"reading the queue at {self.offset}")
        for one in batch.parse(answer["Records"] or b"", check_crc=False):
            for record in one.records:
                number = number_in(record)
                expect(number > self.last, f"{number} after {self.last}")
                self.last, self.read = number, self.read + 1
            self.offset = one.base_offset + one.last_offset_delta + 1
        pause = 8.0 if random.random() < 0.02 else 0.1
        self._stopped.wait(pause)


class TopicChurn(Until):
    """Makes topics, writes to them, deletes them."""

    def __init__(self, port):
        super().__init__(port)
        self.number, self.deleted = 0, 0

    def step(self, client):
        """A crash may come between any two requests: what the topic is then called is not asked for again."""
        self.number += 1
        name = f"churn-{self.number}"
        client.create_topic(name, 3, TINY_SEGMENTS)
        for partition in range(3):
            code = client.produce(name, partition, batch.build([struct.pack(">q", self.number)]))["ErrorCode"]
            errors.check(code, f"produce to {name}")
        answer = client.request("DeleteTopics", 4, {"TopicNames": [name], "TimeoutMs": 60000})
        errors.check(answer["Responses"][0]["ErrorCode"], f"delete {name}")
        self.deleted += 1
        self._stopped.wait(0.5)


def shrink_internal_topics(client):
    """Tiny segments, compacted as often as those of the table."""
    configs = {"internal.segment.bytes": "50000", "min.cleanable.dirty.ratio": "0.3"}
    changes = [{"Name": name, "ConfigOperation": 0, "Value": configs[name]} for name in configs]
    for kind, topic in enumerate(("__consumer_offsets", "__transaction_state")):
        coordinator.find(client, kind, ["anybody"])  # who asks first makes the topic
        resource = {"ResourceType": 2, "ResourceName": topic, "Configs": changes}
        answer = client.request("IncrementalAlterConfigs", 1, {"Resources": [resource], "ValidateOnly": False})
        errors.check(answer["Responses"][0]["ErrorCode"], f"configuring {topic}")


def names(client):
    return {topic["Name"] for topic in client.request("Metadata", 12, {"Topics": None})["Topics"]}


def check_queue(client, writer):
    """The last numbers without a gap, and not more than retention leaves."""
    start = client.list_offset(QUEUE, 0, timestamp=-2)
    numbers = [number_in(record) for record in client.read_all(QUEUE, 0, start, check_crc=False)]
    expect(numbers, "the queue is empty")
    expect_equal(numbers, list(range(numbers[0], writer.next_number)), "numbers in the queue")
    expect(start > 0, "retention deleted nothing")


def check_table(client):
    """The newest record of each key; what may be left of older ones, nobody has promised."""
    found, start = {}, client.list_offset(TABLE, 0, timestamp=-2)
    for record in client.read_all(TABLE, 0, start, check_crc=False):
        found[record.key] = record
    return found


def expected_table(writer):
    newest = {}
    for number in range(writer.next_number):
        newest[key_of(number)] = number
    return {key: number for key, number in newest.items() if not is_tombstone(number)}
