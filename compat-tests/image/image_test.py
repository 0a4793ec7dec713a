# SPDX-License-Identifier: Apache-2.0
"""The container images in podman: size, ports, volumes, limits; the Kafka modules of Testcontainers, unmodified.

Ends with status 77, and the reason, where no container can be run.
"""

import json
import os
import sys
import time

import container_recipes
import engine
import toolchains
from common import BUILD, folder_of, run, virtual_environment
from engine import Engine
from milena_test import batch, oracle, schema
from milena_test.client import Client, produce_body
from milena_test.suite import Suite, expect, expect_equal, option

suite = Suite("image")
SKIPPED = 77
SECONDS_MAX = 60
IMAGES = schema.REPOSITORY / "build" / "image"
MINIMAL_BYTES_MAX = 12_000_000
TESTCONTAINERS_JAVA, TESTCONTAINERS_PYTHON = "1.21.3", "4.15.0"
PORT = 9092


def java_program():
    jars = oracle.fetch_jars(
        BUILD / f"testcontainers-java-{TESTCONTAINERS_JAVA}" / "jars",
        [("org.testcontainers", "kafka", TESTCONTAINERS_JAVA), ("org.slf4j", "slf4j-simple", "1.7.36"),
         ("org.apache.kafka", "kafka-clients", oracle.BROKER_VERSION)],
    )  # fmt: skip
    source, classes = folder_of(__file__) / "TestcontainersClient.java", jars.parent / "classes"
    compiled = classes / "TestcontainersClient.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, source])
    return ["java", "-Xmx256M", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*:{classes}", "TestcontainersClient"]


def python_program():
    # packaging: it imports that, and doesn't say so.
    packages = [f"testcontainers=={TESTCONTAINERS_PYTHON}", "packaging==25.0", "confluent-kafka==2.16.1"]
    python = virtual_environment("testcontainers", *packages)
    return [python, folder_of(__file__) / "testcontainers_client.py"]


def go_program():
    return toolchains.go_program(folder_of(__file__) / "testcontainers-go")


def prepare():
    if engine.missing() is None:
        java_program()
        python_program()
        go_program()
        container_recipes.python()


class Images:
    def __init__(self, podman):
        self.podman = podman
        self.minimal = podman.load(IMAGES / "milena.docker.tar")
        self.kafka = podman.load(IMAGES / "kafka.docker.tar")

    def healthy(self, *words):
        """A container whose broker answers; words are podman's options, the image, arguments."""
        return _Healthy(self.podman, words)


class _Healthy:
    def __init__(self, podman, words):
        self.podman, self.words = podman, words

    def __enter__(self):
        self._container = self.podman.container(*self.words)
        self.name = self._container.__enter__()
        try:
            self.await_health()
        except BaseException:
            self._container.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *problem):
        self._container.__exit__(*problem)

    def await_health(self):
        self.podman.call("exec", self.name, "milena", "health", "--wait", f"{SECONDS_MAX}s")

    def state(self):
        return json.loads(self.podman.call("inspect", self.name))[0]["State"]


def mapped(port):
    """Options for a broker that the host reaches at `port`."""
    return ["--publish", f"127.0.0.1:{port}:{PORT}", "--env", f"KAFKA_LISTENERS=PLAINTEXT://:{PORT}",
            "--env", f"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:{port}"]  # fmt: skip


def produce(client, topic, value, count=1):
    row = client.produce(topic, 0, batch.build([value] * count))
    expect_equal(row["ErrorCode"], 0, "produce")
    return row["BaseOffset"]


def end_offset(client, topic):
    rows = [{"PartitionIndex": 0, "CurrentLeaderEpoch": -1, "Timestamp": -1}]
    body = {"ReplicaId": -1, "IsolationLevel": 0, "Topics": [{"Name": topic, "Partitions": rows}]}
    row = client.request("ListOffsets", 5, body)["Topics"][0]["Partitions"][0]
    expect_equal(row["ErrorCode"], 0, "list offsets")
    return row["Offset"]


@suite.case
def sizes(images):
    for kind in ("docker", "oci"):
        size = (IMAGES / f"milena.{kind}.tar").stat().st_size
        expect(size < MINIMAL_BYTES_MAX, f"the {kind} archive has {size} bytes")


@suite.case
def both_archives_hold_the_same_image(images):
    for name in ("milena", "kafka"):
        layers = []
        for kind in ("oci", "docker"):  # of those with one name podman keeps what came last
            loaded = images.podman.load(IMAGES / f"{name}.{kind}.tar")
            image = json.loads(images.podman.call("image", "inspect", loaded))[0]
            layers.append(image["RootFS"]["Layers"])
        expect_equal(layers[0], layers[1], f"layers of {name}")


@suite.case
def port_mapping_and_wanted_topics(images):
    wanted = ["--env", "KAFKA_CREATE_TOPICS=orders:3:1,log:1:1:compact"]
    with images.healthy(*mapped(21501), *wanted, images.minimal), Client(21501) as client:
        metadata = client.request("Metadata", 5, {"Topics": [{"Name": "orders"}, {"Name": "log"}]})
        expect_equal([len(topic["Partitions"]) for topic in metadata["Topics"]], [3, 1], "partitions")
        told = metadata["Brokers"][0]
        expect_equal((told["Host"], told["Port"]), ("127.0.0.1", 21501), "where clients are sent")
        expect_equal(produce(client, "orders", b"value"), 0, "offset")


@suite.case
def several_listeners(images):
    listeners = "INSIDE://:9092,OUTSIDE://:9094,CONTROLLER://:9093"
    words = ["--publish", "127.0.0.1:21502:9094", "--env", f"KAFKA_LISTENERS={listeners}",
             "--env", "KAFKA_ADVERTISED_LISTENERS=INSIDE://kafka:9092,OUTSIDE://127.0.0.1:21502",
             "--env", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
             "--env", "KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER", "--env", "KAFKA_INTER_BROKER_LISTENER_NAME=INSIDE",
             "--env", "KAFKA_CONTROLLER_QUORUM_VOTERS=1@kafka:9093", "--env", "KAFKA_PROCESS_ROLES=broker,controller",
             "--env", "KAFKA_NODE_ID=1", "--env", "CLUSTER_ID=4L6g3nShT-eMCtK--X86sw"]  # fmt: skip
    with images.healthy(*words, images.minimal), Client(21502) as client:
        answer = client.request("Metadata", 5, {"Topics": []})
        expect_equal(answer["ClusterId"], "4L6g3nShT-eMCtK--X86sw", "cluster")
        expect_equal((answer["Brokers"][0]["Host"], answer["Brokers"][0]["Port"]), ("127.0.0.1", 21502), "address")


@suite.case
def a_volume_outlives_a_kill(images):
    words = [*mapped(21503), "--volume", "milena-kill:/var/lib/kafka/data"]
    with images.healthy(*words, images.minimal) as container:
        with Client(21503) as client:
            client.create_topic("kept")
            produce(client, "kept", b"value", 10)
        images.podman.call("kill", container.name)
        images.podman.call("wait", container.name)
        images.podman.call("start", container.name)
        container.await_health()
        with Client(21503) as client:
            expect_equal(end_offset(client, "kept"), 10, "records")
    with images.healthy(*words, images.kafka), Client(21503) as client:
        expect_equal(end_offset(client, "kept"), 10, "records, in another container")
        produce(client, "kept", b"value")


@suite.case
def read_only_root_no_capabilities_any_user(images):
    words = ["--read-only", "--cap-drop", "all", "--user", "4711:0", "--tmpfs", "/var/lib/kafka/data"]
    with images.healthy(*mapped(21504), *words, images.minimal), Client(21504) as client:
        client.create_topic("made")
        produce(client, "made", b"value")


@suite.case
def memory_limit_under_load(images):
    """Three times the limit goes through it, in requests of a megabyte on several connections at once."""
    words = [*mapped(21505), "--memory", "64m", "--memory-swap", "64m"]
    with images.healthy(*words, images.minimal) as container:
        clients = [Client(21505) for _ in range(16)]
        clients[0].create_topic("load", 16)
        records = batch.build([os.urandom(1000)] * 1000)
        for _ in range(12):
            for index, client in enumerate(clients):
                client.send("Produce", 9, produce_body("load", index, records, -1, 60000))
            for client in clients:
                _, answer = client.receive("Produce", 9)
                row = answer["Responses"][0]["PartitionResponses"][0]
                expect_equal(row["ErrorCode"], 0, "produce")
        state = container.state()
        expect(state["Running"] and not state["OOMKilled"], f"it runs: {state}")


@suite.case
def health_check_of_the_image(images):
    with images.healthy(images.minimal) as container:
        images.podman.call("healthcheck", "run", container.name)


@suite.case
def stops_cleanly(images):
    with images.healthy(images.minimal) as container:
        images.podman.call("stop", "--time", SECONDS_MAX, container.name)
        expect_equal(container.state()["ExitCode"], 0, "exit status")


@suite.case
def stands_in_for_the_image_of_apache_kafka(images):
    script = "echo '#!/bin/bash\nexport KAFKA_NODE_ID=5\n/etc/kafka/docker/run' > /tmp/start; chmod +x /tmp/start; /tmp/start"
    with images.healthy(*mapped(21506), images.kafka, "sh", "-c", script) as container:
        line = "Transitioning from RECOVERY to RUNNING"
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            done = images.podman.call("logs", container.name, check=False)
            if line in done.stdout + done.stderr:
                break
            expect(time.monotonic() < deadline, f"the log has no line with '{line}'")
        with Client(21506) as client:
            expect_equal(client.request("Metadata", 5, {"Topics": []})["Brokers"][0]["NodeId"], 5, "node")
        user = images.podman.call("exec", container.name, "bash", "-c", "id -u")
        expect_equal(user, "1000", "user")


def _testcontainers(images, program):
    with images.podman.service() as environment:
        told = run([*program, "localhost/milena:kafka"], env=environment, timeout=300)
        expect("round trip done" in told, told)


@suite.case
def testcontainers_java(images):
    _testcontainers(images, java_program())


@suite.case
def testcontainers_python(images):
    _testcontainers(images, python_program())


@suite.case
def testcontainers_go(images):
    _testcontainers(images, go_program())


@suite.case
def recipe_for_compose(images):
    with container_recipes.ComposeProject(images.podman) as project, Client(PORT, host="localhost") as client:
        expect_equal(project.exit_status("application"), 0, "what the application found")
        asked = [{"Name": "orders"}, {"Name": "payments"}]
        topics = client.request("Metadata", 5, {"Topics": asked})["Topics"]
        expect_equal([len(topic["Partitions"]) for topic in topics], [3, 1], "partitions")
        produce(client, "payments", b"value")


@suite.case
def recipe_for_github_actions(images):
    with images.healthy(*container_recipes.actions_service(images.minimal)) as container:
        images.podman.call("healthcheck", "run", container.name)  # a runner waits for that
        with Client(PORT, host="localhost") as client:
            produce(client, "orders", b"value")


def main():
    if option("cells", ""):  # it has none: it is about no client
        return 0
    reason = engine.missing()
    if reason is None:
        prepare()  # there is no way to the packages from the namespace
        engine.enter_namespace()
        with Engine() as podman:
            reason = podman.cannot_run()
            if reason is None:
                binary = os.environ.get("MILENA_STATIC_BINARY")
                run([schema.REPOSITORY / "scripts" / "image", *(["--binary", binary] if binary else [])])
                return 1 if suite.run(Images(podman)) else 0
    print(f"image: skipped, {len(suite.cases)} cases: {reason}", flush=True)
    return SKIPPED


if __name__ == "__main__":
    sys.exit(main())
