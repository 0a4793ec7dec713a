# SPDX-License-Identifier: Apache-2.0
"""Damaged files: Milena answers as Apache Kafka does on a copy of the same directory, or better.

Every damage of damage.py is done to a topic of its own, once to a directory that was left cleanly, once to one that a
crash left. Each offset at which a batch began is asked for: an error, or the batch that is there or comes next.
"""

import contextlib
import pathlib
import re
import shutil
import sys
import tempfile
import time

import damage
from common import Suite, expect
from milena_test import batch, errors, oracle
from milena_test.broker import Milena
from milena_test.suite import expect_equal

suite = Suite("damage")
WAIT_SECONDS_MAX = 120
LAST = damage.BATCHES * damage.RECORDS
CORRUPT = errors.CODES["CORRUPT_MESSAGE"]
ALL_BATCHES = [(0, base) for base in range(0, LAST, damage.RECORDS)]
# What ends Apache Kafka, or the data directory with all its topics; Milena reads every record.
KAFKA_GIVES_UP = {
    "clean": [damage.epochs_damaged, damage.active_zeros_behind],
    "crashed": [damage.epochs_damaged],
}
# Kafka hands out a batch of a format that nobody knows; it loses the active segment with its index.
MILENA_IS_RIGHT = {
    "clean": [damage.magic, damage.indexes_damaged],
    "crashed": [damage.magic],
}


@contextlib.contextmanager
def damaged(damages):
    """A data directory, stopped, in which each topic is damaged."""
    with tempfile.TemporaryDirectory(prefix="milena-damage-") as name:
        data = pathlib.Path(name) / "ours"
        with Milena(data=data) as broker, broker.client() as client:
            for one in damages:
                damage.fill(client, damage.topic_of(one))
        for one in damages:
            one(damage.Partition(data / f"{damage.topic_of(one)}-0"))
        yield data


def crash(data):
    (data / ".kafka_cleanshutdown").unlink()
    (data / "recovery-point-offset-checkpoint").unlink()


def answers(client, topic):
    """The end of the log, and for each batch that was written what a fetch finds there."""
    end, found = client.list_offset(topic, 0), []
    for offset in range(0, end, damage.RECORDS):
        answer = client.fetch(topic, 0, offset, max_wait_ms=0, min_bytes=0, max_bytes=1)
        batches = batch.parse(answer["Records"] or b"", check_crc=False)
        found.append((answer["ErrorCode"], batches[0].base_offset if batches else None))
    return end, found


def observe(kind, data, damages):
    with kind(data=data) as broker, broker.client() as client:
        seen = {}
        for one in damages:
            client.await_topic(damage.topic_of(one))
            seen[one] = answers(client, damage.topic_of(one))
        return seen


def compare(what, data):
    """Returns what Milena answered."""
    asked = [one for one in damage.ALL if one not in KAFKA_GIVES_UP[what]]
    theirs = data.with_name("theirs")
    shutil.copytree(data, theirs)
    for one in KAFKA_GIVES_UP[what]:
        shutil.rmtree(theirs / f"{damage.topic_of(one)}-0")
    found = observe(Milena, data, damage.ALL)
    expected = observe(oracle.ApacheKafka, theirs, asked)
    for one in asked:
        if one not in MILENA_IS_RIGHT[what]:
            expect_equal(found[one], expected[one], f"{what}: {damage.topic_of(one)}")
    return found


@suite.case
def after_a_clean_stop():
    with damaged(damage.ALL) as data:
        found = compare("clean", data)
    for one in (*KAFKA_GIVES_UP["clean"], damage.indexes_damaged, *damage.INDEX_DAMAGES):
        expect_equal(found[one], (LAST, ALL_BATCHES), damage.topic_of(one))
    end, magic = found[damage.magic]
    expect_equal(end, LAST, "magic")
    expect(all(answer[0] in (0, CORRUPT) for answer in magic), f"{magic}")


@suite.case
def after_a_crash():
    """What Milena mends, Apache Kafka reads."""
    with damaged(damage.ALL) as data:
        crash(data)
        found = compare("crashed", data)
        for one in (*KAFKA_GIVES_UP["crashed"], *damage.INDEX_DAMAGES):
            expect_equal(found[one], (LAST, ALL_BATCHES), damage.topic_of(one))
        expect_equal(observe(oracle.ApacheKafka, data, damage.ALL), found, "what is left")


@suite.case
def damaged_checkpoints():
    """Nothing is lost: each of them only saves work."""
    with damaged([damage.nothing]) as data:
        for path in data.glob("*-checkpoint"):
            path.write_bytes(b"0\n17\nnonsense\n")
        found = observe(Milena, data, [damage.nothing])
    expect_equal(found[damage.nothing], (LAST, ALL_BATCHES), "damaged checkpoints")


def names_of(data):
    """The directories of partitions; what is made up at random is a star."""
    return sorted(re.sub(r"[0-9a-f]{32}", "*", path.name) for path in data.iterdir() if path.is_dir())


def add_strangers(data):
    """Beside the topic "nothing": directories that no topic has, and those that were being deleted."""
    ours, hexadecimal = data / "nothing-0", "0123456789abcdef" * 2
    for name in ("nobody-0", "nothing-7", f"nothing-0.{hexadecimal}-delete", f"gone-3.{hexadecimal}-stray"):
        shutil.copytree(ours, data / name)
    for name in ("nobody-0", "other-0"):
        identity = data / name / "partition.metadata"
        identity.write_text("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAKg")


@suite.case
def directories_that_do_not_belong():
    """They are set aside, or removed, under the same names as by Apache Kafka; the others are as they were."""
    soon = {"log.segment.delete.delay.ms": 1, "log.initial.task.delay.ms": 1, "log.retention.ms": -1}
    with damaged([damage.nothing, damage.other]) as data:
        add_strangers(data)
        theirs = data.with_name("theirs")
        shutil.copytree(data, theirs)
        found = {}
        for kind, folder in (Milena, data), (oracle.ApacheKafka, theirs):
            with kind(data=folder, settings=soon) as broker, broker.client() as client:
                deadline = time.monotonic() + WAIT_SECONDS_MAX
                while any(name.endswith("-delete") for name in names_of(folder)):
                    expect(time.monotonic() < deadline, f"{kind.name}: {names_of(folder)}")
                    time.sleep(0.05)
                found[kind] = names_of(folder), answers(client, "nothing"), client.list_offset("other", 0)
    expect_equal(found[Milena], found[oracle.ApacheKafka], "directories, and what their topics have")
    expect("nobody-0.*-stray" in found[Milena][0], f"{found[Milena][0]}")


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
