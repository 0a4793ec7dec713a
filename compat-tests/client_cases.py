# SPDX-License-Identifier: Apache-2.0
"""All cases of a client, from one program that knows these words:

    produce, consume    as common.py describes
    admin, idempotent, transact, read-committed, times, large, errors    as word_cases.py describes
    member              as groups/groups_test.py describes
    transfer            as transactions/transactions_test.py describes
"""

import sys
import threading

from common import CODECS, Suite, codec_cases, folder_of, main
from word_cases import SCENARIOS, word_cases

for folder in ("groups", "transactions"):
    sys.path.insert(0, str(folder_of(__file__) / folder))

import transactions_test  # noqa: E402
from groups_test import PARTITIONS, SHORT_SESSION_MS, Member, World  # noqa: E402
from groups_test import restarted, scenario_of, static  # noqa: E402
from groups_test import SETTINGS as GROUP_SETTINGS  # noqa: E402

RECORDS = 2000  # a codec
KILLS = 2  # while it transfers


def two_members(broker, program, name, strategy):
    """A second member joins, and leaves again."""
    with World(broker, [program], name, strategy) as world:
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
    with World(broker, [program], name, strategy) as world:
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


def broker_killed(broker, program, name):
    """The broker is killed while records are transferred: each still arrives once."""

    def disturb(_process):
        broker.kill()
        broker.start()

    transactions_test.transferred(broker, program, name, disturb, KILLS)


class Client:
    """A client's cases. Where it is brief, a codec and a group run each time, and the rest is wide."""

    def __init__(self, suite, row, program, brief):
        self.suite, self.row, self.program, self.brief = suite, row, program, brief
        self.name = suite.name if suite.client else row  # several versions need labels of their own

    def add(self, label, case, scenario, usual=False):
        self.suite.add(label, case, self.row, scenario, self.brief and not usual)

    def codecs(self, codecs):
        usual = codecs[-1:] if self.brief else codecs
        wide = [codec for codec in codecs if codec not in usual]
        label = "" if self.suite.client else self.row
        codec_cases(self.suite, self.program, label, RECORDS, self.row, wide, codecs)

    def words(self, *words):
        word_cases(self.suite, self.program, self.row, words, self.brief, self.name)

    def groups(self, strategies, static_strategies):
        """The first strategy is the one whose members are killed, and restarted with the broker."""
        member = [*self.program, "member"]

        def add(case, label, strategy, scenario, usual=False):
            label = f"{self.name} {label}{strategy}"
            self.add(label, lambda broker: case(broker, member, label, strategy), scenario, usual)

        for strategy in strategies:
            add(two_members, "", strategy, scenario_of(strategy), strategy == strategies[0])
        for strategy in static_strategies:
            add(static, "static ", strategy, "static")
        for strategy in dict.fromkeys((strategies[0], strategies[-1])):
            add(flowing, "flowing ", strategy, scenario_of(strategy))
            add(restarted, "restarted ", strategy, "restart")

    def transfers(self):
        """Exactly once."""
        transfer, wide = [*self.program, "transfer"], self.brief
        name, row = f"{self.name} transfer", self.row
        transactions_test.add_transfers(self.suite, name, transfer, KILLS, row, wide)
        label = f"{name} broker killed"
        self.add(label, lambda broker: broker_killed(broker, transfer, label), "exactly-once")


def client_suite(name, version, program, strategies, static_strategies=(), cannot=None, brief=False):
    """The suite of a client of one version."""
    suite = Suite(name, f"{name} {version}")
    add_client(suite, name, version, program, strategies, static_strategies, cannot, brief)
    return suite


def add_client(
    suite, name, version, program, strategies, static_strategies=(), cannot=None, brief=False, codecs=CODECS,
):  # fmt: skip
    """cannot: a scenario -> why the library has no such thing."""
    client, cannot = Client(suite, f"{name} {version}", program, brief), cannot or {}
    for scenario, reason in cannot.items():
        suite.cannot(scenario, reason, client.row)
    client.codecs(codecs)
    client.words(*(word for word, scenario in SCENARIOS.items() if scenario not in cannot))
    if strategies:
        client.groups(strategies, static_strategies)
    if "exactly-once" not in cannot:
        client.transfers()


def run_suite(suite):
    return main(suite, {**GROUP_SETTINGS, **transactions_test.SETTINGS})
