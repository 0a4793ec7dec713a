# SPDX-License-Identifier: Apache-2.0
"""Groups that commit ever larger offsets, plainly or in transactions, and write down what was acknowledged."""

import threading
import time

from milena_test import errors
from milena_test.client import Client, ConnectionClosed

PARTITIONS = 3
# The coordinator is being loaded, or the transaction before is being completed.
NOT_READY = (14, 15, 16, 51)
UNSTABLE_OFFSET_COMMIT = 88
TIMEOUT_MS = 60_000
SECONDS_MAX = 120.0


class Committer(threading.Thread):
    """Commits sent = 1, 2, … for all partitions at once, until the broker dies."""

    def __init__(self, port, topic, group, predecessor=None):
        super().__init__(daemon=True)
        self.port, self.topic, self.group = port, topic, group
        self.sent = predecessor.sent if predecessor else 0
        self.acknowledged = predecessor.acknowledged if predecessor else 0
        self.problem = None

    def run(self):
        try:
            with Client(self.port, timeout=60) as client:
                find_coordinator(client, 0, self.group)
                self.prepare(client)
                while True:
                    self.sent += 1
                    self.commit(client)
                    self.acknowledged = self.sent
        except (ConnectionClosed, OSError):
            pass  # the crash that the test is about
        except Exception as problem:  # noqa: BLE001 - reported by the test
            self.problem = problem

    def prepare(self, client):
        pass

    def commit(self, client):
        self.commit_with(client, "OffsetCommit", 9, {})

    def commit_with(self, client, api, version, more):
        row = {"CommittedOffset": self.sent, "CommittedMetadata": f"number {self.sent}"}
        rows = [{"PartitionIndex": index, **row} for index in range(PARTITIONS)]
        body = {"GroupId": self.group, "GenerationIdOrMemberEpoch": -1, "MemberId": ""}
        body["Topics"] = [{"Name": self.topic, "Partitions": rows}]
        retry(client, api, version, {**body, **more}, _first_error)


class TransactionalCommitter(Committer):
    """Each commit is a transaction of its own."""

    def prepare(self, client):
        self._id = f"id-of-{self.group}"
        self._remember(init_producer(client, self._id))

    def _remember(self, answer):
        self._producer = {
            "TransactionalId": self._id,
            "ProducerId": answer["ProducerId"],
            "ProducerEpoch": answer["ProducerEpoch"],
        }

    def commit(self, client):
        self.commit_with(client, "TxnOffsetCommit", 5, self._producer)
        self._remember(retry(client, "EndTxn", 5, {**self._producer, "Committed": True}, _error))


def init_producer(client, transactional_id):
    find_coordinator(client, 1, transactional_id)
    body = {"TransactionalId": transactional_id, "TransactionTimeoutMs": TIMEOUT_MS}
    return retry(client, "InitProducerId", 4, body, _error)


def committed(client, topic, group, partitions=PARTITIONS):
    """The offset of each partition, when no transaction is open any more."""
    find_coordinator(client, 0, group)
    asked = [{"Name": topic, "PartitionIndexes": list(range(partitions))}]
    body = {"Groups": [{"GroupId": group, "Topics": asked}], "RequireStable": True}

    def error(answer):
        return answer["Groups"][0]["ErrorCode"] or _first_error(answer["Groups"][0])

    answer = retry(client, "OffsetFetch", 8, body, error, (*NOT_READY, UNSTABLE_OFFSET_COMMIT))
    return [row["CommittedOffset"] for row in answer["Groups"][0]["Topics"][0]["Partitions"]]


def find_coordinator(client, kind, key):
    retry(
        client, "FindCoordinator", 4, {"KeyType": kind, "CoordinatorKeys": [key]},
        lambda answer: answer["Coordinators"][0]["ErrorCode"],
    )  # fmt: skip


def retry(client, api, version, body, error_of, retriable=NOT_READY):
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        answer = client.request(api, version, body)
        if error_of(answer) not in retriable or time.monotonic() > deadline:
            errors.check(error_of(answer), api)
            return answer
        time.sleep(0.005)


def _error(answer):
    return answer["ErrorCode"]


def _first_error(answer):
    codes = [row["ErrorCode"] for topic in answer["Topics"] for row in topic["Partitions"]]
    return next((code for code in codes if code), 0)
