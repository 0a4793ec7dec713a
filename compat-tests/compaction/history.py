# SPDX-License-Identifier: Apache-2.0
"""Random histories for compacted topics, the same for the same seed: keys, tombstones, all codecs, idempotent
producers, transactions that are committed, aborted or open."""

import random

from milena_test import batch, codecs, errors
from milena_test.client import produce_body

FIRST_TIMESTAMP = 1_700_000_000_000
SEGMENT_BYTES = 2000
KEYS = 40
BATCHES = 250
CONFIGS = {
    "cleanup.policy": "compact",
    "internal.segment.bytes": str(SEGMENT_BYTES),
    "index.interval.bytes": "200",
    "min.cleanable.dirty.ratio": "0",
    "delete.retention.ms": "0",
}
TOPICS = {
    "plain": {},
    "tombstones-stay": {"delete.retention.ms": "86400000"},
    "append-time": {"message.timestamp.type": "LogAppendTime"},
    "large-segments": {"internal.segment.bytes": str(8 * SEGMENT_BYTES)},
    "kept-long": {"min.compaction.lag.ms": "86400000000000"},
    "deleted-too": {"cleanup.policy": "compact,delete", "retention.ms": "-1"},
}


class Producer:
    """One producer of one topic, with what it must remember."""

    def __init__(self, producer_id, transactional):
        self.id, self.epoch, self.sequence = producer_id, 0, 0
        self.transactional = transactional
        self.in_transaction = False

    def fields(self, count):
        fields = {
            "producer_id": self.id,
            "producer_epoch": self.epoch,
            "base_sequence": self.sequence,
            "attributes": batch.TRANSACTIONAL if self.transactional else 0,
        }
        self.sequence += count
        self.in_transaction = self.transactional
        return fields


class History:
    """Writes to all topics; goes on where it was when it is called again."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0
        self.producers = {
            topic: [Producer(1000 + 10 * at + n, n >= 2) for n in range(5)]
            for at, topic in enumerate(TOPICS)
        }

    def create(self, client):
        for topic, configs in TOPICS.items():
            client.create_topic(topic, 1, {**CONFIGS, **configs})

    def write(self, client, batches=BATCHES):
        for topic in TOPICS:
            for _ in range(batches):
                self._write_one(client, topic)
            self._end_all(client, topic)
            self._fill_segment(client, topic)

    def _records(self):
        records = []
        for _ in range(self.random.randint(1, 6)):
            self.number += 1
            value = b"%d-" % self.number + b"v" * self.random.randrange(30)
            headers = [("h", b"%d" % self.number)] if self.random.random() < 0.2 else []
            timestamp = FIRST_TIMESTAMP + self.number * 10 - self.random.randrange(50)
            key = b"key-%d" % self.random.randrange(KEYS)
            tombstone = self.random.random() < 0.2
            records.append(batch.Record(key, None if tombstone else value, headers, timestamp))
        return records

    def _write_one(self, client, topic):
        records = self._records()
        codec = self.random.randrange(len(codecs.NAMES))
        producer = self.random.choice([None, *self.producers[topic]])
        if producer and producer.in_transaction and self.random.random() < 0.3:
            return self._end(client, topic, producer)
        fields = producer.fields(len(records)) if producer else {}
        name = f"producer-{producer.id}" if producer and producer.transactional else None
        self._append(client, topic, batch.build(records, codec=codec, **fields), name)

    @staticmethod
    def _append(client, topic, data, transactional_id=None):
        body = {**produce_body(topic, 0, data), "TransactionalId": transactional_id}
        answer = client.request("Produce", 9, body)["Responses"][0]["PartitionResponses"][0]
        errors.check(answer["ErrorCode"], f"append to {topic}")

    def _end(self, client, topic, producer, committed=None):
        if committed is None:
            committed = self.random.random() < 0.5
        marker = {
            "ProducerId": producer.id,
            "ProducerEpoch": producer.epoch,
            "TransactionResult": committed,
            "Topics": [{"Name": topic, "PartitionIndexes": [0]}],
            "CoordinatorEpoch": 0,
        }
        answer = client.request("WriteTxnMarkers", 1, {"Markers": [marker]})
        for found in answer["Markers"][0]["Topics"][0]["Partitions"]:
            errors.check(found["ErrorCode"], f"end of a transaction in {topic}")
        producer.in_transaction = False

    def _end_all(self, client, topic):
        for producer in self.producers[topic]:
            if producer.in_transaction:
                self._end(client, topic, producer)

    def _fill_segment(self, client, topic):
        """All that was written before is sealed: only what comes now is in the active segment."""
        size = int(TOPICS[topic].get("internal.segment.bytes", SEGMENT_BYTES))
        value = b"x" * (size * 2 // 3)
        for _ in range(2):
            record = batch.Record(b"filler", value, [], FIRST_TIMESTAMP + self.number * 10)
            self._append(client, topic, batch.build([record]))
