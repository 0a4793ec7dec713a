# SPDX-License-Identifier: Apache-2.0
"""Groups' offsets as a data directory can hold them: plain, with an expiry, deleted, and of transactions that
are committed, aborted or open."""

import time

from milena_test import errors
from milena_test.suite import expect

TOPIC = "disk-offsets"
PLAIN = [f"plain-{number}" for number in range(12)]
GROUPS = [*PLAIN, "expiring", "deleted", "committed", "aborted", "open"]
NOT_READY = (14, 15, 16, 51)
DAY_MS = 86_400_000
SECONDS_MAX = 120.0


def fill(broker):
    """Returns the producer whose transaction is open."""
    with broker.client() as client:
        client.create_topic(TOPIC, 2)
        _find(client, 0, GROUPS)
        for number, group in enumerate(PLAIN):
            _commit(client, group, 9, 100 + number, f"by {group}")
        _commit(client, "expiring", 3, 1, "soon gone", RetentionTimeMs=DAY_MS)
        _commit(client, "deleted", 9, 2, None)
        rows = [{"Name": TOPIC, "Partitions": [{"PartitionIndex": 0}]}]
        answer = client.request("OffsetDelete", 0, {"GroupId": "deleted", "Topics": rows})
        errors.check(answer["ErrorCode"], "delete offsets")
        for group in ("committed", "aborted", "open"):
            _commit(client, group, 9, 3, "before")
            producer = _producer(client, f"producer-of-{group}")
            _commit_in_transaction(client, producer, group, 4)
            if group != "open":
                end(client, producer, group == "committed")
        return producer


def read(broker):
    """{group: what it has, with open transactions seen or not}, when nothing changes any more."""
    with broker.client() as client:
        _find(client, 0, GROUPS)
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
        answer = _retry(
            lambda: client.request("OffsetFetch", 8, body),
            lambda answer: next((g["ErrorCode"] for g in answer["Groups"] if g["ErrorCode"]), 0),
        )
        for group in answer["Groups"]:
            parts = [p for topic in group["Topics"] for p in topic["Partitions"]]
            parts = sorted(parts, key=lambda part: part["PartitionIndex"])
            seen[group["GroupId"], stable] = [list(part.values()) for part in parts]
    return seen


def end(client, producer, committed):
    body = {**producer, "Committed": committed}
    answer = _retry(lambda: client.request("EndTxn", 3, body), lambda answer: answer["ErrorCode"])
    errors.check(answer["ErrorCode"], "end transaction")
    _await_complete(client, producer["TransactionalId"])


def _await_complete(client, name):
    """The answer comes before the markers; while they are written, offsets are not yet stable."""
    deadline = time.monotonic() + SECONDS_MAX
    body = {"TransactionalIds": [name]}
    while True:
        state = client.request("DescribeTransactions", 0, body)["TransactionStates"][0]
        if state["TransactionState"].startswith("Complete"):
            return
        expect(time.monotonic() < deadline, f"not complete: {state}")
        time.sleep(0.05)


def _retry(ask, error_of):
    deadline = time.monotonic() + SECONDS_MAX
    while error_of(answer := ask()) in NOT_READY and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def _find(client, kind, keys):
    answer = _retry(
        lambda: client.request("FindCoordinator", 4, {"KeyType": kind, "CoordinatorKeys": keys}),
        lambda answer: next((c["ErrorCode"] for c in answer["Coordinators"] if c["ErrorCode"]), 0),
    )
    for row in answer["Coordinators"]:
        errors.check(row["ErrorCode"], f"find coordinator of {row['Key']}")


def _partitions(offset, metadata):
    return [
        {"PartitionIndex": index, "CommittedOffset": offset + index, "CommittedMetadata": metadata}
        for index in (0, 1)
    ]


def _error(answer):
    return next((p["ErrorCode"] for t in answer["Topics"] for p in t["Partitions"] if p["ErrorCode"]), 0)


def _commit(client, group, version, offset, metadata, **more):
    topics = [{"Name": TOPIC, "Partitions": _partitions(offset, metadata)}]
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": topics}
    answer = _retry(lambda: client.request("OffsetCommit", version, {**body, **more}), _error)
    errors.check(_error(answer), f"commit offsets of {group}")


def _producer(client, name):
    _find(client, 1, [name])
    body = {"TransactionalId": name, "TransactionTimeoutMs": 600_000}
    answer = _retry(
        lambda: client.request("InitProducerId", 2, body), lambda answer: answer["ErrorCode"]
    )
    errors.check(answer["ErrorCode"], "init producer id")
    return {
        "TransactionalId": name, "ProducerId": answer["ProducerId"], "ProducerEpoch": answer["ProducerEpoch"],
    }  # fmt: skip


def _commit_in_transaction(client, producer, group, offset):
    topics = [{"Name": TOPIC, "Partitions": _partitions(offset, "in a transaction")}]
    add = {**producer, "GroupId": group}
    answer = _retry(
        lambda: client.request("AddOffsetsToTxn", 3, add), lambda answer: answer["ErrorCode"]
    )
    errors.check(answer["ErrorCode"], "add offsets to transaction")
    body = {**producer, "GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": topics}
    answer = _retry(lambda: client.request("TxnOffsetCommit", 3, body), _error)
    errors.check(_error(answer), f"commit offsets of {group} in a transaction")
