# SPDX-License-Identifier: Apache-2.0
"""Brokers with several data directories: where partitions are, and how they are moved."""

import pathlib
import time

from .suite import expect, expect_equal

DIRECTORIES = 3
MOVED_SECONDS_MAX = 120


def data_directories(folder):
    """Their paths; the first one is the broker's own `data`."""
    return [pathlib.Path(folder) / name for name in ("data", *"bcd"[: DIRECTORIES - 1])]


def settings(directories):
    return {"log.dirs": ",".join(map(str, directories)), "log.segment.bytes": str(1 << 20)}


def describe(client, topics):
    """{(topic, partition): {path: (is future, size)}}"""
    asked = [{"Topic": name, "Partitions": list(range(100))} for name in topics]
    found = {}
    for directory in client.request("DescribeLogDirs", None, {"Topics": asked})["Results"]:
        expect_equal(directory["ErrorCode"], 0, directory["LogDir"])
        for topic in directory["Topics"]:
            for row in topic["Partitions"]:
                places = found.setdefault((topic["Name"], row["PartitionIndex"]), {})
                places[directory["LogDir"]] = (row["IsFutureKey"], row["PartitionSize"])
    return found


def move(client, topic, partition, path):
    topics = [{"Name": topic, "Partitions": [partition]}]
    body = {"Dirs": [{"Path": str(path), "Topics": topics}]}
    (row,) = client.request("AlterReplicaLogDirs", None, body)["Results"]
    return row["Partitions"][0]["ErrorCode"]


def await_settled(client, topics):
    """Waits until no move is under way; where each partition is."""
    deadline = time.monotonic() + MOVED_SECONDS_MAX
    while True:
        found = describe(client, topics)
        if all(len(places) == 1 for places in found.values()):
            return {partition: next(iter(places)) for partition, places in found.items()}
        expect(time.monotonic() < deadline, f"still moving: {found}")
        time.sleep(0.05)
