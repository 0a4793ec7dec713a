# SPDX-License-Identifier: Apache-2.0
"""Groups and transactional producers that leave many records, of which only the last ones count."""

from milena_test import coordinator, errors

GROUPS = [f"group-{number}" for number in range(5)]
TRANSACTIONAL_IDS = [f"producer-{number}" for number in range(3)]
TOPIC = "compaction-offsets"
INTERNAL_TOPICS = ["__consumer_offsets", "__transaction_state"]
ROUNDS = 60


def _find(client):
    coordinator.find(client, coordinator.GROUP, GROUPS)
    coordinator.find(client, coordinator.TRANSACTION, TRANSACTIONAL_IDS)


def _configure(client):
    """Small segments, compacted whenever there is something to compact."""
    configs = {"internal.segment.bytes": "4000", "min.cleanable.dirty.ratio": "0"}
    changes = [{"Name": name, "ConfigOperation": 0, "Value": configs[name]} for name in configs]
    resources = [
        {"ResourceType": 2, "ResourceName": topic, "Configs": changes} for topic in INTERNAL_TOPICS
    ]
    body = {"Resources": resources, "ValidateOnly": False}
    for answer in client.request("IncrementalAlterConfigs", 1, body)["Responses"]:
        errors.check(answer["ErrorCode"], answer["ErrorMessage"])


def _commit(client, group, offset):
    partition = {"PartitionIndex": 0, "CommittedOffset": offset, "CommittedMetadata": "x" * 50}
    body = {
        "GroupId": group,
        "GenerationIdOrMemberEpoch": -1,
        "MemberId": "",
        "Topics": [{"Name": TOPIC, "Partitions": [partition]}],
    }
    coordinator.ask(client, "OffsetCommit", 8, body, coordinator.first_error)


def _initialise(client, transactional_id):
    body = {"TransactionalId": transactional_id, "TransactionTimeoutMs": 60000}
    answer = coordinator.ask(client, "InitProducerId", 4, body)
    return answer["ProducerId"], answer["ProducerEpoch"]


def fill(client):
    """Returns the last epoch of each producer."""
    client.create_topic(TOPIC)
    _find(client)
    _configure(client)
    producers = {}
    for number in range(ROUNDS):
        for at, group in enumerate(GROUPS):
            _commit(client, group, 1000 * at + number)
        for name in TRANSACTIONAL_IDS:
            producers[name] = _initialise(client, name)
    return producers


def check(client, producers):
    """The last commits are known, and producers go on with their next epoch."""
    _find(client)
    for at, group in enumerate(GROUPS):
        body = {"GroupId": group, "Topics": [{"Name": TOPIC, "PartitionIndexes": [0]}]}
        answer = coordinator.ask(client, "OffsetFetch", 7, body)
        found = answer["Topics"][0]["Partitions"][0]["CommittedOffset"]
        if found != 1000 * at + ROUNDS - 1:
            raise AssertionError(f"{group}: {found}")
    for name, (producer_id, epoch) in producers.items():
        found = _initialise(client, name)
        if found != (producer_id, epoch + 1):
            raise AssertionError(f"{name}: {found}, expected {producer_id}, {epoch + 1}")
        producers[name] = found
