# SPDX-License-Identifier: Apache-2.0
"""Kafka Streams: words are counted exactly once, with a state in RocksDB and its changelog, while instances and
the broker are stopped and killed.

An instance is a program: WordCount ADDRESS APPLICATION SOURCE TARGET FOLDER. It prints "tasks 0_0 1_1", the tasks
that it runs from now on, and goes on until it is killed. TARGET gets each step of each word's count.
"""

import collections
import pathlib
import random
import shutil
import struct
import sys
import tempfile
import time

from common import Suite, expect, folder_of, main, run
from jvm import VERSION, WAIT_SECONDS_MAX, JavaProgram, fetch, until
from milena_test import batch, errors
from milena_test.read_committed import read_on, records_of
from milena_test.suite import expect_equal

HERE = folder_of(__file__)
PARTITIONS = 2
TASKS = {f"{part}_{partition}" for part in range(2) for partition in range(PARTITIONS)}
VOCABULARY = [f"word-{number}" for number in range(50)]
LINES, WORDS = 20, 5  # written at once: lines to a partition, words in a line
BACKLOG_MAX = 3000  # words that are written and not counted yet
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    # A lost instance without its folder comes back under another transactional id.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
}


def build():
    """Fetches Kafka Streams, compiles WordCount.java, and returns the class path."""
    jars = fetch("streams", "kafka-streams")
    source, classes = HERE / "WordCount.java", jars.with_name("classes")
    compiled = classes / "WordCount.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, source])
    return f"{jars}/*:{classes}"


prepare = build


class Instance(JavaProgram):
    """A program with a folder of its own for its state."""

    def tasks(self):
        """What it runs now."""
        lines = self.output.read_text().splitlines()
        return set(lines[-1].split()[1:]) if lines else set()


class World:
    """The topics, what is written to them, the instances that count it, and what they have counted."""

    def __init__(self, broker, name, folder):
        self.broker, self.name, self.folder = broker, name, pathlib.Path(folder)
        self.source, self.target = f"{name}-source", f"{name}-target"
        self.class_path, self.instances = build(), []
        self.written = collections.Counter()
        self.counted, self._offsets = collections.defaultdict(list), [0] * PARTITIONS
        with broker.client() as client:
            for topic in (self.source, self.target):
                client.create_topic(topic, PARTITIONS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            instance.kill()

    def await_topics(self):
        with self.broker.client() as client:
            for topic in (self.source, self.target):
                client.await_topic(topic, PARTITIONS, timeout=WAIT_SECONDS_MAX)

    def start(self):
        arguments = (self.broker.address, self.name, self.source, self.target)
        folder = self.folder / f"{self.name}-{len(self.instances)}"
        instance = Instance(folder, self.class_path, "WordCount", *arguments, folder)
        self.instances.append(instance.start())
        return instance

    def write(self):
        now = int(time.time() * 1000)
        with self.broker.client() as client:
            for partition in range(PARTITIONS):
                lines = [random.choices(VOCABULARY, k=WORDS) for _ in range(LINES)]
                records = [batch.Record(value=" ".join(line).encode(), timestamp=now) for line in lines]
                answer = client.produce(self.source, partition, batch.build(records))
                errors.check(answer["ErrorCode"], "writing lines")
                for line in lines:
                    self.written.update(line)

    def arrived(self):
        """Reads on in the target; the number of words that were counted so far."""
        with self.broker.client() as client:
            for partition in range(PARTITIONS):
                records, self._offsets[partition] = read_on(
                    client, self.target, partition, self._offsets[partition]
                )
                for record in records:
                    self.counted[record.key.decode()].append(struct.unpack(">q", record.value)[0])
        return sum(map(len, self.counted.values()))

    def until(self, condition, what, writing=True):
        """Lines are written all the time, as long as there are not too many that wait."""

        def go_on():
            if writing and self.written.total() - self.arrived() < BACKLOG_MAX:
                self.write()
            for instance in self.instances:
                instance.expect_alive()

        def problem():
            tasks = [sorted(instance.tasks()) for instance in self.instances]
            said = "\n".join(instance.said() for instance in self.instances)
            return f"{what}; {self.arrived()} of {self.written.total()} counted, tasks {tasks}\n{said}"

        until(condition, problem, go_on)

    def until_progress(self, words=2000):
        wanted = self.arrived() + words
        self.until(lambda: self.arrived() >= wanted, f"{wanted} words are counted")

    def until_shared(self):
        """Each task has one instance, and each instance its part."""

        def shared():
            tasks = [instance.tasks() for instance in self.instances]
            return all(tasks) and sorted(task for mine in tasks for task in mine) == sorted(TASKS)

        self.until(shared, f"{len(self.instances)} instances share the tasks")

    def finish(self):
        """Counts what is left, stops the instances, and checks each count and each step to it."""
        self.until(self.emptied, "DeleteRecords empties the topic in between, behind the committed offsets")
        written = self.written.total()
        self.until(lambda: self.arrived() >= written, "all is counted", writing=False)
        for instance in self.instances:
            instance.stop()
        self.arrived()
        for word, times in self.written.items():
            expect_equal(self.counted[word], list(range(1, times + 1)), f"the steps of {word}'s count")
        expect_equal(self.changelog(), dict(self.written), "the changelog")

    def changelog(self):
        with self.broker.client() as client:
            return {
                record.key.decode(): struct.unpack(">q", record.value)[0]
                for partition in range(PARTITIONS)
                for record in records_of(client, f"{self.name}-counts-changelog", partition)
            }

    def emptied(self):
        topic = f"{self.name}-words-repartition"
        with self.broker.client() as client:
            return all(client.list_offset(topic, partition, -2) > 0 for partition in range(PARTITIONS))


def counting(broker, name, disturb):
    with tempfile.TemporaryDirectory(prefix="milena-streams-") as folder:
        with World(broker, name, folder) as world:
            for _ in range(3):
                world.write()
            world.start()
            world.until_progress()
            disturb(world)
            world.finish()


suite = Suite("streams", f"streams {VERSION}", "exactly-once")


@suite.case
def instances_are_killed(broker):
    def disturb(world):
        (first,) = world.instances
        first.kill()
        first.start()
        world.until_progress()
        first.kill()
        shutil.rmtree(first.path)  # its state comes from the changelog now
        first.start()
        world.until_progress()

    counting(broker, "killed", disturb)


@suite.case
def instances_come_and_go(broker):
    def disturb(world):
        (first,) = world.instances
        second = world.start()
        world.until_shared()
        world.until_progress()
        second.kill()
        second.start()
        world.until_shared()
        world.until_progress()
        first.stop()
        world.instances.remove(first)
        world.until_shared()
        world.until_progress()

    counting(broker, "shared", disturb)


@suite.case
def the_broker_is_restarted(broker):
    def disturb(world):
        for end in (broker.stop, broker.kill, broker.kill):
            end()
            broker.start()
            world.await_topics()
            world.until_progress()

    counting(broker, "restarted", disturb)


if __name__ == "__main__":
    sys.exit(main(suite, SETTINGS))
