# SPDX-License-Identifier: Apache-2.0
"""Exactly once, with real clients: what they transfer in transactions arrives whole and once.

A program TRANSFER ADDRESS ID SOURCE TARGET reads SOURCE as a member of the group ID, and writes each
record's value to the same partition of TARGET, in transactions of the transactional id ID that also
commit its offsets. Each fifth transaction is aborted and done again. It prints "committed N" and goes
on until it is killed.
"""

import importlib
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from common import BUILD, Suite, expect, folder_of, main, run, tail
from milena_test import batch, oracle
from milena_test.client import produce_body
from milena_test.coordinator import TransactionalProducer
from milena_test.read_committed import records_of
from milena_test.suite import chosen_broker, expect_equal

HERE = folder_of(__file__)
PARTITIONS = 2
RECORDS = 600  # to each partition; more, as long as the disturbances are not over
BACKLOG_MAX = 400
PORTION = 50
DISTURBANCES = 4
SECONDS_MAX = 300
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0", "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
}  # fmt: skip

sys.path.insert(0, str(HERE.parent / "java"))
sys.path.insert(0, str(HERE.parent / "confluent-kafka"))
java_test = importlib.import_module("java_test")
confluent_kafka_test = importlib.import_module("confluent_kafka_test")
sys.path.insert(0, str(HERE.parent / "kafka-python"))
kafka_python_test = importlib.import_module("kafka_python_test")

suite = Suite("transactions")


def java_program(version):
    java_test.build(version)
    jars, classes = BUILD / f"java-{version}" / "jars", BUILD / f"java-{version}" / "transactions"
    run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, HERE / "Transfer.java"])
    return ["java", *java_test.OPTIONS, "-cp", f"{jars}/*:{classes}", "Transfer"]


def programs():
    yield from ((f"java {version}", java_program(version)) for version in java_test.versions())
    newest = confluent_kafka_test.VERSIONS[-1]
    for version, python in confluent_kafka_test.environments().items():
        if version in (confluent_kafka_test.VERSIONS[0], newest) or "--wide" in sys.argv:
            yield f"confluent-kafka {version}", [python, HERE / "confluent_transfer.py"]
    for version, python in kafka_python_test.environments().items():
        if "--wide" in sys.argv:
            yield f"kafka-python {version}", [python, HERE / "kafka_python_transfer.py"]


def values_of(client, topic, isolation):
    partitions = (records_of(client, topic, partition, isolation) for partition in range(PARTITIONS))
    return [record.value for records in partitions for record in records]


class Source:
    """What is to be transferred. It never runs dry while there is something to disturb."""

    def __init__(self, broker, name):
        self.broker, self.topic, self.target = broker, f"{name}-source", f"{name}-target"
        self.values = [[] for _ in range(PARTITIONS)]
        with broker.client() as client:
            for topic in (self.topic, self.target):
                client.create_topic(topic, PARTITIONS)

    def fed(self):
        return sum(map(len, self.values))

    def feed(self):
        with self.broker.client() as client:
            client.await_topic(self.topic, PARTITIONS)
            for partition, known in enumerate(self.values):
                more = [f"{partition}-{len(known) + i}".encode() for i in range(PORTION)]
                answer = client.produce(self.topic, partition, batch.build(more))
                expect_equal(answer["ErrorCode"], 0, "feeding")
                known += more

    def arrived(self):
        with self.broker.client() as client:
            client.await_topic(self.target, PARTITIONS)
            return values_of(client, self.target, 1)


def transferred(broker, program, name, disturb=None, disturbances=DISTURBANCES):
    """disturb(process) is called some times, each after the transfer has made progress."""
    name = name.replace(" ", "-")
    source, complaints = Source(broker, name), tempfile.TemporaryFile()

    def start():
        words = [*program, broker.address, name, source.topic, source.target]
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=complaints)

    def more():
        return left or source.fed() < PARTITIONS * RECORDS

    process, deadline = start(), time.monotonic() + SECONDS_MAX
    left, progress = disturbances if disturb else 0, 0
    try:
        while (now := len(source.arrived())) < source.fed() or more():
            if time.monotonic() > deadline:
                raise AssertionError(f"{now} of {source.fed()} arrived in time:\n{tail(complaints)}")
            if more() and source.fed() - now < BACKLOG_MAX:
                source.feed()
            if left and now > progress:
                left, progress = left - 1, now
                time.sleep(random.random() / 20)  # somewhere in a transaction
                disturb(process)
            if process.poll() is not None:
                process = start()
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    expected = sorted(value for known in source.values for value in known)
    expect_equal(sorted(source.arrived()), expected, "what was transferred")


def kill(process):
    process.kill()
    process.wait()


def add_transfers(suite, label, program, disturbances=DISTURBANCES, client=None, wide=False):
    """Cases of a program that transfers: undisturbed, and killed again and again."""

    def undisturbed(broker):
        transferred(broker, program, f"{label} whole")

    def killed(broker):
        transferred(broker, program, f"{label} killed", kill, disturbances)

    suite.add(label, undisturbed, client or label, "exactly-once", wide)
    suite.add(f"{label} killed", killed, client or label, "exactly-once", wide)


@suite.case
def the_broker_is_killed(_):
    program = java_program(oracle.BROKER_VERSION)
    with chosen_broker()(settings=SETTINGS) as broker:

        def disturb(_process):
            broker.kill()
            broker.start()

        transferred(broker, program, "broker killed", disturb)


# By hand ------------------------------------------------------------------------------------------


def went_over(first, second, crashed):
    """An open transaction goes on under the other broker, and back."""
    with tempfile.TemporaryDirectory(prefix="milena-transactions-") as folder:
        data = pathlib.Path(folder) / "data"
        with first(data=data, settings=SETTINGS) as broker:
            with broker.client() as client:
                client.create_topic("t", PARTITIONS)
            hand, other = TransactionalProducer(broker, "hand"), TransactionalProducer(broker, "other")
            hand.write("t", [b"committed 0"])
            hand.end(True)
            hand.write("t", [b"aborted 0"])
            hand.end(False)
            hand.write("t", [b"committed 1"])
            other.write("t", [b"aborted 1"], 1)
            if crashed:
                broker.kill()
        with second(data=data, settings=SETTINGS) as broker:
            hand.broker = other.broker = broker
            expect_equal(hand.state(), "Ongoing", "under the second")
            hand.write("t", [b"committed 2"], 1)
            hand.end(True)
            hand.await_complete()
            hand.write("t", [b"committed 3"])
        with first(data=data, settings=SETTINGS) as broker:
            hand.broker = other.broker = broker
            hand.end(True)
            other.end(False)
            hand.await_complete()
            other.await_complete()
            with broker.client() as client:
                found = sorted(values_of(client, "t", 1))
        expect_equal(found, [f"committed {i}".encode() for i in range(4)], "at the end")


for was_crashed in (False, True):
    how = " after a crash" if was_crashed else ""

    def to_kafka(_, crashed=was_crashed):
        went_over(chosen_broker(), oracle.ApacheKafka, crashed)

    def from_kafka(_, crashed=was_crashed):
        went_over(oracle.ApacheKafka, chosen_broker(), crashed)

    suite.add(f"apache kafka goes on{how}", to_kafka)
    suite.add(f"goes on after apache kafka{how}", from_kafka)


# Tools --------------------------------------------------------------------------------------------


def transactions_tool(broker, *words):
    return run(oracle.tool_command("TransactionsCommand", "--bootstrap-server", broker.address, *words))


@suite.case
def kafka_transactions(broker):
    with broker.client() as client:
        client.create_topic("tools", PARTITIONS)
    hand = TransactionalProducer(broker, "tool")
    hand.write("tools", [b"one"])
    listed = transactions_tool(broker, "list")
    expect(any(line.split()[:1] == ["tool"] and "Ongoing" in line for line in listed.splitlines()), listed)
    described = transactions_tool(broker, "describe", "--transactional-id", "tool")
    expect("tools-0" in described and "Ongoing" in described, described)
    producers = transactions_tool(broker, "describe-producers", "--topic", "tools", "--partition", "0")
    expect(str(hand.producer_id) in producers, producers)
    hanging = transactions_tool(broker, "find-hanging", "--broker-id", "1")
    expect("tools" not in hanging, hanging)
    transactions_tool(broker, "abort", "--topic", "tools", "--partition", "0", "--start-offset", "0")
    with broker.client() as client:
        expect_equal(values_of(client, "tools", 1)[:1], [], "after the abort")


@suite.case
def a_hanging_transaction_is_found_and_aborted(_):
    """Of an old client, behind the coordinator's back: nobody ends it, and readers wait at its first record."""
    settings = {**SETTINGS, "transaction.partition.verification.enable": "false"}
    with chosen_broker()(settings=settings) as broker:
        with broker.client() as client:
            client.create_topic("hanging", PARTITIONS)
        hand, other = TransactionalProducer(broker, "hanging"), TransactionalProducer(broker, "sound")
        other.write("hanging", [b"sound"], partition=1)
        written_behind_its_back(hand, "hanging", b"hanging")
        with broker.client() as client:
            client.produce("hanging", 0, batch.build([b"behind"]))
            expect_equal(values_of(client, "hanging", 1), [], "what readers see of partition 0")
        found = transactions_tool(broker, "find-hanging", "--broker-id", "1")
        rows = [line.split()[:3] for line in found.splitlines()[1:]]
        expect_equal(rows, [["hanging", "0", str(hand.producer_id)]], found)
        place = ["--topic", "hanging", "--partition", "0", "--start-offset", "0"]
        transactions_tool(broker, "abort", *place)
        other.end(True)
        other.await_complete()
        with broker.client() as client:
            expect_equal(values_of(client, "hanging", 1), [b"behind", b"sound"], "after the abort")
        found = transactions_tool(broker, "find-hanging", "--broker-id", "1")
        expect("hanging" not in found, found)


def written_behind_its_back(hand, topic, value):
    """An hour ago, as the tool takes only what is older than any transaction may be."""
    records = batch.build(
        [batch.Record(value=value, timestamp=int((time.time() - 3600) * 1000))],
        attributes=batch.TRANSACTIONAL, producer_id=hand.producer_id, producer_epoch=hand.epoch,
        base_sequence=0,
    )  # fmt: skip
    body = {**produce_body(topic, 0, records), "TransactionalId": hand.id}
    with hand.broker.client() as client:
        answer = client.request("Produce", 9, body)["Responses"][0]["PartitionResponses"][0]
    expect_equal(answer["ErrorCode"], 0, "the write")


@suite.case
def the_log_is_readable_by_dump_log_segments(_):
    with chosen_broker()(settings=SETTINGS) as broker:
        with broker.client() as client:
            client.create_topic("dumped", 1)
        hand = TransactionalProducer(broker, "dumped")
        hand.write("dumped", [b"one"])
        hand.end(True)
        hand.await_complete()
        broker.stop()
        logs = [str(path) for path in pathlib.Path(broker.data).glob("__transaction_state-*/*.log")
                if path.stat().st_size]  # fmt: skip
        text = run(oracle.tool_command(
            "DumpLogSegments", "--transaction-log-decoder", "--files", ",".join(logs)))  # fmt: skip
    for status in (0, 1, 2, 4):
        expect(f'"transactionStatus":{status}' in text, text)
    expect('"topic":"dumped","partitionIds":[0]' in text, text)


if __name__ == "__main__":
    for program_label, program_words in programs():
        add_transfers(suite, program_label, program_words)
    sys.exit(main(suite, SETTINGS))
