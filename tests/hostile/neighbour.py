# SPDX-License-Identifier: Apache-2.0
"""A well-behaved client beside the hostile ones: it must neither fail nor wait."""

import itertools
import threading
import time

from milena_test import batch
from milena_test.suite import expect

PAUSE_SECONDS = 0.01
# The machine may be busy: a stalled broker takes longer than this.
WAIT_SECONDS_MAX = 30.0

_numbers = itertools.count()


class Neighbour(threading.Thread):
    """Produces a record and reads it back, again and again, until the with block ends."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self._broker = broker
        self._topic = f"neighbour-{next(_numbers)}"
        self._ended = threading.Event()
        self._served = threading.Event()
        self.problem = None
        self.rounds = 0
        self.slowest = 0.0

    def run(self):
        try:
            with self._broker.client(timeout=60) as client:
                client.create_topic(self._topic)
                while not self._ended.is_set():
                    started = time.monotonic()
                    self._round(client)
                    self.slowest = max(self.slowest, time.monotonic() - started)
                    time.sleep(PAUSE_SECONDS)
        except Exception as problem:  # noqa: BLE001 - shown when the block ends
            self.problem = problem

    def _round(self, client):
        value = b"%d" % self.rounds
        offset = client.produce(self._topic, 0, batch.build([value]))["BaseOffset"]
        records = list(client.read_all(self._topic, 0, offset))
        expect([r.value for r in records] == [value], f"record {self.rounds}: {records}")
        self.rounds += 1
        self._served.set()

    def __enter__(self):
        self.start()
        self._served.wait(WAIT_SECONDS_MAX)
        return self

    def __exit__(self, kind, *_):
        self._ended.set()
        self.join()
        if kind is None:
            expect(self.problem is None, f"the neighbour was disturbed: {self.problem!r}")
            expect(self.rounds > 0, "the neighbour was never served")
            expect(self.slowest < WAIT_SECONDS_MAX, f"the neighbour waited {self.slowest:.1f} s")
