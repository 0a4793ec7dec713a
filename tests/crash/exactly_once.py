# SPDX-License-Identifier: Apache-2.0
"""Groups whose members transfer in transactions, while they and the broker are killed again and again.

Each member keeps a history of its own (transfer.py). At the end a read_committed reader must see every
transaction that was acknowledged, whole; nothing of an aborted one; one of unknown end whole or not at all;
and of each source partition exactly what lies before the group's committed offset, once.
"""

import collections
import importlib
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

import committers
from milena_test import batch, coordinator, errors
from milena_test.client import Client, ConnectionClosed
from milena_test.read_committed import records_of
from milena_test.suite import chosen_broker, expect
from transfer_history import History

HERE = pathlib.Path(__file__).resolve().parent
SOURCE, SOURCE_PARTITIONS, TARGET_PARTITIONS = "source", 4, 3
CANNOT_GO_ON = 3  # exit status of transfer.py
GROUPS = {"eager": "range", "cooperative": "cooperative-sticky", "consumer": "consumer"}
MEMBERS = 3  # of a group; the first one is static
FEED_RECORDS, FEED_SECONDS = 10, 0.05
SECONDS_MAX = 300.0
DISTURBANCES_MAX = 4  # between two crashes; a group that never rests has nobody to commit
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.min.session.timeout.ms": "6000",
    "group.consumer.heartbeat.interval.ms": "300",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}


def transfer_program():
    """By a Python that has confluent-kafka, which this one need not have."""
    sys.path.insert(0, str(HERE.parent.parent / "compat-tests" / "confluent-kafka"))
    confluent_kafka = importlib.import_module("confluent_kafka_test")
    return [confluent_kafka.environments()[confluent_kafka.VERSIONS[-1]], HERE / "transfer.py"]


class Feeder(threading.Thread):
    """Appends to each source partition, now and then, whatever happens to the broker."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.problem = port, None
        self._stopped = threading.Event()

    def stop(self):
        self._stopped.set()
        self.join()

    def run(self):
        while not self._stopped.is_set():
            try:
                with Client(self.port, timeout=20) as client:
                    self._feed(client)
            except (ConnectionClosed, OSError):
                self._stopped.wait(FEED_SECONDS)
            except Exception as problem:  # noqa: BLE001 - reported by the test
                self.problem = problem
                return

    def _feed(self, client):
        now = int(time.time() * 1000)  # retention goes by it
        records = batch.build([batch.Record(value=b"x", timestamp=now)] * FEED_RECORDS)
        while not self._stopped.wait(FEED_SECONDS):
            for partition in range(SOURCE_PARTITIONS):
                code = client.produce(SOURCE, partition, records)["ErrorCode"]
                if code not in errors.RETRIABLE:
                    errors.check(code, "feeding")


class Member:
    """A place in a group: the process that fills it is killed, stopped and started anew."""

    def __init__(self, world, group, number):
        self.group, self.name = group, f"{group}-{number}"
        instance = self.name if number == 0 else "-"
        self.words = [
            *world.program, world.broker.address, self.name, group, GROUPS[group], instance, SOURCE,
            f"target-{group}", TARGET_PARTITIONS, world.folder / self.name,
        ]  # fmt: skip
        self.errors = open(world.folder / f"errors-of-{self.name}", "ab")
        self.process = None

    def runs(self):
        """Whether it runs; how a member may end by itself is checked."""
        if self.process is None:
            return False
        status = self.process.poll()
        if status is None:
            return True
        self.process = None
        expect(status in (0, -9, -15, CANNOT_GO_ON), f"{self.name} ended with {status}: {self.said()}")
        return False

    def start(self):
        words = [str(word) for word in self.words]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=self.errors)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def said(self):
        return pathlib.Path(self.errors.name).read_text()[-2000:]


class World:
    def __init__(self, broker, folder, chance):
        self.broker, self.folder, self.chance = broker, folder, chance
        self.program = transfer_program()
        self.members = [Member(self, group, n) for group in GROUPS for n in range(MEMBERS)]
        self.feeder = Feeder(broker.port)
        with broker.client() as client:
            client.create_topic(SOURCE, SOURCE_PARTITIONS)
            for group in GROUPS:
                client.create_topic(f"target-{group}", TARGET_PARTITIONS)

    def __enter__(self):
        for member in self.members:
            member.start()
        self.feeder.start()
        return self

    def __exit__(self, *_):
        self.feeder.stop()
        for member in self.members:
            member.kill()

    def history(self, group):
        return History(self.folder, group, SOURCE_PARTITIONS)

    def disturb(self):
        """Someone leaves, dies, or comes back; one member of each group is left alone."""
        member = self.chance.choice([m for m in self.members if not m.name.endswith("1")])
        if not member.runs():
            member.start()
        elif self.chance.random() < 0.5:
            member.kill()
        else:
            member.process.terminate()

    def until_progress(self):
        """Each group has committed a transaction more; members come and go meanwhile."""
        before = {group: len(self.history(group).committed()) for group in GROUPS}
        deadline, waiting = time.monotonic() + SECONDS_MAX, set(GROUPS)
        disturbances = self.chance.randrange(1, DISTURBANCES_MAX)
        while waiting:
            if disturbances > 0:
                disturbances -= 1
                self.disturb()
            pause_end = time.monotonic() + self.chance.uniform(0.2, 1.0)
            while time.monotonic() < pause_end:
                time.sleep(0.05)
                self.check_members()
            waiting = {g for g in waiting if len(self.history(g).committed()) == before[g]}
            expect(time.monotonic() < deadline, f"no transaction committed by {waiting}")

    def check_members(self):
        for member in self.members:
            if not member.runs() and member.name.endswith("1"):
                member.start()
        expect(self.feeder.problem is None, f"{self.feeder.problem!r}")

    def crash(self):
        self.broker.kill()
        self.broker.start()
        if self.chance.random() < 0.3:  # while it loads
            time.sleep(self.chance.uniform(0.0, 0.2))
            self.broker.kill()
            self.broker.start()

    def check_offsets(self, what):
        """No group is behind what was acknowledged."""
        for group in GROUPS:
            least = self.history(group).acknowledged()
            found = self.committed_offsets(group)
            pairs = zip(found, least)
            expect(all(a >= b for a, b in pairs), f"{what}: {group} {found}, acknowledged {least}")

    def committed_offsets(self, group):
        with self.broker.client() as client:
            found = committers.committed(client, SOURCE, group, SOURCE_PARTITIONS)
        return [max(offset, 0) for offset in found]

    def stop_members(self):
        self.feeder.stop()
        for member in self.members:
            if member.runs():
                member.process.terminate()
        deadline = time.monotonic() + SECONDS_MAX
        while any([member.runs() for member in self.members]):
            expect(time.monotonic() < deadline, "members do not stop")
            time.sleep(0.05)
        with self.broker.client() as client:
            for member in self.members:  # ends what a killed one has begun
                coordinator.init_producer(client, member.name)

    def check_all(self):
        for group in GROUPS:
            history, seen = self.history(group), []
            with self.broker.client() as client:
                for partition in range(TARGET_PARTITIONS):
                    for record in records_of(client, f"target-{group}", partition):
                        name, *place = record.value.decode().split(" ")
                        seen.append((name, *map(int, place)))
            ends = collections.Counter(history.ends.get(name, "unknown") for name in history.places)
            print(f"       {group}: {len(seen)} records, transactions {dict(ends)}", flush=True)
            history.check(seen, self.committed_offsets(group))


def run(rounds, seed):
    print(f"       seed {seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="milena-crash-") as folder,
        chosen_broker()(settings=SETTINGS) as broker,
    ):
        with World(broker, pathlib.Path(folder), random.Random(seed)) as world:
            for number in range(rounds):
                world.until_progress()
                time.sleep(world.chance.uniform(0.0, 0.5))
                world.crash()
                world.check_offsets(f"round {number}")
            world.stop_members()
            world.check_all()
        expect(broker.stop() == broker.clean_exit_status, "clean stop")
