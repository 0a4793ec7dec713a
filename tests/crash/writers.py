# SPDX-License-Identifier: Apache-2.0
"""Producers that write down what was acknowledged, to be compared with the log after a crash."""

import collections
import struct
import threading
import time

from milena_test import batch, errors, wire
from milena_test.client import Client, ConnectionClosed, produce_body

IN_FLIGHT_MAX = 5
PADDING = bytes(range(256)) * 3
PRODUCE_VERSION = 9


def value(number):
    return struct.pack(">q", number) + PADDING


def records(number):
    """Of this moment: a broker forgets producers whose records are a day old."""
    return [batch.Record(value=value(number), timestamp=int(time.time() * 1000))]


def number_in(record):
    return struct.unpack_from(">q", record.value)[0]


class Writer(threading.Thread):
    """Writes the numbers next_number, next_number + 1, … to one partition until the broker dies.

    One record a batch, several requests in flight. acknowledged: number -> offset.
    """

    def __init__(self, port, topic, partition, acks, first_number):
        super().__init__(daemon=True)
        self.port, self.topic, self.partition, self.acks = port, topic, partition, acks
        self.next_number = first_number
        self.acknowledged = {}
        self.unanswered = collections.deque()
        self.problem = None
        self._stop_asked = threading.Event()

    def stop(self):
        self._stop_asked.set()

    def run(self):
        try:
            with Client(self.port, timeout=60) as client:
                self._write(client)
        except (ConnectionClosed, OSError):
            pass  # the crash that the test is about
        except Exception as problem:  # noqa: BLE001 - reported by the test
            self.problem = problem

    def _write(self, client):
        for number in list(self.unanswered):  # left by an earlier life of an idempotent writer
            self._send(client, number)
        while not self._stop_asked.is_set() or self.unanswered:
            while len(self.unanswered) < IN_FLIGHT_MAX and not self._stop_asked.is_set():
                self.unanswered.append(self.next_number)
                self.next_number += 1
                self._send(client, self.unanswered[-1])
            self._receive(client)

    def _send(self, client, number):
        body = produce_body(self.topic, self.partition, self.encode(number), self.acks)
        client.send("Produce", PRODUCE_VERSION, body)

    def _receive(self, client):
        _, body = wire.decode_response("Produce", PRODUCE_VERSION, client.receive_frame())
        answer = body["Responses"][0]["PartitionResponses"][0]
        errors.check(answer["ErrorCode"], f"produce {self.unanswered[0]}", answer["ErrorMessage"])
        self.acknowledged[self.unanswered.popleft()] = answer["BaseOffset"]

    def encode(self, number):
        return batch.build(records(number))


class IdempotentWriter(Writer):
    """Resends what was not answered, in order and with the same sequences, as real producers do."""

    def __init__(self, port, topic, partition, acks, predecessor=None):
        super().__init__(
            port, topic, partition, acks, predecessor.next_number if predecessor else 0
        )
        if predecessor:
            self.unanswered = collections.deque(predecessor.unanswered)
            self.producer_id, self.epoch = predecessor.producer_id, predecessor.epoch
        else:
            with Client(port) as client:
                self.producer_id, self.epoch = client.init_producer_id()

    def encode(self, number):
        return batch.build(
            records(number),
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            base_sequence=number,
        )
