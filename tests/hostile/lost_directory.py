# SPDX-License-Identifier: Apache-2.0
"""A data directory that goes away: its partitions are offline, the others are served; without the first one, which holds
the metadata, the broker ends. Put back, they hold all that was acknowledged."""

import contextlib
import tempfile

from milena_test import batch, errors, log_dirs
from milena_test.suite import await_true, chosen_broker, expect, expect_equal

NOTICED_SECONDS_MAX = 60
TOPIC = "spread"
SETTINGS = {"log.flush.offset.checkpoint.interval.ms": "500", "replica.high.watermark.checkpoint.interval.ms": "500"}


def _places(client):
    """{path: partition}: one in each."""
    placed = log_dirs.describe(client, [TOPIC])
    return {path: partition for (_, partition), paths in placed.items() for path in paths}


def _produce(client, partition):
    return errors.NAMES[client.produce(TOPIC, partition, batch.build([b"value"]))["ErrorCode"]]


def _leaders(client):
    asked = [{"TopicId": None, "Name": TOPIC}]
    (topic,) = client.request("Metadata", 9, {"Topics": asked})["Topics"]
    return {row["PartitionIndex"]: row["LeaderId"] for row in topic["Partitions"]}


def lost_directory(_):
    with tempfile.TemporaryDirectory(prefix="milena-lost-") as folder:
        directories = log_dirs.data_directories(folder)[:2]
        options = {"data": directories[0], "settings": {**SETTINGS, **log_dirs.settings(directories)}}
        with contextlib.closing(chosen_broker()(**options)) as broker:
            with broker.start().client() as client:
                client.create_topic(TOPIC, 2)
                partitions = _places(client)
                first, second = (partitions[str(path)] for path in directories)
                counts = {first: 0, second: 0}

                def produce(partition):
                    error = _produce(client, partition)
                    counts[partition] += error == "NONE"
                    return error

                expect_equal([produce(0), produce(1)], ["NONE", "NONE"], "produce")
                gone = directories[1].rename(f"{directories[1]}.gone")
                await_true(lambda: produce(second) == "KAFKA_STORAGE_ERROR", "its partition offline")
                await_true(lambda: _leaders(client)[second] == -1, "its partition without leader")
                expect_equal(_leaders(client)[first], 1, "leader of the other one")
                expect_equal(produce(first), "NONE", "produce to the other one")
                described = client.request("DescribeLogDirs", None, {"Topics": None})["Results"]
                found = {one["LogDir"]: errors.NAMES[one["ErrorCode"]] for one in described}
                wanted = {str(directories[0]): "NONE", str(directories[1]): "KAFKA_STORAGE_ERROR"}
                expect_equal(found, wanted, "errors of the directories")
                gone_too = directories[0].rename(f"{directories[0]}.gone")
                with contextlib.suppress(Exception):  # the connection ends with the broker
                    await_true(lambda: produce(first) is None, "the end of the broker")
            expect_equal(broker.process.wait(NOTICED_SECONDS_MAX), 1, "exit status")
            if broker.name == "milena":
                expect("which holds the cluster's metadata, has failed: the broker ends" in broker.log_tail(), "its log")
            gone.rename(directories[1])
            gone_too.rename(directories[0])
            with broker.start().client() as client:
                client.await_topic(TOPIC, 2)
                for partition, count in counts.items():
                    offsets = [record.offset for record in client.read_all(TOPIC, partition, 0, 1 << 20, False)]
                    expect_equal(offsets[:count], list(range(count)), f"records of {partition}")


def add_to(suite):
    suite.add("lost directory", lost_directory)
