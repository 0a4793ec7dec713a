# SPDX-License-Identifier: Apache-2.0
"""Steps that ask for offsets, epochs, producers and sizes, and that delete records."""

from milena_test import errors

from steps_records import partition_of
from world import verb

_SPECIAL = {
    "latest": -1, "earliest": -2, "max-timestamp": -3, "earliest-local": -4, "last-tiered": -5,
    "earliest-pending-upload": -6,
}  # fmt: skip
_LIST_OFFSETS_VERSION = 11
_TIMEOUT_MS = 60000


@verb
def offsets(world, words, _options):
    """FIRST..END: the log's start and its end."""
    topic, partition = partition_of(words[0])
    first = world.client.list_offset(topic, partition, -2)
    return [f"{first}..{world.client.list_offset(topic, partition, -1)}"]


@verb
def offset(world, words, options):
    """offset T/P at=latest|max-timestamp|...|TIMESTAMP: the offset, and @ its timestamp."""
    topic, partition = partition_of(words[0])
    at = options.take("at")
    asked = {
        "PartitionIndex": partition,
        "Timestamp": _SPECIAL[at] if at in _SPECIAL else int(at),
        "CurrentLeaderEpoch": options.take("epoch", -1),
    }
    body = {"ReplicaId": -1, "Topics": [{"Name": topic, "Partitions": [asked]}]}
    answer = world.client.request("ListOffsets", _LIST_OFFSETS_VERSION, body)
    found = answer["Topics"][0]["Partitions"][0]
    errors.check(found["ErrorCode"], "list offsets")
    if found["Offset"] < 0:
        return []
    return [found["Offset"], *([f"@{found['Timestamp']}"] if found["Timestamp"] >= 0 else [])]


@verb
def end_of_epoch(world, words, options):
    """end-of-epoch T/P EPOCH [current=EPOCH]: the offset behind the epoch's last record."""
    topic, partition = partition_of(words[0])
    asked = {
        "Partition": partition,
        "CurrentLeaderEpoch": options.take("current", -1),
        "LeaderEpoch": int(words[1]),
    }
    body = {"ReplicaId": -1, "Topics": [{"Topic": topic, "Partitions": [asked]}]}
    answer = world.client.request("OffsetForLeaderEpoch", 4, body)["Topics"][0]["Partitions"][0]
    errors.check(answer["ErrorCode"], "end of epoch")
    return [answer["EndOffset"]] if answer["EndOffset"] >= 0 else []


@verb
def delete_records(world, words, options):
    """delete-records T/P before=OFFSET|end: the new start of the log."""
    topic, partition = partition_of(words[0])
    before = options.take("before")
    asked = {"PartitionIndex": partition, "Offset": -1 if before == "end" else int(before)}
    body = {"Topics": [{"Name": topic, "Partitions": [asked]}], "TimeoutMs": _TIMEOUT_MS}
    answer = world.client.request("DeleteRecords", 2, body)["Topics"][0]["Partitions"][0]
    errors.check(answer["ErrorCode"], "delete records")
    return [answer["LowWatermark"]]


@verb
def producers(world, words, _options):
    """NAME:EPOCH:LAST-SEQUENCE of each idempotent producer that the partition remembers."""
    topic, partition = partition_of(words[0])
    body = {"Topics": [{"Name": topic, "PartitionIndexes": [partition]}]}
    answer = world.client.request("DescribeProducers", 0, body)["Topics"][0]["Partitions"][0]
    errors.check(answer["ErrorCode"], "describe producers", answer["ErrorMessage"])
    names = {identity: name for name, (identity, _) in world.producers.items()}
    return sorted(
        f"{names[one['ProducerId']]}:{one['ProducerEpoch']}:{one['LastSequence']}"
        for one in answer["ActiveProducers"]
    )


@verb
def size(world, words, _options):
    """Bytes of the partition in whichever data directory has it."""
    topic, partition = partition_of(words[0])
    body = {"Topics": [{"Topic": topic, "Partitions": [partition]}]}
    answer = world.client.request("DescribeLogDirs", 4, body)
    errors.check(answer["ErrorCode"], "describe log directories")
    return [
        found["PartitionSize"]
        for directory in answer["Results"]
        for found_topic in directory["Topics"]
        for found in found_topic["Partitions"]
    ]


@verb
def directories(world, _words, _options):
    """How many data directories are well, compared with those configured."""
    answer = world.client.request("DescribeLogDirs", 4, {"Topics": None})
    errors.check(answer["ErrorCode"], "describe log directories")
    for directory in answer["Results"]:
        errors.check(directory["ErrorCode"], directory["LogDir"])
    expected = world.configuration.directories
    return ["all" if len(answer["Results"]) == expected else len(answer["Results"])]
