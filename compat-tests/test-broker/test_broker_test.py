# SPDX-License-Identifier: Apache-2.0
"""milena test-broker and milena health: what a test's fixture relies on, and the README's recipes."""

import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading

import recipes
from milena_test import batch
from milena_test.broker import Milena, binary
from milena_test.client import Client
from milena_test.process import free_port, release_port
from milena_test.suite import Suite, await_true, expect, expect_equal

suite = Suite("test-broker")
SECONDS_MAX = 60
# Forks test-broker, prints what it printed, and waits to be killed.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline().strip(), flush=True)
time.sleep(3600)
"""


class TestBroker:
    """One that keeps its data under `folder`; killed in the end, if it still runs."""

    def __init__(self, folder, *words):
        environment = {**os.environ, "TMPDIR": str(folder), "KAFKA_NUM_PARTITIONS": "7"}
        self.process = subprocess.Popen(
            [binary(), "test-broker", *words], stdout=subprocess.PIPE, text=True, env=environment
        )

    def __enter__(self):
        self.port = int(read_line(self.process.stdout))
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def end(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.process.wait(SECONDS_MAX)


def read_line(stream):
    ready, _, _ = select.select([stream], [], [], SECONDS_MAX)
    expect(ready, "no line was printed")
    return stream.readline()


def in_folder(case):
    """Decorator: the case gets a temporary folder of its own."""

    def with_folder():
        with tempfile.TemporaryDirectory(prefix="milena-test-") as folder:
            case(pathlib.Path(folder))

    suite.add(case.__name__.replace("_", " "), with_folder)
    return case


def runs(pid):
    """A zombie has ended."""
    try:
        return "(zombie)" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def partitions_of(client, topic):
    (found,) = client.request("Metadata", 5, {"Topics": [{"Name": topic}]})["Topics"]
    expect_equal(found["ErrorCode"], 0, topic)
    return len(found["Partitions"])


@in_folder
def topics_and_settings(folder):
    words = ["--topic", "orders:6", "--topic", "log:2:1:compact", "--set", "num.partitions=3"]
    with TestBroker(folder, *words) as broker, Client(broker.port) as client:
        expect_equal(partitions_of(client, "orders"), 6, "partitions")
        expect_equal(partitions_of(client, "log"), 2, "partitions")
        expect_equal(partitions_of(client, "made-on-demand"), 3, "partitions, not of KAFKA_...")
        asked = {"ResourceType": 2, "ResourceName": "log", "ConfigurationKeys": ["cleanup.policy"]}
        answer = client.request("DescribeConfigs", 4, {"Resources": [asked]})
        expect_equal(answer["Results"][0]["Configs"][0]["Value"], "compact", "cleanup.policy")
        row = client.produce("log", 0, batch.build([b"value"]))
        expect_equal(row["ErrorCode"], 87, "a record without a key, in a compacted topic")


@in_folder
def wanted_topic_that_cannot_be(folder):
    with tempfile.TemporaryFile("w+") as log:
        status = subprocess.run([binary(), "test-broker", "--topic", "a:1:nonsense=1"], stderr=log,
                                env={**os.environ, "TMPDIR": str(folder)}, timeout=SECONDS_MAX).returncode  # fmt: skip
        log.seek(0)
        expect_equal(status, 1, "exit status")
        expect("nonsense" in log.read(), "the log names the setting")
    expect_equal(list(folder.iterdir()), [], "what is left behind")


@in_folder
def none_is_made_where_one_cannot_be(folder):
    wanted = ["--topic", "good", "--topic", "bad:1:nonsense=1"]
    node = Milena(data=folder / "data")
    refused = subprocess.run([*node.command(), *wanted], env=node.environment(), timeout=SECONDS_MAX,
                             capture_output=True, text=True)  # fmt: skip
    expect_equal(refused.returncode, 1, "exit status")
    expect("bad" in refused.stderr, f"the log names the topic:\n{refused.stderr}")
    with node, node.client() as client:
        expect_equal(client.request("Metadata", 5, {"Topics": None})["Topics"], [], "topics")


@in_folder
def the_port_is_in_a_file_too(folder):
    file = folder / "port"
    with TestBroker(folder, "--port-file", file) as broker:
        expect_equal(file.read_text(), f"{broker.port}\n", "content")


@in_folder
def data_goes_away_at_the_end(folder):
    with TestBroker(folder) as broker:
        expect_equal(len(list(folder.iterdir())), 1, "directories while it runs")
        expect_equal(broker.end(), 0, "exit status")
    expect_equal(list(folder.iterdir()), [], "directories after it")


@in_folder
def data_of_a_killed_one_goes_with_the_next(folder):
    with TestBroker(folder) as killed, TestBroker(folder) as other:
        killed.end(signal.SIGKILL)
        expect_equal(len(list(folder.iterdir())), 2, "directories that are left")
        with TestBroker(folder), Client(other.port) as client:
            expect_equal(len(list(folder.iterdir())), 2, "one left, one new")
            client.create_topic("still-there")


def _parent_of_test_broker(folder, *words):
    """(process of the parent, pid of the broker, its port)"""
    command = [sys.executable, "-c", PARENT, binary(), "test-broker", *words]
    parent = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}
    )
    pid, port = map(int, read_line(parent.stdout).split())
    return parent, pid, port


@in_folder
def ends_with_its_parent(folder):
    parent, pid, _ = _parent_of_test_broker(folder)
    expect(runs(pid), "the broker runs")
    parent.kill()
    parent.wait()
    await_true(lambda: not runs(pid), "the broker ends")
    await_true(lambda: not list(folder.iterdir()), "its data is gone")


@in_folder
def stays_if_told_so(folder):
    parent, pid, port = _parent_of_test_broker(folder, "--stay")
    try:
        parent.kill()
        parent.wait()
        with Client(port) as client:
            for _ in range(100):
                client.request("Metadata", 5, {"Topics": []})
        expect(runs(pid), "the broker runs")
    finally:
        os.kill(pid, signal.SIGTERM)
    await_true(lambda: not runs(pid), "the broker ends")


@in_folder
def outlives_the_thread_that_started_it(folder):
    started = []
    thread = threading.Thread(target=lambda: started.append(TestBroker(folder)))
    thread.start()
    thread.join()
    with started[0] as broker, Client(broker.port) as client:
        for _ in range(100):
            client.request("Metadata", 5, {"Topics": []})
        expect_equal(broker.end(), 0, "exit status")


def _health(*words, **options):
    command = [binary(), "health", *map(str, words)]
    return subprocess.run(command, timeout=SECONDS_MAX, capture_output=True, text=True, **options)


@suite.case
def health_tells_by_its_status():
    port = free_port()
    try:
        expect_equal(_health(f"127.0.0.1:{port}").returncode, 1, "nobody there")
        with Milena(port=port):
            for address in (f"127.0.0.1:{port}", f"localhost:{port}", port):
                told = _health(address)
                expect_equal(told.returncode, 0, f"{address}: {told.stdout}")
            environment = {**os.environ, "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port}"}
            expect_equal(_health(env=environment).returncode, 0, "as the environment says")
        expect_equal(_health("here:there").returncode, 2, "no address")
        expect_equal(_health("--wait", "soon").returncode, 2, "no time")
    finally:
        release_port(port)


@suite.case
def health_waits():
    port = free_port()
    try:
        command = [binary(), "health", "--wait", f"{SECONDS_MAX}s", f"127.0.0.1:{port}"]
        waiting = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Milena(port=port):
            expect_equal(waiting.wait(2 * SECONDS_MAX), 0, "exit status")
    finally:
        release_port(port)


suite.add("recipe for pytest", recipes.run_pytest)
suite.add("recipe for junit", recipes.run_junit)
suite.add("recipe for go", recipes.run_go)


def prepare():
    recipes.pytest_program()
    recipes.junit_jars()


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
