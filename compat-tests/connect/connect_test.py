# SPDX-License-Identifier: Apache-2.0
"""Kafka Connect, standalone and distributed: the lines of a file go through a topic into another file."""

import json
import pathlib
import sys
import tempfile

from common import Suite, expect, main
from jvm import VERSION, WAIT_SECONDS_MAX, RestProgram, connect_jars, until, write_properties
from milena_test.process import free_port
from milena_test.read_committed import read_on
from milena_test.suite import expect_equal

LINES = 200  # written at once
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
}
WORKER = {
    "plugin.discovery": "service_load",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "offset.flush.interval.ms": "300",
    # Who has too little time commits no offsets when it stops, and does the same again.
    "offset.flush.timeout.ms": "120000",
    "task.shutdown.graceful.timeout.ms": "120000",
    "consumer.isolation.level": "read_committed",
}
INTERNAL_TOPICS = {"config": 1, "offset": 25, "status": 5}  # and their partitions
DISTRIBUTED = {
    "group.id": "workers",
    "session.timeout.ms": "3000",
    "heartbeat.interval.ms": "500",
    "scheduled.rebalance.max.delay.ms": "500",
    "consumer.session.timeout.ms": "3000",
    "consumer.heartbeat.interval.ms": "500",
    "exactly.once.source.support": "enabled",
    **{f"{kind}.storage.topic": f"connect-{kind}" for kind in INTERNAL_TOPICS},
    **{f"{kind}.storage.replication.factor": "1" for kind in INTERNAL_TOPICS},
}


class Worker(RestProgram):
    """A process of Connect, and its REST interface."""

    def __init__(self, path, kind, settings, *connectors):
        self.port = free_port()
        settings = {**WORKER, **settings, "listeners": f"http://127.0.0.1:{self.port}"}
        properties = write_properties(path.with_suffix(".properties"), settings)
        class_name = f"org.apache.kafka.connect.cli.Connect{kind}"
        super().__init__(path, f"{connect_jars()}/*", class_name, properties, *connectors)

    def on_refusal(self, what, problem):
        """It may start, its group rebalance, or a connector still be stopping."""
        text = problem.read().decode()
        later = problem.code in (404, 409, 500, 503) or "STOPPED state" in text
        expect(later, f"{what}: {problem.code} {text}")


class World:
    """A file that grows, the topic that its lines go to, and the file that they end in."""

    def __init__(self, broker, name, folder):
        self.broker, self.name, self.folder = broker, name, pathlib.Path(folder)
        self.workers, self.written, self.found, self._offset = [], [], [], 0
        self.source, self.sink = self.folder / "source.txt", self.folder / "sink.txt"
        with broker.client() as client:
            client.create_topic(name)
        self.write()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            worker.kill()

    def connectors(self):
        common = {"tasks.max": "1"}
        source = {**common, "connector.class": "FileStreamSource", "file": self.source, "topic": self.name}
        sink = {**common, "connector.class": "FileStreamSink", "file": self.sink, "topics": self.name}
        return {
            f"{self.name}-source": {key: str(value) for key, value in source.items()},
            f"{self.name}-sink": {key: str(value) for key, value in sink.items()},
        }

    def write(self):
        lines = [f"line {len(self.written) + i}" for i in range(LINES)]
        with open(self.source, "a") as file:
            file.write("".join(f"{line}\n" for line in lines))
        self.written += lines

    def arrived(self):
        """The lines in the topic, as a read_committed reader sees them."""
        with self.broker.client() as client:
            records, self._offset = read_on(client, self.name, 0, self._offset)
        self.found += [json.loads(record.value) for record in records]
        return self.found

    def sunk(self):
        return self.sink.read_text().splitlines() if self.sink.exists() else []

    def until(self, condition, what):
        def alive():
            for worker in self.workers:
                worker.expect_alive()

        def problem():
            said = "\n".join(worker.said() for worker in self.workers)
            return f"{what}; {len(self.written)} written, {len(self.found)} in topic, {len(self.sunk())} sunk\n{said}"

        until(condition, problem, alive)

    def until_sunk(self):
        """Every line is there."""
        self.until(lambda: set(self.written) <= set(self.sunk()), "all lines are in the last file")

    def until_running(self, worker, tasks=True):
        """Both connectors run, and their tasks."""

        def state(name):
            status = worker.request("GET", f"/connectors/{name}/status")
            if status is None:
                return []
            return [one["state"] for one in (status["connector"], *status["tasks"])]

        wanted = ["RUNNING"] * 2
        self.until(lambda: all(state(name) == wanted for name in self.connectors()), "all run")

    def ask(self, worker, method, path, body=None):
        answers = []

        def answered():
            answers.append(worker.request(method, path, body))
            return answers[-1] is not None

        self.until(answered, f"{method} {path} is answered")
        return answers[-1]


suite = Suite("connect", f"connect {VERSION}", "application")
prepare = connect_jars


@suite.case
def standalone(broker):
    with tempfile.TemporaryDirectory(prefix="milena-connect-") as folder, World(
        broker, "standalone", folder
    ) as world:
        files = [
            write_properties(world.folder / f"{name}.properties", {"name": name, **settings})
            for name, settings in world.connectors().items()
        ]
        settings = {
            "bootstrap.servers": broker.address,
            "offset.storage.file.filename": world.folder / "offsets",
        }
        worker = Worker(world.folder / "worker", "Standalone", settings, *files)
        world.workers.append(worker.start())
        world.until_running(worker)
        world.until_sunk()
        worker.stop()
        world.write()
        worker.start()
        world.until_sunk()
        worker.stop()
        expect_equal(world.arrived(), world.written, "the topic")
        expect_equal(world.sunk(), world.written, "the last file")


def configuration(client, topic, name):
    asked = {"ResourceType": 2, "ResourceName": topic, "ConfigurationKeys": [name]}
    (result,) = client.request("DescribeConfigs", 1, {"Resources": [asked]})["Results"]
    return result["Configs"][0]["Value"]


def check_internal_topics(broker):
    with broker.client() as client:
        topics = client.request("Metadata", 5, {"Topics": None})["Topics"]
        partitions = {topic["Name"]: len(topic["Partitions"]) for topic in topics}
        for kind, count in INTERNAL_TOPICS.items():
            name = f"connect-{kind}"
            expect_equal(partitions.get(name), count, f"partitions of {name}")
            expect_equal(configuration(client, name, "cleanup.policy"), "compact", name)


def start_worker(world):
    settings = {**DISTRIBUTED, "bootstrap.servers": world.broker.address}
    worker = Worker(world.folder / f"worker-{len(world.workers)}", "Distributed", settings)
    world.workers.append(worker.start())
    return worker


def owner(world, connector):
    """The worker that runs the connector's task; None while that is one that is gone."""
    status = world.ask(world.workers[0], "GET", f"/connectors/{connector}/status")
    ports = [int(task["worker_id"].rsplit(":", 1)[1]) for task in status["tasks"]]
    return next((worker for worker in world.workers if worker.port in ports), None)


def moves(world, connector):
    """The worker of a connector's task is killed: the other one goes on."""
    world.until(lambda: owner(world, connector), f"{connector} has a worker")
    killed = owner(world, connector)
    world.write()
    killed.kill()
    world.workers.remove(killed)
    (other,) = world.workers
    world.until(lambda: owner(world, connector) is other, f"{connector} moves")
    world.until_sunk()
    world.until_running(other)


def broker_restarts(world):
    for end in (world.broker.stop, world.broker.kill):
        world.write()
        end()
        world.broker.start()
        with world.broker.client() as client:
            client.await_topic(world.name, timeout=WAIT_SECONDS_MAX)
        world.write()
        world.until_sunk()


def reads_again(world):
    """Without its offsets the sink starts anew."""
    (worker,) = world.workers
    connector = f"/connectors/{world.name}-sink"

    def committed():
        offsets = world.ask(worker, "GET", f"{connector}/offsets")["offsets"]
        return offsets and offsets[0]["offset"]["kafka_offset"] >= len(world.written)

    world.until(committed, "the sink's offsets are committed")
    world.ask(worker, "PUT", f"{connector}/stop")
    world.ask(worker, "DELETE", f"{connector}/offsets")
    world.sink.unlink()
    world.ask(worker, "PUT", f"{connector}/resume")
    world.until_sunk()
    in_order = list(dict.fromkeys(world.sunk()))  # a group that rebalances reads some lines twice
    expect_equal(in_order, world.written, "the last file, written anew")


@suite.case
def distributed(broker):
    with tempfile.TemporaryDirectory(prefix="milena-connect-") as folder, World(
        broker, "distributed", folder
    ) as world:
        first = start_worker(world)
        start_worker(world)
        for name, settings in world.connectors().items():
            world.ask(first, "PUT", f"/connectors/{name}/config", settings)
        world.until_running(first)
        world.until_sunk()
        check_internal_topics(broker)
        moves(world, f"{world.name}-source")
        broker_restarts(world)
        reads_again(world)
        expect_equal(world.arrived(), world.written, "the topic: each line once")


if __name__ == "__main__":
    sys.exit(main(suite, SETTINGS))
