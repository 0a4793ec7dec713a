# SPDX-License-Identifier: Apache-2.0
"""Adds to a broker what only transactions and groups leave on disk."""

from milena_test import coordinator
from milena_test.coordinator import TransactionalProducer

TOPIC = "offline-transactions"
COMMITTED = [f"committed-{number}-{index}" for number in (1, 3) for index in range(8)]


def commit_offsets(client, group):
    coordinator.find(client, coordinator.GROUP, [group])
    partition = {"PartitionIndex": 0, "CommittedOffset": 7, "CommittedMetadata": "seven"}
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "",
            "Topics": [{"Name": TOPIC, "Partitions": [partition]}]}  # fmt: skip
    coordinator.ask(client, "OffsetCommit", 8, body, coordinator.first_error)


def add(broker):
    """Transactions 1 and 3 are committed, 0 and 2 aborted; the last one stays open."""
    with broker.client() as client:
        client.create_topic(TOPIC, 1, {"retention.ms": "-1"})
        producer = TransactionalProducer(broker, "offline")
        for number in range(4):
            name = "committed" if number % 2 else "aborted"
            producer.write(TOPIC, [f"{name}-{number}-{index}".encode() for index in range(8)])
            producer.end(name == "committed")
        TransactionalProducer(broker, "offline-open").write(TOPIC, [b"open"])
        commit_offsets(client, "offline-group")
