# SPDX-License-Identifier: Apache-2.0
"""All cases of a client, from one program that knows these words:

    produce, consume             as common.py describes
    admin ADDRESS TOPIC          creates the topic, finds it as it was created, deletes it
    idempotent ADDRESS TOPIC COUNT    sends 0 .. COUNT-1 to partition 0, one after the other, and
                                 prints "acknowledged I" after each
    transact ADDRESS TOPIC ID    sends 0-0 .. 0-9, commits; 1-0 .. 1-9, aborts; 2-0 .. 2-9, commits
    read-committed ADDRESS TOPIC COUNT    prints the first COUNT values that are committed
    member ...                   as groups/groups_test.py describes
    transfer ...                 as transactions/transactions_test.py describes
"""

import subprocess
import sys
import tempfile
import threading

from common import Suite, codec_cases, expect, folder_of, main, run, tail
from milena_test import batch
from milena_test.suite import expect_equal

for folder in ("groups", "transactions"):
    sys.path.insert(0, str(folder_of(__file__) / folder))

import transactions_test  # noqa: E402
from groups_test import PARTITIONS, SHORT_SESSION_MS, Member, World, static  # noqa: E402
from groups_test import SETTINGS as GROUP_SETTINGS  # noqa: E402

RECORDS = 2000  # a codec
IDEMPOTENT_RECORDS = 300
KILLS = 2  # while it transfers
RESTART_SESSION_MS = 20000  # some join anew after a restart and wait until their old session is over


def admin(broker, program, topic):
    run([*program, "admin", broker.address, topic])


def idempotent(broker, program, topic):
    """The broker is killed on the way: nothing is lost, written twice or out of order."""
    with broker.client() as client:
        client.create_topic(topic)
    words = [*program, "idempotent", broker.address, topic, IDEMPOTENT_RECORDS]
    words, complaints = [str(word) for word in words], tempfile.TemporaryFile()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
        for line in process.stdout:
            if line.split() == ["acknowledged", str(IDEMPOTENT_RECORDS // 3)]:
                broker.kill()
                broker.start()
    expect(process.returncode == 0, f"it ended with {process.returncode}:\n{tail(complaints)}")
    with broker.client() as client:
        records = client.fetch(topic, 0, 0)["Records"]
    batches = batch.parse(records)
    values = [int(record.value) for one in batches for record in one.records]
    expect_equal(values, list(range(IDEMPOTENT_RECORDS)), "the values")
    expect(all(one.producer_id >= 0 for one in batches), "batches without a producer id")


def transact(broker, program, topic):
    committed = [f"{number}-{i}" for number in (0, 2) for i in range(10)]
    with broker.client() as client:
        client.create_topic(topic, PARTITIONS)
    run([*program, "transact", broker.address, topic, topic])
    printed = run([*program, "read-committed", broker.address, topic, len(committed)])
    expect_equal(printed.split(), committed, "what the client reads")
    with broker.client() as client:
        expect_equal(len(transactions_test.values_of(client, topic, 0)), 30, "records in all")


def two_members(broker, program, name, strategy):
    """A second member joins, and leaves again."""
    with World(broker, program, name, strategy) as world:
        world.start()
        world.until_shared()
        two = world.start()
        world.until_shared()
        world.produce()
        world.until_read()
        world.drop(two, Member.stop)
        world.until_shared()
        world.produce()
        world.until_read()


class Flow:
    """Records come into the world's topic without a pause."""

    def __init__(self, world):
        self.world, self._over = world, threading.Event()
        self._thread = threading.Thread(target=self._produce)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _produce(self):
        while not self._over.wait(0.05):
            self.world.produce()


def flowing(broker, program, name, strategy):
    """While records flow, one member joins, one is killed, one leaves: each record is read."""
    with World(broker, program, name, strategy) as world:
        one = world.start()
        world.until_shared()
        with Flow(world):
            two = world.start(session_ms=SHORT_SESSION_MS)
            world.until_shared()
            world.until(lambda: two.records, "the second member reads")
            world.drop(two, Member.kill)
            world.until_shared()
            three = world.start()
            world.until_shared()
            world.until(lambda: three.records, "the third member reads")
            world.drop(one, Member.stop)
            world.until_shared()
        wanted = {(p, offset) for p in range(PARTITIONS) for offset in range(world.produced)}

        def all_read():
            for member in world.gone:
                member.listen()  # to what it said last
            members = world.members + world.gone
            return wanted <= {record for member in members for record in member.records}

        world.until(all_read, f"{len(wanted)} records are read")
        world.until_committed()


def restart(world):
    world.broker.restart()
    with world.broker.client() as client:
        client.await_topic(world.topic, PARTITIONS, timeout=60)
    world.produce()


def restarted(broker, program, name, strategy):
    """Members go on from the committed offsets, under a broker that was started again, too."""
    with World(broker, program, name, strategy) as world:
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


def broker_killed(broker, program, name):
    """The broker is killed while records are transferred: each still arrives once."""

    def disturb(_process):
        broker.kill()
        broker.start()

    transactions_test.transferred(broker, program, name, disturb, KILLS)


def client_suite(name, program, strategies, static_strategies=()):
    """The first strategy is the one whose members are killed, and restarted with the broker."""
    suite = Suite(name)
    codec_cases(suite, program, count=RECORDS)
    for case in (admin, idempotent, transact):
        suite.add(case.__name__, lambda broker, c=case: c(broker, program, f"{name}-{c.__name__}"))
    member = [*program, "member"]
    for strategy in strategies:
        label = f"{name} {strategy}"
        suite.add(label, lambda broker, l=label, s=strategy: two_members(broker, member, l, s))
    for strategy in static_strategies:
        label = f"{name} static {strategy}"
        suite.add(label, lambda broker, l=label, s=strategy: static(broker, member, l, s))
    for case in (flowing, restarted):
        for strategy in dict.fromkeys((strategies[0], strategies[-1])):
            label = f"{name} {case.__name__} {strategy}"
            suite.add(label, lambda broker, c=case, l=label, s=strategy: c(broker, member, l, s))
    transfer = [*program, "transfer"]
    transactions_test.add_transfers(suite, f"{name} transfer", transfer, KILLS)
    label = f"{name} transfer broker killed"
    suite.add(label, lambda broker: broker_killed(broker, transfer, label))
    return suite


def run_suite(suite):
    return main(suite, {**GROUP_SETTINGS, **transactions_test.SETTINGS})
