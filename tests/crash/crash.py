# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, restart, compare the log with what was acknowledged.

run [--rounds=N] [--gigabytes=1.0] [--seed=N] [--kafka] [WORD...]
"""

import random
import sys
import tempfile
import time

from milena_test import batch, log_dirs
from milena_test.suite import Suite, chosen_broker, expect, expect_equal, option
import committers
import exactly_once
import moves
from writers import IdempotentWriter, Writer, number_in

PARTITIONS = 3
ROUNDS = option("rounds", 4)
GIGABYTES = option("gigabytes", 1.0)
RECOVERY_CPU_SECONDS_MAX = 6.0  # a gigabyte, on a slow machine; of all threads

suite = Suite("crash")


class Expectation:
    """What one partition must hold: every acknowledged number at its offset."""

    def __init__(self, topic, partition):
        self.topic, self.partition = topic, partition
        self.acknowledged = {}
        self._checked_crc_to = 0

    def check(self, client, what):
        """Reads the whole log; the CRC of what an earlier check read is not computed again."""
        found, offset = [], 0
        while True:
            answer = client.fetch(self.topic, self.partition, offset, 0, 0, 4 << 20)
            expect_equal(answer["ErrorCode"], 0, f"{what}: fetch at {offset}")
            new = batch.parse(answer["Records"] or b"", check_crc=offset >= self._checked_crc_to)
            found += [record for one in new for record in one.records]
            if not new:
                break
            offset = new[-1].base_offset + new[-1].last_offset_delta + 1
        self._checked_crc_to = offset
        expect_equal([r.offset for r in found], list(range(offset)), f"{what}: offsets")
        numbers = [number_in(record) for record in found]
        expect(
            numbers == sorted(set(numbers)), f"{what}: reordered or duplicated: {disorder(numbers)}"
        )
        for number, at in self.acknowledged.items():
            expect(
                at < len(numbers), f"{what}: lost {number}, acknowledged at {at} of {len(numbers)}"
            )
            expect_equal(numbers[at], number, f"{what}: number at offset {at}")
        return numbers


def disorder(numbers):
    """The first place where numbers do not rise."""
    pairs = enumerate(zip(numbers, numbers[1:]))
    return next((f"{a} then {b} at {i}" for i, (a, b) in pairs if b <= a), "")


def count(acknowledged):
    return acknowledged if isinstance(acknowledged, int) else len(acknowledged)


def crash_rounds(writers_of, check, **broker_options):
    """ROUNDS times: write, kill -9 at a random moment, restart, check. Ends with a clean stop."""
    with chosen_broker()(**broker_options) as broker:
        with broker.client() as client:
            for topic in ("plain", "idempotent"):
                client.create_topic(topic, PARTITIONS)
        writers = None
        for number in range(ROUNDS):
            writers = writers_of(broker.port, writers)
            for writer in writers:
                writer.start()
            time.sleep(random.uniform(0.2, 1.0))
            broker.kill()
            for writer in writers:
                writer.join()
                expect(writer.problem is None, f"round {number}: {writer.problem!r}")
            started = time.monotonic()
            broker.start()
            check(broker, writers, f"round {number}")
            written = sum(count(getattr(writer, "acknowledged", 0)) for writer in writers)
            seconds = time.monotonic() - started
            print(f"       round {number}: {written} acknowledged, back in {seconds:.2f} s")
        expect(broker.stop() == 0 or chosen_broker().name == "kafka", "clean stop")


def plain_case(acks):
    expectations = [Expectation("plain", partition) for partition in range(PARTITIONS)]

    def writers_of(port, previous):
        firsts = [w.next_number for w in previous] if previous else [0] * PARTITIONS
        return [Writer(port, "plain", p, acks, firsts[p]) for p in range(PARTITIONS)]

    def check(broker, writers, what):
        with broker.client() as client:
            for expectation, writer in zip(expectations, writers):
                expectation.acknowledged.update(writer.acknowledged)
                expectation.check(client, f"{what}, partition {expectation.partition}")

    crash_rounds(writers_of, check)


def idempotent_case(acks):
    expectations = [Expectation("idempotent", partition) for partition in range(PARTITIONS)]

    def writers_of(port, previous):
        return [
            IdempotentWriter(port, "idempotent", p, acks, previous[p] if previous else None)
            for p in range(PARTITIONS)
        ]

    def check(broker, writers, what):
        """The unanswered are sent again; then every number must be there exactly once."""
        for index, writer in enumerate(writers):
            again = IdempotentWriter(broker.port, "idempotent", index, acks, writer)
            again.stop()
            again.run()
            expect(again.problem is None, f"{what}: resending: {again.problem!r}")
            expect(not again.unanswered, f"{what}: resending was not answered")
            again.acknowledged = {**writer.acknowledged, **again.acknowledged}
            writers[index] = again
            with broker.client() as client:
                expectation = expectations[index]
                expectation.acknowledged.update(again.acknowledged)
                numbers = expectation.check(client, f"{what}, partition {index}")
                expect_equal(numbers, list(range(again.next_number)), f"{what}: numbers")

    crash_rounds(writers_of, check)


@suite.case
def acks_1_loses_nothing():
    plain_case(1)


@suite.case
def acks_all_loses_nothing():
    plain_case(-1)


@suite.case
def idempotent_acks_1_duplicates_nothing():
    idempotent_case(1)


@suite.case
def idempotent_acks_all_duplicates_nothing():
    idempotent_case(-1)


def committed_offsets_case(kind):
    """What was acknowledged is committed, for all partitions alike; at most one commit more."""
    topic, groups = "plain", [f"group-{number}" for number in range(8)]

    def committers_of(port, previous):
        return [
            kind(port, topic, group, previous[index] if previous else None)
            for index, group in enumerate(groups)
        ]

    def check(broker, running, what):
        with broker.client() as client:
            for one in running:
                if isinstance(one, committers.TransactionalCommitter):
                    one.prepare(client)  # ends what its former life has begun
                found = committers.committed(client, topic, one.group)
                expect(len(set(found)) == 1, f"{what}: {one.group} is torn: {found}")
                low, high = one.acknowledged, one.sent
                expect(low <= max(found[0], 0) <= high, f"{what}: {found} of {low} to {high}")

    crash_rounds(committers_of, check)


@suite.case
def moves_between_directories_lose_nothing():
    """Each partition is in one directory afterwards, whole, wherever its moves were cut off."""
    expectations = [Expectation("plain", partition) for partition in range(PARTITIONS)]
    with tempfile.TemporaryDirectory(prefix="milena-moves-") as folder:
        directories = log_dirs.data_directories(folder)

        def writers_of(port, previous):
            firsts = [w.next_number for w in previous[:-1]] if previous else [0] * PARTITIONS
            writers = [Writer(port, "plain", p, -1, firsts[p]) for p in range(PARTITIONS)]
            return [*writers, moves.Mover(port, "plain", PARTITIONS, directories)]

        def check(broker, running, what):
            *writers, mover = running
            expect(mover.moves > 0, f"{what}: nothing was moved")
            with broker.client() as client:
                for expectation, writer in zip(expectations, writers):
                    expectation.acknowledged.update(writer.acknowledged)
                    expectation.check(client, f"{what}, partition {expectation.partition}")
                places = log_dirs.await_settled(client, ["plain"])
                for (topic, index), path in places.items():
                    found = [d for d in directories if (d / f"{topic}-{index}").exists()]
                    expect_equal(list(map(str, found)), [path], f"{what}: {topic}-{index}")
                for expectation in expectations:
                    expectation.check(client, f"{what}, settled")

        crash_rounds(
            writers_of, check, data=directories[0], settings=log_dirs.settings(directories)
        )


@suite.case
def committed_offsets_are_not_lost():
    committed_offsets_case(committers.Committer)


@suite.case
def offsets_of_transactions_are_committed_whole():
    committed_offsets_case(committers.TransactionalCommitter)


@suite.case
def groups_transfer_exactly_once():
    exactly_once.run(3 * ROUNDS, option("seed", random.randrange(1 << 30)))


@suite.case
def killed_while_creating_topics():
    """Every topic whose creation was answered is there, with its id, after each crash."""
    created = {}
    with chosen_broker()() as broker:
        for number in range(ROUNDS):
            with broker.client() as client:
                for index in range(20):
                    name = f"topic-{number}-{index}"
                    created[name] = client.create_topic(name, 2)
            broker.kill()
            broker.start()
            with broker.client() as client:
                known = client.request("Metadata", 12, {"Topics": None})["Topics"]
                found = {topic["Name"]: topic["TopicId"] for topic in known}
                expect_equal({name: found.get(name) for name in created}, created, "topic ids")


@suite.case
def recovers_un_flushed_log_quickly():
    """GIGABYTES written in 1 MB batches to 4 partitions, then kill -9: ready within the bound."""
    data = batch.build([bytes(1000)] * 1000)
    with chosen_broker()() as broker:
        with broker.client() as client:
            client.create_topic("large", 4)
            ends = [0] * 4
            for number in range(int(GIGABYTES * 1e9 / len(data))):
                answer = client.produce("large", number % 4, data, acks=1)
                expect_equal(answer["ErrorCode"], 0, "produce")
                ends[number % 4] = answer["BaseOffset"] + 1000
        broker.kill()
        started = time.monotonic()
        broker.start()
        with broker.client() as client:
            found = [client.list_offset("large", partition) for partition in range(4)]
        seconds = time.monotonic() - started
        processor = broker.cpu_seconds()
        print(f"       {GIGABYTES} GB recovered in {seconds:.2f} s, {processor:.2f} s of processors")
        expect_equal(found, ends, "log ends")
        if chosen_broker().name == "milena":
            most = RECOVERY_CPU_SECONDS_MAX * max(GIGABYTES, 0.2)
            expect(processor < most, f"took {processor:.2f} s of processors")


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
