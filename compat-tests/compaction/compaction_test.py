# SPDX-License-Identifier: Apache-2.0
"""Compaction equals Apache Kafka's: the same logs, compacted by both brokers under the same settings, keep the
same records, batches, segments and aborted transactions."""

import contextlib
import pathlib
import shutil
import sys
import tempfile
import time

import coordinators
import history
from common import Suite, expect
from milena_test import batch, oracle
from milena_test.broker import Milena
from milena_test.suite import chosen_broker, expect_equal, option

suite = Suite("compaction")
SEEDS = option("seeds", 2)
FIRST_SEED = option("seed", 1)
SECONDS_MAX = 300
CHECKPOINT = "cleaner-offset-checkpoint"
WRITING = {"log.cleaner.enable": "false", "transaction.partition.verification.enable": "false"}
CLEANING = {"log.cleaner.backoff.ms": "200", "log.initial.task.delay.ms": "500"}
DELETE_HORIZON = 0x40


def partition(topic):
    return f"{topic}-0"


def compacted_up_to(data):
    """{topic: offset} of the cleaner's checkpoint."""
    with contextlib.suppress(FileNotFoundError):
        lines = (data / CHECKPOINT).read_text().splitlines()[2:]
        return {line.split()[0]: int(line.split()[2]) for line in lines}
    return {}


def active_base(data, topic):
    return max(int(file.stem) for file in (data / partition(topic)).glob("*.log"))


def compact(kind, data):
    """Runs a broker of this kind on the directory until all that can be compacted is."""
    topics = [topic for topic in history.TOPICS if topic != "kept-long"]
    with kind(data=data, settings=CLEANING) as broker:
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            done = compacted_up_to(data)
            missing = [topic for topic in topics if done.get(topic, -1) < active_base(data, topic)]
            if not missing:
                return
            expect(time.monotonic() < deadline, f"{missing}: {done}\n{broker.log_tail()}")
            time.sleep(0.1)


def described(found):
    """A batch, without what depends on the moment: when it was compacted, which leader wrote it."""
    has_horizon = bool(found.attributes & DELETE_HORIZON)
    of_broker = bool(found.attributes & (batch.CONTROL | batch.LOG_APPEND_TIME))
    return {
        "offsets": (found.base_offset, found.base_offset + found.last_offset_delta),
        "attributes": found.attributes,
        "producer": (found.producer_id, found.producer_epoch, found.base_sequence),
        "base timestamp": None if has_horizon or of_broker else found.base_timestamp,
        "max timestamp": None if of_broker else found.max_timestamp,
        "timestamps": [] if of_broker else [record.timestamp for record in found.records],
        "records": [(r.offset, r.key, r.value, r.headers) for r in found.records],
    }


def content(data, topic):
    """{file name: batches}, and the index of aborted transactions, of one partition."""
    folder = data / partition(topic)
    logs = {f.name: [described(b) for b in batch.parse(f.read_bytes())] for f in folder.glob("*.log")}
    aborted = {f.name: f.read_bytes() for f in folder.glob("*.txnindex") if f.stat().st_size}
    return logs, aborted


def compare(ours, theirs, topic, what, same_sizes):
    """What becomes one segment follows from the sizes that there were: after the first time these depend on how
    well each broker compresses."""
    our_logs, our_aborted = content(ours, topic)
    their_logs, their_aborted = content(theirs, topic)
    our_batches = [one for name in sorted(our_logs) for one in our_logs[name]]
    their_batches = [one for name in sorted(their_logs) for one in their_logs[name]]
    for mine, other in zip(our_batches, their_batches):
        expect_equal(mine, other, f"{what}: {topic}")
    expect_equal(len(our_batches), len(their_batches), f"{what}: batches of {topic}")
    if same_sizes:
        expect_equal(sorted(our_logs), sorted(their_logs), f"{what}: segments of {topic}")
        expect_equal(our_aborted, their_aborted, f"{what}: aborted transactions of {topic}")
    our_index, their_index = (
        b"".join(index[name] for name in sorted(index)) for index in (our_aborted, their_aborted)
    )
    expect_equal(our_index, their_index, f"{what}: aborted transactions of {topic}")


def size(data, topic):
    return sum(file.stat().st_size for file in (data / partition(topic)).glob("*.log"))


def write(data, story, first=False):
    with Milena(data=data, settings=WRITING) as broker, broker.client() as client:
        if first:
            story.create(client)
        story.write(client)


def both_compact(folder, seed):
    ours, theirs = folder / "ours", folder / "theirs"
    write(ours, history.History(seed), first=True)
    before = {topic: size(ours, topic) for topic in history.TOPICS}
    for round_number in (1, 2):
        what = f"seed {seed}, round {round_number}"
        if round_number == 1:
            shutil.copytree(ours, theirs)
        else:  # the records of both are the same, and what is written next follows their state
            for data in (ours, theirs):
                story = history.History(seed + 1_000_000)
                for producers in story.producers.values():
                    for producer in producers:
                        producer.epoch = 1
                write(data, story)
        compact(oracle.ApacheKafka, theirs)
        compact(chosen_broker(), ours)
        for topic in history.TOPICS:
            compare(ours, theirs, topic, what, same_sizes=round_number == 1)
        for topic in history.TOPICS:
            if topic != "kept-long" and round_number == 1:
                expect(size(ours, topic) < before[topic] / 2, f"{what}: {topic} is not smaller")


for number in range(SEEDS):
    suite.add(
        f"seed {FIRST_SEED + number}",
        lambda seed=FIRST_SEED + number: _run(seed),
    )


def _run(seed):
    with tempfile.TemporaryDirectory(prefix="milena-compaction-") as folder:
        both_compact(pathlib.Path(folder), seed)


INTERNAL = {
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
}


@suite.case
def coordinators_find_what_they_wrote_in_compacted_logs():
    with tempfile.TemporaryDirectory(prefix="milena-compaction-") as folder:
        data = pathlib.Path(folder) / "data"
        kind = chosen_broker()
        with kind(data=data, settings={**CLEANING, **INTERNAL}) as broker:
            with broker.client() as client:
                producers = coordinators.fill(client)
            deadline = time.monotonic() + SECONDS_MAX
            for topic in coordinators.INTERNAL_TOPICS:
                while compacted_up_to(data).get(topic, 0) < active_base(data, topic):
                    expect(time.monotonic() < deadline, f"{topic} is not compacted")
                    time.sleep(0.1)
                expect(size(data, topic) < 20_000, f"{topic}: {size(data, topic)} bytes are left")
            broker.kill()
        for _ in range(2):
            with kind(data=data, settings={**CLEANING, **INTERNAL}) as broker:
                with broker.client() as client:
                    coordinators.check(client, producers)


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
