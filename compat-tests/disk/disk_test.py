# SPDX-License-Identifier: Apache-2.0
"""Data directories: Kafka's DumpLogSegments reads every file; brokers take over from each other."""

import contextlib
import pathlib
import random
import sys
import tempfile

import content
import group_members
import group_offsets
import recovered
from common import Suite, expect, run
from milena_test import log_dirs, oracle
from milena_test.suite import chosen_broker, expect_equal

suite = Suite("disk")
COMPLAINTS = [
    "isvalid: false", "Mismatches in", "Found timestamp mismatch", 
    "Found out of order timestamp", "Non-consecutive",
    "sanity check failed", "Exception", "Error", "Could not", "Problem", "corrupt",
]  # fmt: skip
RECOVERED_STARTED = 2  # Kafka starts on so many of the recovered directories
DUMP_FILES_MAX = 60  # a call: the JVM's start is what costs


def dump(files, *options):
    """DumpLogSegments' output over files; a complaint in it is a failure."""
    files = [str(file) for file in files]
    outputs = []
    for first in range(0, len(files), DUMP_FILES_MAX):
        names = ",".join(files[first : first + DUMP_FILES_MAX])
        outputs.append(run(oracle.tool_command("DumpLogSegments", *options, "--files", names)))
    text = "\n".join(outputs)
    for line in text.splitlines():
        expect(not any(word in line for word in COMPLAINTS), line[:500])
    return text


@contextlib.contextmanager
def directory(kind, crashed=False):
    """A data directory that kind filled; what its clients saw."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        data = pathlib.Path(folder) / "data"
        with kind(data=data) as broker:
            content.fill(broker)
            seen = content.read(broker)
            if crashed:
                broker.kill()
        yield data, seen


def dumped(broker_kind):
    with directory(broker_kind) as (data, seen):
        partitions = [
            path for path in data.iterdir() if path.is_dir() and path.name != "__cluster_metadata-0"
        ]
        partitions = [path for path in partitions if not path.name.endswith("-delete")]
        logs = sorted(file for path in partitions for file in path.glob("*.log"))
        expect(len(logs) > 7, f"{len(logs)} segments")
        text = dump(logs, "--deep-iteration", "--print-data-log")
        expected = sum(
            len(records) for _, _, parts in seen.values() for _, records in parts.values()
        )
        found = text.count("| offset: ")
        expect(found >= expected, f"{found} records dumped, {expected} readable")
        indexes = [
            f
            for path in partitions
            for suffix in ("index", "timeindex")
            for f in path.glob(f"*.{suffix}")
        ]
        dump(sorted(indexes), "--index-sanity-check")
        filled = [
            index for index in indexes if index.stat().st_size
        ]  # the tool fails on an empty one
        dump(sorted(filled), "--verify-index-only")
        snapshots = sorted(file for path in partitions for file in path.glob("*.snapshot"))
        expect(len(snapshots) > 2, f"{len(snapshots)} producer snapshots")
        expect("producerId" in dump(snapshots), "no producer in the snapshots")
        metadata = data / "__cluster_metadata-0"
        text = dump(
            sorted(metadata.glob("*.log")), "--cluster-metadata-decoder", "--deep-iteration"
        )
        for record in (
            "TOPIC_RECORD",
            "PARTITION_RECORD",
            "CONFIG_RECORD",
            "FEATURE_LEVEL_RECORD",
            "REGISTER_BROKER_RECORD",
        ):
            expect(f'"type":"{record}"' in text, f"no {record}")
        if broker_kind is not oracle.ApacheKafka:  # of the bootstrap, and of the large change
            begun = text.count('"type":"BEGIN_TRANSACTION_RECORD"')
            expect(begun == 2, f"{begun} transactions")
        checkpoints = sorted(metadata.glob("*.checkpoint")) + sorted(
            data.glob("bootstrap.checkpoint")
        )
        if checkpoints:
            dump(checkpoints, "--cluster-metadata-decoder")


def taken_over(first, second, crashed=False):
    """second serves what first wrote, adds to it, and first serves the whole again."""
    with directory(first, crashed) as (data, seen):
        with second(data=data) as broker:
            expect_seen(content.read(broker), seen, f"{second.name} after {first.name}", crashed)
            content.append_more(broker)
            more = content.read(broker)
        with first(data=data) as broker:
            expect_seen(content.read(broker), more, f"{first.name} again")


def expect_seen(found, expected, what, crashed=False):
    expect_equal(sorted(found), sorted(expected), f"{what}: topics")
    for name, (topic_id, configs, partitions) in expected.items():
        found_id, found_configs, found_partitions = found[name]
        expect_equal(found_id, topic_id, f"{what}: id of {name}")
        expect_equal(found_configs, configs, f"{what}: configs of {name}")
        for index, (start, records) in partitions.items():
            found_start, found_records = found_partitions[index]
            if crashed:  # DeleteRecords reaches the checkpoint only from time to time
                expect(found_start <= start, f"{what}: start of {name}-{index} is {found_start}")
                found_records = [record for record in found_records if record[0] >= start]
            else:
                expect_equal(found_start, start, f"{what}: start of {name}-{index}")
            lengths = f"{len(found_records)}, expected {len(records)}"
            expect(
                found_records == records, f"{what}: records of {name}-{index} differ ({lengths})"
            )


@suite.case
def every_file_is_readable_by_dump_log_segments(_):
    dumped(chosen_broker())


# Nothing in these depends on the moment or on an id that the broker draws.
SAME_TOPICS = ["disk-rolled-0", "disk-rolled-1", "disk-trimmed-0", "disk.with_odd-name-0"]
DATA_SUFFIXES = {".log", ".index", ".timeindex", ".snapshot"}


def _data_files(data):
    files = [file for name in SAME_TOPICS for file in (data / name).iterdir()]
    return {
        f"{file.parent.name}/{file.name}": file.read_bytes()
        for file in files
        if file.suffix in DATA_SUFFIXES or file.name == "leader-epoch-checkpoint"
    }


@suite.case
def files_equal_those_of_apache_kafka(_):
    """The same requests and a clean stop leave the same bytes."""
    files = []
    for kind in (oracle.ApacheKafka, chosen_broker()):
        with directory(kind) as (data, _seen):
            files.append(_data_files(data))
    theirs, ours = files
    expect_equal(sorted(ours), sorted(theirs), "names")
    for name, content_bytes in theirs.items():
        expect(
            ours[name] == content_bytes,
            f"{name}: {len(ours[name])} bytes, {len(content_bytes)} by Kafka",
        )


@suite.case
def apache_kafka_takes_over(_):
    taken_over(chosen_broker(), oracle.ApacheKafka)


@suite.case
def apache_kafka_takes_over_after_a_crash(_):
    taken_over(chosen_broker(), oracle.ApacheKafka, crashed=True)


@suite.case
def takes_over_from_apache_kafka(_):
    taken_over(oracle.ApacheKafka, chosen_broker())


@suite.case
def takes_over_from_apache_kafka_after_a_crash(_):
    taken_over(oracle.ApacheKafka, chosen_broker(), crashed=True)


def moved(client, directories):
    """Sends every partition to another data directory, and waits until it is there."""
    topics = [t["Name"] for t in client.request("Metadata", 8, {"Topics": None})["Topics"]]
    for (topic, index), (path, *_) in log_dirs.describe(client, topics).items():
        target = random.choice([str(one) for one in directories if str(one) != path])
        expect_equal(log_dirs.move(client, topic, index, target), 0, f"move of {topic}-{index}")
    return log_dirs.await_settled(client, topics)


@suite.case
def apache_kafka_takes_over_moved_logs_after_a_crash(_):
    """Of several data directories Apache Kafka finds all partitions where they were moved to."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        directories = log_dirs.data_directories(folder)
        options = {"data": directories[0], "settings": log_dirs.settings(directories)}
        with chosen_broker()(**options) as broker:
            content.fill(broker)
            with broker.client() as client:
                places = moved(client, directories)
            content.append_more(broker)
            seen = content.read(broker)
            broker.kill()
        with oracle.ApacheKafka(**options) as broker:
            expect_seen(content.read(broker), seen, "Apache Kafka", crashed=True)
            with broker.client() as client:
                topics = {topic for topic, _ in places}
                expect_equal(log_dirs.await_settled(client, sorted(topics)), places, "places")
                again = moved(client, directories)
        with chosen_broker()(**options) as broker:
            expect_seen(content.read(broker), seen, "and back", crashed=True)
            with broker.client() as client:
                expect_equal(log_dirs.await_settled(client, sorted(topics)), again, "places again")


@suite.case
def recovered_after_power_failures(_):
    """Of simulated ones: Kafka's tools find nothing wrong, and Kafka serves the same records."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        directories = recovered.make(folder)
        expect(directories, "nothing was recovered")
        files = [file for directory in directories for file in sorted(directory.glob("*/*"))]
        logs = [file for file in files if file.suffix == ".log"]
        dump(logs, "--deep-iteration", "--print-data-log")
        indexes = [file for file in files if file.suffix in (".index", ".timeindex")]
        dump(indexes, "--index-sanity-check")
        dump([index for index in indexes if index.stat().st_size], "--verify-index-only")
        dump([file for file in files if file.suffix in (".snapshot", ".txnindex")])
        for directory in directories[:RECOVERED_STARTED]:
            data = pathlib.Path(folder) / f"started-{directory.parent.name}"
            recovered.adopt(chosen_broker(), directory, data)
            with oracle.ApacheKafka(data=data) as broker:
                theirs = content.read(broker)
            with chosen_broker()(data=data) as broker:
                expect_seen(content.read(broker), theirs, f"seed {directory.parent.name}")
            records = sum(
                len(part[1]) for _, _, parts in theirs.values() for part in parts.values()
            )
            expect(records > 0, "no records")


def offsets_taken_over(first, second, committed):
    """second knows the offsets that first wrote, ends its open transaction, and first goes on."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        data = pathlib.Path(folder) / "data"
        with first(data=data) as broker:
            producer = group_offsets.fill(broker)
            seen = group_offsets.read(broker)
        expect(len(seen["open", True]) == 2 and seen["open", True] != seen["open", False], "open")
        text = dump(sorted(data.glob("__consumer_offsets-*/*.log")), "--offsets-decoder")
        expect(all(f'"group":"{group}"' in text for group in group_offsets.GROUPS), "dumped groups")
        with second(data=data) as broker:
            expect_equal(group_offsets.read(broker), seen, f"{second.name} after {first.name}")
            with broker.client() as client:
                group_offsets.end(client, producer, committed)
            ended = group_offsets.read(broker)
            expect_equal(ended["open", True], ended["open", False], "ended transaction")
            changed = seen["committed", True] if committed else seen["aborted", True]
            expect_equal(ended["open", True], changed, "offsets of the ended transaction")
        with first(data=data) as broker:
            expect_equal(group_offsets.read(broker), ended, f"{first.name} again")


@suite.case
def apache_kafka_takes_over_offsets(_):
    offsets_taken_over(chosen_broker(), oracle.ApacheKafka, committed=True)


@suite.case
def takes_over_offsets_from_apache_kafka(_):
    offsets_taken_over(oracle.ApacheKafka, chosen_broker(), committed=False)


def members_taken_over(first, second, crashed=False):
    """Groups and their members go on with second, and with first again."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        options = {"data": pathlib.Path(folder) / "data", "settings": group_members.SETTINGS}
        world = group_members.World()
        with first(**options) as broker, broker.client() as client:
            world.fill(client)
            seen = world.read(client)
            if crashed:
                broker.kill()
        for kind in (second, first):
            with kind(**options) as broker, broker.client() as client:
                found = world.read(client)
                for what, expected in seen.items():
                    expect_equal(found[what], expected, f"{what} of {kind.name}")
                world.go_on(client)
                seen = world.read(client)


@suite.case
def apache_kafka_takes_over_members(_):
    members_taken_over(chosen_broker(), oracle.ApacheKafka)


@suite.case
def apache_kafka_takes_over_members_after_a_crash(_):
    members_taken_over(chosen_broker(), oracle.ApacheKafka, crashed=True)


@suite.case
def takes_over_members_from_apache_kafka(_):
    members_taken_over(oracle.ApacheKafka, chosen_broker())


if __name__ == "__main__":
    sys.exit(1 if suite.run(None) else 0)
