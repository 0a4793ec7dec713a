# SPDX-License-Identifier: Apache-2.0
"""Groups' offsets as a data directory can hold them: plain, with an expiry, deleted, and of transactions that
are committed, aborted or open."""

import time

from milena_test import coordinator, errors

TOPIC = "disk-offsets"
PLAIN = [f"plain-{number}" for number in range(12)]
GROUPS = [*PLAIN, "expiring", "deleted", "committed", "aborted", "open"]
DAY_MS = 86_400_000


def fill(broker):
    """Returns the producer whose transaction is open."""
    with broker.client() as client:
        client.create_topic(TOPIC, 2)
        coordinator.find(client, coordinator.GROUP, GROUPS)
        for number, group in enumerate(PLAIN):
            _commit(client, group, 9, 100 + number, f"by {group}")
        _commit(client, "expiring", 3, 1, "soon gone", RetentionTimeMs=DAY_MS)
        _commit(client, "deleted", 9, 2, None)
        rows = [{"Name": TOPIC, "Partitions": [{"PartitionIndex": 0}]}]
        answer = client.request("OffsetDelete", 0, {"GroupId": "deleted", "Topics": rows})
        errors.check(answer["ErrorCode"], "delete offsets")
        for group in ("committed", "aborted", "open"):
            _commit(client, group, 9, 3, "before")
            producer = coordinator.init_producer(client, f"producer-of-{group}")
            _commit_in_transaction(client, producer, group, 4)
            if group != "open":
                end(client, producer, group == "committed")
        return producer


def read(broker):
    """{group: what it has, with open transactions seen or not}, when nothing changes any more."""
    with broker.client() as client:
        coordinator.find(client, coordinator.GROUP, GROUPS)
        last = None
        while last != (now := _read(client)):
            last = now
            time.sleep(0.2)
        return now


def _read(client):
    asked = [{"GroupId": group, "Topics": None} for group in GROUPS]
    seen = {}
    for stable in (False, True):
        body = {"Groups": asked, "RequireStable": stable}
        answer = coordinator.ask(client, "OffsetFetch", 8, body, _first_group_error)
        for group in answer["Groups"]:
            parts = [p for topic in group["Topics"] for p in topic["Partitions"]]
            parts = sorted(parts, key=lambda part: part["PartitionIndex"])
            seen[group["GroupId"], stable] = [list(part.values()) for part in parts]
    return seen


def end(client, producer, committed):
    coordinator.ask(client, "EndTxn", 3, {**producer, "Committed": committed})
    coordinator.await_complete(client, producer["TransactionalId"])


def _first_group_error(answer):
    return next((group["ErrorCode"] for group in answer["Groups"] if group["ErrorCode"]), 0)


def _partitions(offset, metadata):
    return [
        {"PartitionIndex": index, "CommittedOffset": offset + index, "CommittedMetadata": metadata}
        for index in (0, 1)
    ]


def _commit(client, group, version, offset, metadata, **more):
    topics = [{"Name": TOPIC, "Partitions": _partitions(offset, metadata)}]
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": topics}
    coordinator.ask(client, "OffsetCommit", version, {**body, **more}, coordinator.first_error)


def _commit_in_transaction(client, producer, group, offset):
    topics = [{"Name": TOPIC, "Partitions": _partitions(offset, "in a transaction")}]
    add = {**producer, "GroupId": group}
    coordinator.ask(client, "AddOffsetsToTxn", 3, add)
    body = {**producer, "GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": topics}
    coordinator.ask(client, "TxnOffsetCommit", 3, body, coordinator.first_error)
