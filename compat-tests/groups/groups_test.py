# SPDX-License-Identifier: Apache-2.0
"""Groups of the classic protocol, and of the consumer protocol (KIP-848): real clients share partitions, come, go, crash and come back.

A member is a program: MEMBER ADDRESS TOPIC GROUP STRATEGY SESSION_MS [INSTANCE]. It prints
    assigned 0 2                           the partitions that it owns from now on
    record PARTITION OFFSET                each record; it commits what it has read
    read TIME PARTITION OFFSET             the same, from a member that tells when: the monotonic clock's ns
    committed TIME PARTITION:OFFSET ...    what the broker has acknowledged, if the member tells
    closed                                 it has left, as a line on its standard input has told it
"""

import collections
import importlib
import itertools
import queue
import subprocess
import sys
import tempfile
import threading
import time

import migration
from common import BUILD, Suite, chosen_versions, expect, folder_of, main, run, tail
from milena_test import batch, oracle

PARTITIONS = 4
RECORDS = 25  # to each partition, each time
SECONDS_MAX = 120
# A busy machine may stall a member for some time; only one that is to be killed has a short session.
SESSION_MS, SHORT_SESSION_MS = 60000, 6000
RESTART_SESSION_MS = 20000  # some join anew after a restart and wait until their old session is over
HERE = folder_of(__file__)
SETTINGS = {
    "group.initial.rebalance.delay.ms": "0",
    # Members do not choose these in the consumer protocol.
    "group.consumer.session.timeout.ms": "15000",
    "group.consumer.min.session.timeout.ms": "15000",
    "group.consumer.heartbeat.interval.ms": "300",
    "group.consumer.min.heartbeat.interval.ms": "300",
}


class Member:
    """Reads what the program says; `owned` and `records` are what it has said so far."""

    def __init__(self, program, *arguments):
        words = [*program, *arguments]
        self._complaints = tempfile.TemporaryFile()  # a pipe that nobody reads would stop it
        self.process = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self.owned, self.records, self.assignments = set(), [], 0
        self.events = []  # (time, "read" or "committed", (partition, offset))
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.endswith("\n"):  # who is killed may leave a part of one
                self._lines.put(line.split())
        self._lines.put(None)

    def listen(self):
        """Takes in what was said; false when the program is over."""
        while not self._lines.empty():
            words = self._lines.get()
            if words is None:
                return False
            if words[0] == "assigned":
                self.owned = set(map(int, words[1:]))
                self.assignments += 1
            elif words[0] == "record":
                self.records.append((int(words[1]), int(words[2])))
            elif words[0] == "read":
                self.records.append((int(words[2]), int(words[3])))
                self.events.append((int(words[1]), "read", self.records[-1]))
            elif words[0] == "committed":
                for place in words[2:]:
                    partition, offset = map(int, place.split(":"))
                    self.events.append((int(words[1]), "committed", (partition, offset)))
        return True

    def complaints(self):
        return tail(self._complaints)

    def stop(self):
        self.process.stdin.write("stop\n")
        self.process.stdin.close()
        status = self.process.wait(SECONDS_MAX)
        expect(status == 0, f"a member ended with {status}:\n{self.complaints()}")
        self.listen()

    def kill(self):
        self.process.kill()
        self.process.wait()


class World:
    """A topic, a group, its members, and what is to be read.

    programs: of one member after the other.
    """

    rereads = False  # whether the client reads again what it had read ahead when a member came or went

    def __init__(self, broker, programs, name, strategy):
        self.broker = broker
        self.speak(strategy, programs)
        self.topic = self.group = name.replace(" ", "-")
        self.members, self.gone, self.produced = [], [], 0
        self.partitions = PARTITIONS
        with broker.client() as client:
            client.create_topic(self.topic, PARTITIONS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for member in self.members + self.gone:
            member.kill()

    def speak(self, strategy, programs):
        """From the next member on."""
        self.strategy, self.programs = strategy, itertools.cycle(programs)

    def start(self, instance="-", session_ms=SESSION_MS):
        arguments = (self.topic, self.group, self.strategy, session_ms, instance)
        self.members.append(Member(next(self.programs), self.broker.address, *arguments))
        return self.members[-1]

    def drop(self, member, end):
        end(member)
        self.members.remove(member)
        self.gone.append(member)

    def until(self, condition, what):
        deadline = time.monotonic() + SECONDS_MAX
        while not condition():
            for member in self.members:
                if not member.listen():
                    raise AssertionError(f"a member is over: {member.complaints()}")
            owned = [sorted(member.owned) for member in self.members]
            read = [len(member.records) for member in self.members + self.gone]
            expect(time.monotonic() < deadline, f"not in time: {what}; owned {owned}, read {read}")
            time.sleep(0.02)

    def until_shared(self):
        """Each partition has one owner, and each member its part."""

        def shared():
            owned = [partition for member in self.members for partition in member.owned]
            least = PARTITIONS // len(self.members)
            return sorted(owned) == list(range(PARTITIONS)) and all(
                len(member.owned) >= least for member in self.members
            )

        self.until(shared, f"{len(self.members)} members share the partitions")

    def produce(self):
        values = [b"value"] * RECORDS
        with self.broker.client() as client:
            for partition in range(PARTITIONS):
                client.produce(self.topic, partition, batch.build([batch.Record(None, v) for v in values]))
        self.produced += RECORDS

    def until_read(self):
        """Each record is read; those that a committed offset stands behind, once."""
        wanted = {(p, offset) for p in range(PARTITIONS) for offset in range(self.produced)}

        def read():
            return collections.Counter(
                record for member in self.members + self.gone for record in member.records
            )

        self.until(lambda: read().keys() >= wanted, f"{len(wanted)} records are read")
        more = [record for record, times in read().items() if times > 1]
        expect(self.rereads or not more, f"read more than once: {more[:10]}")
        self.until_committed()

    def until_committed(self):
        body = {"Groups": [{"GroupId": self.group, "Topics": None}], "RequireStable": True}
        with self.broker.client() as client:

            def committed():
                group = client.request("OffsetFetch", 8, body)["Groups"][0]
                offsets = [p["CommittedOffset"] for topic in group["Topics"] for p in topic["Partitions"]]
                return offsets == [self.produced] * PARTITIONS

            self.until(committed, "all is committed")


def share(broker, program, name, strategy):
    """One, two, three members, and one again."""
    with World(broker, [program], name, strategy) as world:
        one = world.start()
        world.until_shared()
        world.produce()
        world.until_read()
        two = world.start()
        world.until_shared()
        world.produce()
        world.until_read()
        three = world.start(session_ms=SHORT_SESSION_MS)
        world.until_shared()
        world.produce()
        world.until_read()
        world.drop(one, Member.stop)
        world.until_shared()
        world.drop(three, Member.kill)  # its session must end first
        world.until_shared()
        world.produce()
        world.until_read()
        world.drop(two, Member.stop)


def static(broker, program, name, strategy):
    """A static member that is killed and comes back has its partitions again, and nobody else moves."""
    with World(broker, [program], name, strategy) as world:
        one = world.start("i1")
        world.until_shared()
        two = world.start("i2")
        world.until_shared()
        world.produce()
        world.until_read()
        owned, assignments = two.owned, one.assignments
        world.drop(two, Member.kill)
        back = world.start("i2")
        world.until_shared()
        expect(back.owned == owned, f"it owned {owned}, and now {back.owned}")
        world.produce()
        world.until_read()
        expect(one.assignments == assignments, "the other one was given partitions anew")


def restart(world):
    world.broker.restart()
    with world.broker.client() as client:
        client.await_topic(world.topic, PARTITIONS, timeout=60)
    world.produce()


def restarted(broker, program, name, strategy):
    """Members go on from the committed offsets, under a broker that was started again, too."""
    with World(broker, [program], name, strategy) as world:
        one = world.start(session_ms=RESTART_SESSION_MS)
        world.until_shared()
        world.produce()
        world.until_read()
        restart(world)
        world.until_read()
        world.drop(one, Member.stop)
        restart(world)
        world.start()
        world.until_read()


def scenario_of(strategy):
    return {"cooperative-sticky": "cooperative", "consumer": "kip-848"}.get(strategy, "groups")


def java_module():
    sys.path.insert(0, str(HERE.parent / "java"))
    return importlib.import_module("java_test")


def java_program(version):
    folder = BUILD / f"java-{version}"
    *command, _ = java_module().build(version)
    source, classes = HERE / "GroupMember.java", folder / "classes"
    compiled = classes / "GroupMember.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        run(["javac", "-nowarn", "-cp", f"{folder}/jars/*", "-d", classes, source])
    return [*command, "GroupMember"]


def python_programs(folder, source, usual):
    """Those of the usual versions, and with --wide of all."""
    sys.path.insert(0, str(HERE.parent / folder))
    environments = importlib.import_module(f"{folder.replace('-', '_')}_test").environments()
    for version, python in environments.items():
        if version in usual or "--wide" in sys.argv:
            yield version, [python, HERE / source]


def number(version):
    return [int(part) for part in version.split(".")]


class Client:
    """Adds the cases of a release to the suite."""

    def __init__(self, suite, name, program):
        self.suite, self.name, self.program = suite, name, program

    def add(self, case, kind, strategy, scenario, wide=False):
        label, program = " ".join(filter(None, (self.name, kind, strategy))), self.program
        self.suite.add(label, lambda broker: case(broker, program, label, strategy), self.name, scenario, wide)

    def add_all(self, shared, statics):
        for strategy in shared:
            self.add(share, "", strategy, scenario_of(strategy))
        for strategy in statics:
            self.add(static, "static", strategy, "static")
        for strategy in dict.fromkeys((shared[0], shared[-1])):
            self.add(restarted, "restarted", strategy, "restart", wide=True)


def add_kafka_python(suite):
    for version, program in python_programs("kafka-python", "kafka_python_member.py", ["2.2.15", "3.0.12"]):
        client = Client(suite, f"kafka-python {version}", program)
        newer = number(version) >= [3]
        strategies = ["range", "roundrobin", *(["cooperative-sticky"] if newer else [])]
        client.add_all(strategies, ["range"] if newer else [])


def add_confluent(suite):
    for version, program in python_programs("confluent-kafka", "confluent_member.py", ["2.0.2", "2.16.1"]):
        newer = ["consumer"] if number(version) >= [2, 12] else []  # no preview any more
        strategies = ["range", "roundrobin", "cooperative-sticky", *newer]
        Client(suite, f"confluent-kafka {version}", program).add_all(strategies, ["range"])


def add_java(suite):
    for version in java_module().versions():
        program = java_program(version)
        newer = ["consumer"] if number(version) >= [4] else []
        is_static = version == oracle.BROKER_VERSION or "--wide" in sys.argv
        strategies = ["range", "cooperative-sticky", *newer]
        Client(suite, f"java {version}", program).add_all(strategies, ["range"] if is_static else [])


def add_migrations(suite):
    """Members of both protocols, and of two libraries, in one group."""
    sys.path.insert(0, str(HERE.parent / "confluent-kafka"))
    confluent = importlib.import_module("confluent_kafka_test")
    newest = confluent.VERSIONS[-1]
    if not chosen_versions("confluent-kafka", [newest]):
        return
    librdkafka = [confluent.environment(newest), HERE / "confluent_member.py"]
    classic = [java_program("3.9.1"), librdkafka]
    consumer = [java_program(oracle.BROKER_VERSION), librdkafka]
    for policy in ("disabled", "upgrade", "downgrade", "bidirectional"):
        suite.add(
            f"migration {policy}",
            lambda _, p=policy: migration.migrate(World, classic, consumer, p, SETTINGS),
            f"confluent-kafka {newest}", "kip-848",
        )  # fmt: skip


if __name__ == "__main__":
    suite = Suite("groups")
    for add in (add_kafka_python, add_confluent, add_java, add_migrations):
        add(suite)
    sys.exit(main(suite, SETTINGS))
