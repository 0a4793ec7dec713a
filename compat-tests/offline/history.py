# SPDX-License-Identifier: Apache-2.0
"""Adds to a broker what only transactions and groups leave on disk."""

import time

from milena_test import batch, errors

TOPIC = "offline-transactions"
COMMITTED = [f"committed-{number}-{index}" for number in (1, 3) for index in range(8)]


def _coordinator_ready(client, key, kind):
    """Asks until the coordinator has been made, and has loaded."""
    deadline = time.monotonic() + 120
    while True:
        answer = client.request("FindCoordinator", 4, {"KeyType": kind, "CoordinatorKeys": [key]})
        error = answer["Coordinators"][0]["ErrorCode"]
        if error == 0:
            return
        if time.monotonic() > deadline:
            errors.check(error, f"coordinator of {key}")
        time.sleep(0.05)


def _until_accepted(ask, what):
    """What a coordinator that still loads refuses is asked again."""
    deadline = time.monotonic() + 120
    while True:
        error, answer = ask()
        if error not in errors.RETRIABLE or time.monotonic() > deadline:
            errors.check(error, what)
            return answer
        time.sleep(0.05)


class Transaction:
    def __init__(self, client, name):
        self.client, self.name, self.sequence = client, name, 0
        _coordinator_ready(client, name, 1)
        body = {"TransactionalId": name, "TransactionTimeoutMs": 600_000,
                "ProducerId": -1, "ProducerEpoch": -1}  # fmt: skip
        answer = self._ask("InitProducerId", 4, body)
        self.identity = {"ProducerId": answer["ProducerId"], "ProducerEpoch": answer["ProducerEpoch"]}

    def _ask(self, api, version, body):
        def ask():
            answer = self.client.request(api, version, body)
            return answer["ErrorCode"], answer

        return _until_accepted(ask, api)

    def write(self, values):
        topics = [{"Name": TOPIC, "Partitions": [0]}]
        body = {"V3AndBelowTransactionalId": self.name, "V3AndBelowTopics": topics}
        body |= {f"V3AndBelow{key}": value for key, value in self.identity.items()}

        def ask():
            answer = self.client.request("AddPartitionsToTxn", 3, body)
            result = answer["ResultsByTopicV3AndBelow"][0]["ResultsByPartition"][0]
            return result["PartitionErrorCode"], answer

        _until_accepted(ask, "AddPartitionsToTxn")
        fields = {"producer_id": self.identity["ProducerId"], "base_sequence": self.sequence,
                  "producer_epoch": self.identity["ProducerEpoch"]}  # fmt: skip
        data = batch.build([value.encode() for value in values],
                           attributes=batch.TRANSACTIONAL, **fields)  # fmt: skip
        produce = {"TransactionalId": self.name, "Acks": -1, "TimeoutMs": 60000,
                   "TopicData": [{"Name": TOPIC, "PartitionData": [{"Index": 0, "Records": data}]}]}  # fmt: skip
        answer = self.client.request("Produce", 9, produce)
        errors.check(answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"], "Produce")
        self.sequence += len(values)

    def end(self, committed):
        body = {"TransactionalId": self.name, "Committed": committed, **self.identity}
        self._ask("EndTxn", 3, body)


def commit_offsets(client, group):
    _coordinator_ready(client, group, 0)
    partition = {"PartitionIndex": 0, "CommittedOffset": 7, "CommittedLeaderEpoch": -1,
                 "CommittedMetadata": "seven"}  # fmt: skip
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "",
            "GroupInstanceId": None, "Topics": [{"Name": TOPIC, "Partitions": [partition]}]}  # fmt: skip

    def ask():
        answer = client.request("OffsetCommit", 8, body)
        return answer["Topics"][0]["Partitions"][0]["ErrorCode"], answer

    _until_accepted(ask, "OffsetCommit")


def add(broker):
    """Transactions 1 and 3 are committed, 0 and 2 aborted; the last one stays open."""
    with broker.client(timeout=120) as client:
        client.create_topic(TOPIC, 1, {"retention.ms": "-1"})
        producer = Transaction(client, "offline")
        for number in range(4):
            committed = number % 2 == 1
            name = "committed" if committed else "aborted"
            producer.write([f"{name}-{number}-{index}" for index in range(8)])
            producer.end(committed)
        client.await_topic(TOPIC)
        Transaction(client, "offline-open").write(["open"])
        commit_offsets(client, "offline-group")
