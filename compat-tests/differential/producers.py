# SPDX-License-Identifier: Apache-2.0
"""Steps of transactional producers, for the scenarios."""
import time

from milena_test.batch import TRANSACTIONAL
from milena_test.client import produce_body
from session import records

NOT_READY = (14, 15, 16)  # COORDINATOR_LOAD_IN_PROGRESS, _NOT_AVAILABLE, NOT_COORDINATOR
OLD_PRODUCE, OLD_ADD, OLD_END = 9, 3, 4  # before transaction.version 2


def now_ms():
    """Old records would soon be deleted, and their producers forgotten."""
    return int(time.time() * 1000)


def _idempotent():
    return {
        "TransactionalId": None, "TransactionTimeoutMs": 1000, "ProducerId": -1, "ProducerEpoch": -1,
    }  # fmt: skip


def await_coordinator(t, transactional_id):
    """The coordinator is found and has loaded its state."""
    find = {"KeyType": 1, "CoordinatorKeys": [transactional_id]}
    describe = {"TransactionalIds": [transactional_id]}

    def is_there():
        return t.quietly("FindCoordinator", 4, find)["Coordinators"][0]["ErrorCode"] not in NOT_READY

    def has_ids():  # the first block of producer ids is on its way
        return t.quietly("InitProducerId", 5, _idempotent())["ErrorCode"] not in NOT_READY

    def has_loaded():
        state = t.quietly("DescribeTransactions", 0, describe)["TransactionStates"][0]
        return state["ErrorCode"] not in NOT_READY

    for condition in (is_there, has_ids, has_loaded):
        t.wait_for(condition, f"{condition.__name__}: {transactional_id}")


def init_producer(t, transactional_id, label="", version=5, timeout_ms=60000, former=(-1, -1)):
    """Returns (producer id, epoch)."""
    body = {
        "TransactionalId": transactional_id, "TransactionTimeoutMs": timeout_ms,
        "ProducerId": former[0], "ProducerEpoch": former[1],
    }  # fmt: skip
    answer = t.ask("InitProducerId", version, body, label)
    return answer["ProducerId"], answer["ProducerEpoch"]


def new_producer(t, suffix="id"):
    """(transactional id, its producer), new."""
    transactional_id = t.name(suffix)
    await_coordinator(t, transactional_id)
    return transactional_id, init_producer(t, transactional_id, "new")


def add_partitions(t, transactional_id, producer, partitions, label="", version=OLD_ADD):
    topics = [{"Name": name, "Partitions": indexes} for name, indexes in partitions]
    body = {
        "V3AndBelowTransactionalId": transactional_id, "V3AndBelowProducerId": producer[0],
        "V3AndBelowProducerEpoch": producer[1], "V3AndBelowTopics": topics,
    }  # fmt: skip
    return t.ask("AddPartitionsToTxn", version, body, label)


def transaction(transactional_id, producer, partitions, verify_only=False):
    return {
        "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
        "VerifyOnly": verify_only,
        "Topics": [{"Name": name, "Partitions": indexes} for name, indexes in partitions],
    }  # fmt: skip


def end(t, transactional_id, producer, committed, label="", version=5):
    body = {
        "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
        "Committed": committed,
    }  # fmt: skip
    answer = t.ask("EndTxn", version, body, label)
    return answer.get("ProducerId", -1), answer.get("ProducerEpoch", -1)


def write(t, transactional_id, topic, producer, sequence, label="", version=12, partition=0, count=1):
    values = [f"{label} {producer[1]} {sequence + i}".encode() for i in range(count)]
    data = records(
        values, attributes=TRANSACTIONAL, producer_id=producer[0], producer_epoch=producer[1],
        base_sequence=sequence, first_timestamp=now_ms(),
    )  # fmt: skip
    body = {**produce_body(topic, partition, data), "TransactionalId": transactional_id}
    t.ask("Produce", version, body, label)


def completed(t, transactional_id, label):
    """Waits until the transaction has all of its markers."""
    t.until(
        "DescribeTransactions", 0, {"TransactionalIds": [transactional_id]},
        lambda answer: answer["TransactionStates"][0]["TransactionState"].startswith("Complete"), label,
    )  # fmt: skip


def describe(t, transactional_ids, label=""):
    """Kafka's partitions are in the order of a hash set."""
    answer = t.ask("DescribeTransactions", 0, {"TransactionalIds": transactional_ids}, label)
    for state in answer["TransactionStates"]:
        for topic in state["Topics"]:
            topic["Partitions"].sort()


def look(t, topic, label, partitions=1):
    """What readers and tools see."""
    for isolation in (0, 1):
        wanted = [{"Partition": i, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20} for i in range(partitions)]
        body = {
            "MaxWaitMs": 0, "MinBytes": 0, "IsolationLevel": isolation,
            "Topics": [{"Topic": topic, "Partitions": wanted}],
        }  # fmt: skip
        t.ask("Fetch", 12, body, f"{label} isolation {isolation}")
        ends = [{"PartitionIndex": i, "Timestamp": -1} for i in range(partitions)]
        body = {"IsolationLevel": isolation, "Topics": [{"Name": topic, "Partitions": ends}]}
        t.ask("ListOffsets", 7, body, f"{label} isolation {isolation}")
    wanted = [{"Name": topic, "PartitionIndexes": list(range(partitions))}]
    t.ask("DescribeProducers", 0, {"Topics": wanted}, label)
