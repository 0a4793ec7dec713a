# SPDX-License-Identifier: Apache-2.0
"""Asks the coordinators of groups and transactions, which at first are being made, or load."""

import time

from . import batch, errors

GROUP, TRANSACTION = 0, 1  # key types of FindCoordinator
# Loading, not made yet, moved; or the transaction before is being completed.
NOT_READY = tuple(
    errors.CODES[name]
    for name in (
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "NOT_COORDINATOR",
        "CONCURRENT_TRANSACTIONS",
    )
)
SECONDS_MAX = 120.0


def own_error(answer):
    return answer["ErrorCode"]


def first_error(answer):
    """Of an answer that holds rows for partitions: the first one."""
    codes = (row["ErrorCode"] for topic in answer["Topics"] for row in topic["Partitions"])
    return next((code for code in codes if code), 0)


def ask(client, api, version, body, error_of=own_error, retriable=NOT_READY):
    """Asks until the answer has none of the `retriable` errors; raises KafkaError for another one."""
    deadline = time.monotonic() + SECONDS_MAX
    while error_of(answer := client.request(api, version, body)) in retriable:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    errors.check(error_of(answer), f"{api}: {answer}")
    return answer


def find(client, key_type, keys):
    """Waits until each key has a coordinator; makes the coordinators' topics."""

    def error_of(answer):
        codes = (one["ErrorCode"] for one in answer["Coordinators"])
        return next((code for code in codes if code), 0)

    ask(client, "FindCoordinator", 4, {"KeyType": key_type, "CoordinatorKeys": keys}, error_of)


def init_producer(client, transactional_id, timeout_ms=600_000):
    """A new epoch; returns the fields that name the producer in requests of its transactions."""
    find(client, TRANSACTION, [transactional_id])
    body = {"TransactionalId": transactional_id, "TransactionTimeoutMs": timeout_ms}
    return identity(transactional_id, ask(client, "InitProducerId", 4, body))


def identity(transactional_id, answer):
    fields = {name: answer[name] for name in ("ProducerId", "ProducerEpoch")}
    return {"TransactionalId": transactional_id, **fields}


def await_complete(client, transactional_id):
    """EndTxn may be answered before the markers are written."""
    deadline = time.monotonic() + SECONDS_MAX
    while not (found := state(client, transactional_id))["TransactionState"].startswith("Complete"):
        if time.monotonic() > deadline:
            raise AssertionError(f"not complete: {found}")
        time.sleep(0.05)


def state(client, transactional_id):
    def error_of(answer):
        return answer["TransactionStates"][0]["ErrorCode"]

    body = {"TransactionalIds": [transactional_id]}
    return ask(client, "DescribeTransactions", 0, body, error_of)["TransactionStates"][0]


class TransactionalProducer:
    """Of transaction.version 2, where a write adds its partition and each end brings a new epoch.

    `broker` may be another one later: each request takes a connection of its own.
    """

    def __init__(self, broker, transactional_id):
        self.broker, self.id, self.sequences = broker, transactional_id, {}
        with broker.client() as client:
            self.identity = init_producer(client, transactional_id)

    @property
    def producer_id(self):
        return self.identity["ProducerId"]

    @property
    def epoch(self):
        return self.identity["ProducerEpoch"]

    def write(self, topic, values, partition=0):
        """values: Records, or bytes for records without a key."""
        sequence = self.sequences.get((topic, partition), 0)
        records = batch.build(
            values, attributes=batch.TRANSACTIONAL, producer_id=self.producer_id,
            producer_epoch=self.epoch, base_sequence=sequence,
        )  # fmt: skip
        data = [{"Index": partition, "Records": records}]
        body = {"TransactionalId": self.id, "Acks": -1, "TimeoutMs": 60_000,
                "TopicData": [{"Name": topic, "PartitionData": data}]}  # fmt: skip

        def error_of(answer):
            return answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"]

        with self.broker.client() as client:
            ask(client, "Produce", 12, body, error_of)
        self.sequences[topic, partition] = sequence + len(values)

    def end(self, committed):
        body = {**self.identity, "Committed": committed}
        with self.broker.client() as client:
            self.identity, self.sequences = identity(self.id, ask(client, "EndTxn", 5, body)), {}

    def state(self):
        with self.broker.client() as client:
            return state(client, self.id)["TransactionState"]

    def await_complete(self):
        with self.broker.client() as client:
            await_complete(client, self.id)
