# SPDX-License-Identifier: Apache-2.0
"""MirrorMaker 2 between two brokers: topics are copied, each record once, and groups go on at the other broker.

The copies are written in transactions, so that their offsets differ from the originals'.
"""

import pathlib
import random
import sys
import tempfile
import time

from common import Suite, expect, folder_of, run
from jvm import OPTIONS, VERSION, WAIT_SECONDS_MAX, JavaProgram, connect_jars, until, write_properties
from milena_test import batch, errors, oracle
from milena_test.process import free_port
from milena_test.read_committed import records_of
from milena_test.suite import chosen_broker, expect_equal

PARTITIONS = 2
GROUP = "readers"
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
}
SECONDS = ["emit.checkpoints", "emit.heartbeats", "refresh.topics", "refresh.groups", "sync.group.offsets",
           "sync.topic.configs"]  # fmt: skip
FACTORS = ["", "checkpoints.topic.", "heartbeats.topic.", "offset-syncs.topic.", "offset.storage.",
           "status.storage.", "config.storage."]  # fmt: skip


def maker_settings(source, target):
    return {
        "clusters": "source,target",
        "source.bootstrap.servers": source.address,
        "target.bootstrap.servers": target.address,
        "source->target.enabled": "true",
        "source->target.topics": "mirrored.*",
        "source->target.sync.group.offsets.enabled": "true",
        "target->source.emit.heartbeats.enabled": "false",
        "target.exactly.once.source.support": "enabled",
        "dedicated.mode.enable.internal.rest": "true",
        "listeners": f"http://127.0.0.1:{free_port()}",
        "plugin.discovery": "service_load",
        "offset.lag.max": "0",
        "scheduled.rebalance.max.delay.ms": "500",
        "session.timeout.ms": "3000",
        "heartbeat.interval.ms": "500",
        **{f"{name}.interval.seconds": "1" for name in SECONDS},
        **{f"{name}replication.factor": "1" for name in FACTORS},
    }


def translate_program():
    jars = connect_jars()
    source, classes = folder_of(__file__) / "Translate.java", jars.with_name("classes")
    compiled = classes / "Translate.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, source])
    return ["java", *OPTIONS, "-cp", f"{jars}/*:{classes}", "Translate"]


prepare = translate_program


class World:
    """A topic of the source, its copy at the target, and MirrorMaker in between."""

    def __init__(self, source, target, topic, folder):
        self.source, self.target = source, target
        self.topic, self.copy = topic, f"source.{topic}"
        self.written = [[] for _ in range(PARTITIONS)]
        with source.client() as client:
            client.create_topic(topic, PARTITIONS, {"cleanup.policy": "compact", "max.message.bytes": 777777})
        path = pathlib.Path(folder) / "maker"
        properties = write_properties(path.with_suffix(".properties"), maker_settings(source, target))
        class_name = "org.apache.kafka.connect.mirror.MirrorMaker"
        self.maker = JavaProgram(path, f"{connect_jars()}/*", class_name, properties)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.maker.kill()

    def write(self, count):
        """Records in a few batches; returns their values."""
        now, values = int(time.time() * 1000), []
        with self.source.client() as client:
            for partition, written in enumerate(self.written):
                for first in range(0, count, 20):
                    numbers = [len(written) + i for i in range(min(20, count - first))]
                    records = [
                        batch.Record(b"key %d" % i, b"value %d-%d" % (partition, i), [("header", b"%d" % i)], now + i)
                        for i in numbers
                    ]
                    answer = client.produce(self.topic, partition, batch.build(records))
                    errors.check(answer["ErrorCode"], "writing")
                    written += records
                    values += [record.value.decode() for record in records]
        return values

    def until(self, condition, what):
        def problem():
            return f"{what}\n{self.maker.said()}"

        until(condition, problem, self.maker.expect_alive)

    def copied(self, partition):
        with self.target.client() as client:
            return records_of(client, self.copy, partition)

    def until_copied(self):
        """All is there, in order, once, with keys, headers and times."""

        def exists():
            with self.target.client() as client:
                topic = client.request("Metadata", 5, {"Topics": [{"Name": self.copy}]})["Topics"][0]
                return topic["ErrorCode"] == 0 and len(topic["Partitions"]) == PARTITIONS

        def content(records):
            return [(record.key, record.value, record.headers, record.timestamp) for record in records]

        self.until(exists, f"{self.copy} is made")
        for partition, written in enumerate(self.written):
            self.until(lambda p=partition, w=written: len(self.copied(p)) >= len(w), f"{self.copy} is whole")
            expect_equal(content(self.copied(partition)), content(written), f"{self.copy}-{partition}")

    def until_translated(self):
        """The group has read everything at the source, and so at the target."""

        def offsets(broker, topic):
            asked = [{"Name": topic, "PartitionIndexes": list(range(PARTITIONS))}]
            body = {"Groups": [{"GroupId": GROUP, "Topics": asked}], "RequireStable": True}
            with broker.client() as client:
                group = client.request("OffsetFetch", 8, body)["Groups"][0]
            rows = group["Topics"][0]["Partitions"] if group["ErrorCode"] == 0 else []
            return {row["PartitionIndex"]: row["CommittedOffset"] for row in rows}

        ends = {partition: len(written) for partition, written in enumerate(self.written)}
        expect_equal(offsets(self.source, self.topic), ends, "committed at the source")
        wanted = {partition: self.copied(partition)[-1].offset + 1 for partition in range(PARTITIONS)}
        self.until(lambda: offsets(self.target, self.copy) == wanted, f"{wanted} are committed at the target")
        return wanted


def read(broker, topic, count):
    """What a consumer of the group reads next."""
    words = ["--topic", topic, "--group", GROUP, "--max-messages", count, "--timeout-ms", WAIT_SECONDS_MAX * 1000,
             "--command-property", "auto.offset.reset=earliest",
             "--command-property", "isolation.level=read_committed"]  # fmt: skip
    return run(
        oracle.tool_command("consumer.ConsoleConsumer", "--bootstrap-server", broker.address, *words)
    ).splitlines()


def configuration(broker, topic):
    asked = {"ResourceType": 2, "ResourceName": topic, "ConfigurationKeys": None}
    with broker.client() as client:
        (result,) = client.request("DescribeConfigs", 1, {"Resources": [asked]})["Results"]
    return {entry["Name"]: entry["Value"] for entry in result["Configs"]}


suite = Suite("mirror-maker", f"mirror-maker {VERSION}", "application")


@suite.case
def topics_and_groups(source, target):
    topic = "mirrored"
    with tempfile.TemporaryDirectory(prefix="milena-mirror-") as folder, World(
        source, target, topic, folder
    ) as world:
        values = world.write(300)
        expect_equal(sorted(read(source, topic, len(values))), sorted(values), "read at the source")
        world.maker.start()
        world.until_copied()
        ends = world.until_translated()
        translated = run([*translate_program(), target.address, "source", GROUP]).splitlines()
        expect_equal(sorted(translated), [f"{world.copy} {p} {o}" for p, o in ends.items()], "translated")
        values = world.write(50)
        world.until_copied()
        expect_equal(sorted(read(target, world.copy, len(values))), sorted(values), "read at the target")
        found = configuration(target, world.copy)
        expect_equal((found["cleanup.policy"], found["max.message.bytes"]), ("compact", "777777"), "configured")
        for broker, name in [(source, "mm2-offset-syncs.target.internal"), (target, "source.checkpoints.internal")]:
            expect_equal(configuration(broker, name)["cleanup.policy"], "compact", name)


@suite.case
def kills(source, target):
    """Of MirrorMaker, of the source, and of the target, in the middle of the work."""
    with tempfile.TemporaryDirectory(prefix="milena-mirror-") as folder, World(
        source, target, "mirrored-twice", folder
    ) as world:
        world.write(200)
        world.maker.start()
        world.until_copied()
        for victim in (world.maker, source, target):
            world.write(400)
            time.sleep(random.random() / 4)  # somewhere in a transaction
            victim.kill()
            victim.start()
            with source.client() as client:
                client.await_topic(world.topic, PARTITIONS, timeout=WAIT_SECONDS_MAX)
            with target.client() as client:
                client.await_topic(world.copy, PARTITIONS, timeout=WAIT_SECONDS_MAX)
            world.until_copied()


def main():
    if not suite.chosen():
        return 0
    broker = chosen_broker()
    with broker(settings=SETTINGS) as source, broker(settings=SETTINGS) as target:
        return 1 if suite.run(source, target) else 0


if __name__ == "__main__":
    sys.exit(main())
