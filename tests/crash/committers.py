# SPDX-License-Identifier: Apache-2.0
"""Groups that commit ever larger offsets, plainly or in transactions, and write down what was acknowledged."""

import threading

from milena_test import coordinator
from milena_test.client import Client, ConnectionClosed

PARTITIONS = 3
UNSTABLE_OFFSET_COMMIT = 88
TIMEOUT_MS = 60_000


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
                coordinator.find(client, coordinator.GROUP, [self.group])
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
        coordinator.ask(client, api, version, {**body, **more}, coordinator.first_error)


class TransactionalCommitter(Committer):
    """Each commit is a transaction of its own."""

    def prepare(self, client):
        self._producer = coordinator.init_producer(client, f"id-of-{self.group}", TIMEOUT_MS)

    def commit(self, client):
        self.commit_with(client, "TxnOffsetCommit", 5, self._producer)
        answer = coordinator.ask(client, "EndTxn", 5, {**self._producer, "Committed": True})
        self._producer = coordinator.identity(self._producer["TransactionalId"], answer)


def committed(client, topic, group, partitions=PARTITIONS):
    """The offset of each partition, when no transaction is open any more."""
    coordinator.find(client, coordinator.GROUP, [group])
    asked = [{"Name": topic, "PartitionIndexes": list(range(partitions))}]
    body = {"Groups": [{"GroupId": group, "Topics": asked}], "RequireStable": True}

    def error(answer):
        return answer["Groups"][0]["ErrorCode"] or coordinator.first_error(answer["Groups"][0])

    not_yet = (*coordinator.NOT_READY, UNSTABLE_OFFSET_COMMIT)
    answer = coordinator.ask(client, "OffsetFetch", 8, body, error, not_yet)
    return [row["CommittedOffset"] for row in answer["Groups"][0]["Topics"][0]["Partitions"]]
