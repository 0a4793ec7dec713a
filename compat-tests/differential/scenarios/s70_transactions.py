# SPDX-License-Identifier: Apache-2.0
"""Transactions: their producers, coordinators and markers, and what readers see of them."""
import struct
import time

from milena_test import batch
from milena_test.batch import TRANSACTIONAL
from milena_test.client import produce_body
from session import records

NOT_READY = (14, 15, 16)  # COORDINATOR_LOAD_IN_PROGRESS, _NOT_AVAILABLE, NOT_COORDINATOR
CONCURRENT_TRANSACTIONS = 51
LOG, LOG_PARTITIONS = "__transaction_state", 50
HOUR_MS = 3_600_000
OLD_PRODUCE, OLD_ADD, OLD_END = 9, 3, 4  # before transaction.version 2


def _now_ms():
    """Old records would soon be deleted, and their producers forgotten."""
    return int(time.time() * 1000)


def _idempotent():
    return {
        "TransactionalId": None, "TransactionTimeoutMs": 1000, "ProducerId": -1, "ProducerEpoch": -1,
    }  # fmt: skip


def _ready(t, transactional_id):
    """The coordinator is found and has loaded its state."""
    find = {"KeyType": 1, "CoordinatorKeys": [transactional_id]}
    while t.quietly("FindCoordinator", 4, find)["Coordinators"][0]["ErrorCode"] in NOT_READY:
        t.settle()
    while t.quietly("InitProducerId", 5, _idempotent())["ErrorCode"] in NOT_READY:
        t.settle()  # the first block of producer ids is on its way
    describe = {"TransactionalIds": [transactional_id]}
    while t.quietly("DescribeTransactions", 0, describe)["TransactionStates"][0]["ErrorCode"] in NOT_READY:
        t.settle()


def _init(t, transactional_id, label="", version=5, timeout_ms=60000, former=(-1, -1)):
    """Returns (producer id, epoch)."""
    body = {
        "TransactionalId": transactional_id, "TransactionTimeoutMs": timeout_ms,
        "ProducerId": former[0], "ProducerEpoch": former[1],
    }  # fmt: skip
    answer = t.ask("InitProducerId", version, body, label)
    return answer["ProducerId"], answer["ProducerEpoch"]


def _producer(t, suffix="id"):
    """(transactional id, its producer), new."""
    transactional_id = t.name(suffix)
    _ready(t, transactional_id)
    return transactional_id, _init(t, transactional_id, "new")


def _add(t, transactional_id, producer, partitions, label="", version=OLD_ADD):
    topics = [{"Name": name, "Partitions": indexes} for name, indexes in partitions]
    body = {
        "V3AndBelowTransactionalId": transactional_id, "V3AndBelowProducerId": producer[0],
        "V3AndBelowProducerEpoch": producer[1], "V3AndBelowTopics": topics,
    }  # fmt: skip
    return t.ask("AddPartitionsToTxn", version, body, label)


def _transaction(transactional_id, producer, partitions, verify_only=False):
    return {
        "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
        "VerifyOnly": verify_only,
        "Topics": [{"Name": name, "Partitions": indexes} for name, indexes in partitions],
    }  # fmt: skip


def _end(t, transactional_id, producer, committed, label="", version=5):
    body = {
        "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
        "Committed": committed,
    }  # fmt: skip
    answer = t.ask("EndTxn", version, body, label)
    return answer.get("ProducerId", -1), answer.get("ProducerEpoch", -1)


def _write(t, transactional_id, topic, producer, sequence, label="", version=12, partition=0, count=1):
    values = [f"{label} {producer[1]} {sequence + i}".encode() for i in range(count)]
    data = records(
        values, attributes=TRANSACTIONAL, producer_id=producer[0], producer_epoch=producer[1],
        base_sequence=sequence, first_timestamp=_now_ms(),
    )  # fmt: skip
    body = {**produce_body(topic, partition, data), "TransactionalId": transactional_id}
    t.ask("Produce", version, body, label)


def _completed(t, transactional_id, label):
    """Waits until the transaction has all of its markers."""
    t.until(
        "DescribeTransactions", 0, {"TransactionalIds": [transactional_id]},
        lambda answer: answer["TransactionStates"][0]["TransactionState"].startswith("Complete"), label,
    )  # fmt: skip


def _describe(t, transactional_ids, label=""):
    """Kafka's partitions are in the order of a hash set."""
    answer = t.ask("DescribeTransactions", 0, {"TransactionalIds": transactional_ids}, label)
    for state in answer["TransactionStates"]:
        for topic in state["Topics"]:
            topic["Partitions"].sort()


def _look(t, topic, label, partitions=1):
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


def transaction_commit_and_abort(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = _producer(t)
    for number, committed in enumerate((True, False, True)):
        _write(t, transactional_id, topic, producer, 0, f"{number} first")
        _write(t, transactional_id, topic, producer, 1, f"{number} next", count=2)
        _write(t, transactional_id, topic, producer, 0, f"{number} other", partition=1)
        _describe(t, [transactional_id], f"{number} open")
        _look(t, topic, f"{number} open", 2)
        old = producer
        producer = _end(t, transactional_id, producer, committed, f"{number}")
        _completed(t, transactional_id, f"{number} ended")
        _look(t, topic, f"{number} ended", 2)
        assert _end(t, transactional_id, old, committed, f"{number} again") == producer
        _end(t, transactional_id, old, not committed, f"{number} otherwise")
        _write(t, transactional_id, topic, old, 3, f"{number} too late")


def transaction_of_an_old_client(t):
    topic, _ = t.topic()
    transactional_id, producer = _producer(t)
    sequence = 0
    for version in range(OLD_END + 1):
        for committed in (True, False):
            label = f"v{version} {committed}"
            _add(t, transactional_id, producer, [(topic, [0])], label, min(version, OLD_ADD))
            _add(t, transactional_id, producer, [(topic, [0])], f"{label} again", min(version, OLD_ADD))
            _write(t, transactional_id, topic, producer, sequence, label, OLD_PRODUCE)
            sequence += 1
            _end(t, transactional_id, producer, committed, label, version)
            _completed(t, transactional_id, label)
            _end(t, transactional_id, producer, committed, f"{label} again", version)
            _end(t, transactional_id, producer, not committed, f"{label} otherwise", version)
    _look(t, topic, "all")


def transaction_unknown_ids(t):
    topic, _ = t.topic()
    known, producer = _producer(t)
    for label, transactional_id, who in [
        ("unknown", t.name("unknown"), producer), ("empty", "", producer),
        ("other id", known, (producer[0] + 12345, 0)), ("newer", known, (producer[0], 1)),
        ("older", known, (producer[0], -1)),
    ]:  # fmt: skip
        _ready(t, transactional_id or known)
        for version in t.versions("AddPartitionsToTxn"):
            if version <= OLD_ADD:
                _add(t, transactional_id, who, [(topic, [0])], label, version)
                continue
            for verify_only in (False, True):
                one = _transaction(transactional_id, who, [(topic, [0])], verify_only)
                t.ask("AddPartitionsToTxn", version, {"Transactions": [one]}, f"{label} {verify_only}")
        for version in t.versions("AddOffsetsToTxn"):
            body = {
                "TransactionalId": transactional_id, "ProducerId": who[0], "ProducerEpoch": who[1],
                "GroupId": "g",
            }  # fmt: skip
            t.ask("AddOffsetsToTxn", version, body, label)
        for version in t.versions("EndTxn"):
            _end(t, transactional_id, who, True, label, version)
        for version in (OLD_PRODUCE, 11, 12):
            _write(t, transactional_id, topic, who, 0, label, version)
        _describe(t, [transactional_id], label)
    _look(t, topic, "nothing")


def transaction_of_nothing(t):
    transactional_id, producer = _producer(t)
    for version in t.versions("EndTxn"):
        _end(t, transactional_id, producer, True, "commit", version)
        if version <= OLD_END:
            _end(t, transactional_id, producer, False, "abort", version)
    for number in range(3):
        producer = _end(t, transactional_id, producer, False, f"abort {number}")
        _completed(t, transactional_id, f"abort {number}")
        _end(t, transactional_id, producer, True, f"commit {number}")


def transaction_add_partitions(t):
    topic, _ = t.topic(partitions=3)
    transactional_id, producer = _producer(t)
    for version in range(OLD_ADD + 1):
        for label, partitions in [
            ("unknown topic", [(t.name("missing"), [0]), (topic, [0])]),
            ("unknown partition", [(topic, [0, 3])]), ("negative", [(topic, [-1])]),
            ("nothing", []), ("no partition", [(topic, [])]),
        ]:  # fmt: skip
            _add(t, transactional_id, producer, partitions, label, version)
        _describe(t, [transactional_id], f"v{version}")
    second, other = _producer(t, "second")
    for version in (4, 5):
        both = [
            _transaction(transactional_id, producer, [(topic, [version - 4])]),
            _transaction(second, other, [(topic, [0, 1, 2])], True),
        ]  # fmt: skip
        t.ask("AddPartitionsToTxn", version, {"Transactions": both}, "two")
        t.ask("AddPartitionsToTxn", version, {"Transactions": []}, "none")
        for partitions in ([0], [0, 1, 2]):
            one = [_transaction(transactional_id, producer, [(topic, partitions)], True)]
            t.ask("AddPartitionsToTxn", version, {"Transactions": one}, f"verify {partitions}")
    _describe(t, [transactional_id, second], "both")
    _end(t, transactional_id, producer, True, "commit")
    _completed(t, transactional_id, "commit")
    _look(t, topic, "only markers", 3)


def transaction_verification(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = _producer(t)
    for version in (OLD_PRODUCE, 10, 11):
        _write(t, transactional_id, topic, producer, 0, "not added", version)
    _add(t, transactional_id, producer, [(topic, [0])])
    for version in (OLD_PRODUCE, 10, 11):
        _write(t, transactional_id, topic, producer, 0, "other added", version, partition=1)
    _write(t, transactional_id, topic, producer, 2, "too far", OLD_PRODUCE)
    _write(t, transactional_id, topic, producer, 0, "added", OLD_PRODUCE)
    _write(t, transactional_id, topic, producer, 0, "again", OLD_PRODUCE)
    _write(t, transactional_id, topic, producer, 2, "gap", OLD_PRODUCE)
    outside = records([b"x"], producer_id=producer[0], producer_epoch=producer[1], base_sequence=1,
                      first_timestamp=_now_ms())  # fmt: skip
    t.ask("Produce", 9, produce_body(topic, 0, outside), "outside")
    inside = records(
        [b"x"], attributes=TRANSACTIONAL, producer_id=producer[0], producer_epoch=producer[1],
        base_sequence=1, first_timestamp=_now_ms(),
    )  # fmt: skip
    t.ask("Produce", 9, produce_body(topic, 0, inside), "without id")
    _look(t, topic, "open", 2)
    _end(t, transactional_id, producer, True, "commit", OLD_END)
    _completed(t, transactional_id, "commit")
    _write(t, transactional_id, topic, producer, 1, "after the end", OLD_PRODUCE)
    _write(t, transactional_id, topic, producer, 1, "after the end", 11)
    _look(t, topic, "ended", 2)
    fresh, other = _producer(t, "fresh")
    _write(t, fresh, topic, other, 5, "does not begin at 0", 12)
    _write(t, fresh, topic, other, 0, "begins", 12)


def transaction_fencing(t):
    topic, _ = t.topic()
    transactional_id, first = _producer(t)
    second = _init(t, transactional_id, "second")
    _write(t, transactional_id, topic, first, 0, "first")
    _write(t, transactional_id, topic, second, 0, "second")
    _init(t, transactional_id, "third, too early")
    _completed(t, transactional_id, "aborted")
    _look(t, topic, "aborted")
    for version in t.versions("EndTxn"):
        _end(t, transactional_id, second, True, "second", version)
        _end(t, transactional_id, second, False, "second, abort", version)
    third = _init(t, transactional_id, "third")
    _write(t, transactional_id, topic, second, 1, "second, late")
    _write(t, transactional_id, topic, second, 1, "second, late", OLD_PRODUCE)
    _write(t, transactional_id, topic, third, 0, "third")
    _end(t, transactional_id, third, True, "third")
    _completed(t, transactional_id, "third")
    _look(t, topic, "third")


def transaction_init(t):
    transactional_id = t.name("id")
    _ready(t, transactional_id)
    for version in t.versions("InitProducerId"):
        for timeout_ms in (-1, 0, 1, 900000, 900001, 2147483647):
            _init(t, transactional_id, f"{timeout_ms} ms", version, timeout_ms)
        _init(t, "", "empty", version)
    producer = _init(t, transactional_id, "newest")
    for version in (3, 4, 5):
        following = _init(t, transactional_id, "next", version, former=producer)
        _init(t, transactional_id, "repeated", version, former=producer)
        _init(t, transactional_id, "old", version, former=(producer[0], 0))
        _init(t, transactional_id, "other", version, former=(producer[0] + 12345, producer[1]))
        _init(t, transactional_id, "half", version, former=(producer[0], -1))
        _init(t, transactional_id, "other half", version, former=(-1, producer[1]))
        _init(t, t.name(f"unknown-{version}"), "unknown", version, former=producer)
        producer = following
    _describe(t, [transactional_id, "", t.name("none")])


def transaction_timeout(t):
    topic, _ = t.topic()
    transactional_id = t.name("id")
    _ready(t, transactional_id)
    producer = _init(t, transactional_id, "new", timeout_ms=1)
    _write(t, transactional_id, topic, producer, 0, "slow")
    _completed_slowly(t, transactional_id)
    _look(t, topic, "aborted")
    _end(t, transactional_id, producer, True, "too late")
    _write(t, transactional_id, topic, producer, 1, "too late")
    _end(t, transactional_id, producer, False, "agreed")


def _completed_slowly(t, transactional_id):
    """Kafka looks every ten seconds."""
    t.until(
        "DescribeTransactions", 0, {"TransactionalIds": [transactional_id]},
        lambda answer: answer["TransactionStates"][0]["TransactionState"] == "CompleteAbort", "timeout",
        attempts=3000,
    )  # fmt: skip


def transaction_write_markers(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = _producer(t)
    _write(t, transactional_id, topic, producer, 0, "hanging")

    def mark(label, epoch, coordinator_epoch=0, version=2, rules=2, partitions=(0,), name=topic):
        marker = {
            "ProducerId": producer[0], "ProducerEpoch": epoch, "TransactionResult": False,
            "Topics": [{"Name": name, "PartitionIndexes": list(partitions)}],
            "CoordinatorEpoch": coordinator_epoch, "TransactionVersion": rules,
        }  # fmt: skip
        t.ask("WriteTxnMarkers", version, {"Markers": [marker]}, label)

    mark("unknown partition", 1, partitions=[7])
    mark("unknown topic", 1, name=t.name("missing"))
    mark("epoch -1", -1)
    mark("same epoch", 0)
    mark("new epoch", 1, coordinator_epoch=3)
    _look(t, topic, "marked", 2)
    mark("again", 1, coordinator_epoch=3)
    mark("old coordinator", 2, coordinator_epoch=2)
    mark("old epoch", 0, coordinator_epoch=3, version=1)
    mark("old rules", 1, coordinator_epoch=3, version=1)
    mark("nothing open", 1, partitions=[1])
    mark("several", 2, coordinator_epoch=3, partitions=[0, 1])
    t.ask("WriteTxnMarkers", 2, {"Markers": []}, "none")
    _look(t, topic, "all", 2)


def transaction_list(t):
    topic, _ = t.topic()
    _, idle = _producer(t, "idle")
    open_id, busy = _producer(t, "busy")
    _write(t, open_id, topic, busy, 0, "open")
    pattern = t.name("") + ".*"
    for label, body in [
        ("all", {}), ("by id", {"ProducerIdFilters": [idle[0]]}), ("ongoing", {"StateFilters": ["Ongoing"]}),
        ("two states", {"StateFilters": ["Ongoing", "Empty"]}), ("no such state", {"StateFilters": ["No"]}),
        ("some states", {"StateFilters": ["No", "Empty", "empty", "No"]}),
        ("long", {"DurationFilter": 3_600_000}), ("short", {"DurationFilter": 0}),
    ]:  # fmt: skip
        answer = t.ask("ListTransactions", 2, {"TransactionalIdPattern": pattern, **body}, label)
        answer["TransactionStates"].sort(key=lambda state: state["TransactionalId"])
    for wrong in ("(", "a{2,1}", "[", "idle", ".*idle"):
        t.ask("ListTransactions", 2, {"TransactionalIdPattern": wrong}, f"pattern {wrong}")


def transaction_with_offsets(t):
    transactional_id, producer = _producer(t)
    t.quietly("FindCoordinator", 4, {"KeyType": 0, "CoordinatorKeys": ["g"]})
    t.settle()
    for version in t.versions("AddOffsetsToTxn"):
        body = {
            "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
            "GroupId": "group",
        }  # fmt: skip
        t.ask("AddOffsetsToTxn", version, body)
    _describe(t, [transactional_id])
    _end(t, transactional_id, producer, True)
    _completed(t, transactional_id, "commit")


def transaction_records(t):
    """Both kinds of clients, fencing and a timeout: what the coordinator wrote, byte by byte."""
    topic, _ = t.topic()
    transactional_id, producer = _producer(t)
    for committed in (True, False):
        _write(t, transactional_id, topic, producer, 0)
        producer = _end(t, transactional_id, producer, committed)
        _completed(t, transactional_id, f"{committed}")
    producer = _end(t, transactional_id, producer, False, "nothing")
    _completed(t, transactional_id, "nothing")
    _write(t, transactional_id, topic, producer, 0, "fenced")
    _init(t, transactional_id, "too early")
    _completed(t, transactional_id, "fenced")
    producer = _init(t, transactional_id, "next", timeout_ms=30000)
    producer = _init(t, transactional_id, "next", former=producer)
    for committed in (True, False):
        _add(t, transactional_id, producer, [(topic, [0])])
        _end(t, transactional_id, producer, committed, "", OLD_END)
        _completed(t, transactional_id, f"old {committed}")
    rows = _records_of(t, transactional_id, producer[0])
    t.note("records", 0, {"records": rows})


def _records_of(t, transactional_id, producer_id):
    hashed = 0
    for character in transactional_id:
        hashed = (31 * hashed + ord(character)) & 0xFFFFFFFF
    signed = hashed - (1 << 32) if hashed >> 31 else hashed
    data = t.client.fetch(LOG, abs(signed) % LOG_PARTITIONS, 0)["Records"]
    rows = [
        [one.attributes, record.key.hex(), _hidden(record.value, producer_id)]
        for one in batch.parse(data)
        for record in one.records
        if transactional_id.encode() in record.key
    ]
    if not rows:
        raise RuntimeError(f"no records of {transactional_id}")
    return rows


def _hidden(value, producer_id):
    """Hexadecimal; an int64 of these days becomes 'time', the producer's id 'id'."""
    now, shown, at = time.time() * 1000, "", 0
    while at < len(value):
        number = struct.unpack_from(">q", value, at)[0] if at + 8 <= len(value) else 0
        if number == producer_id or abs(number - now) < HOUR_MS:
            shown, at = shown + (" id " if number == producer_id else " time "), at + 8
        else:
            shown, at = shown + f"{value[at]:02x}", at + 1
    return shown
