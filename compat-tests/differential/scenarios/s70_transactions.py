# SPDX-License-Identifier: Apache-2.0
"""Transactions: their producers, coordinators and markers, and what readers see of them."""
from milena_test.batch import TRANSACTIONAL
from milena_test.client import produce_body
from producers import (
    OLD_ADD, OLD_END, OLD_PRODUCE, add_partitions, await_coordinator, completed, describe,
    end, init_producer, look, new_producer, now_ms, transaction, write,
)  # fmt: skip
from session import records


def transaction_commit_and_abort(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = new_producer(t)
    for number, committed in enumerate((True, False, True)):
        write(t, transactional_id, topic, producer, 0, f"{number} first")
        write(t, transactional_id, topic, producer, 1, f"{number} next", count=2)
        write(t, transactional_id, topic, producer, 0, f"{number} other", partition=1)
        describe(t, [transactional_id], f"{number} open")
        look(t, topic, f"{number} open", 2)
        old = producer
        producer = end(t, transactional_id, producer, committed, f"{number}")
        completed(t, transactional_id, f"{number} ended")
        look(t, topic, f"{number} ended", 2)
        assert end(t, transactional_id, old, committed, f"{number} again") == producer
        end(t, transactional_id, old, not committed, f"{number} otherwise")
        write(t, transactional_id, topic, old, 3, f"{number} too late")


def transaction_of_an_old_client(t):
    topic, _ = t.topic()
    transactional_id, producer = new_producer(t)
    sequence = 0
    for version in range(OLD_END + 1):
        for committed in (True, False):
            label = f"v{version} {committed}"
            add_partitions(t, transactional_id, producer, [(topic, [0])], label, min(version, OLD_ADD))
            add_partitions(t, transactional_id, producer, [(topic, [0])], f"{label} again", min(version, OLD_ADD))
            write(t, transactional_id, topic, producer, sequence, label, OLD_PRODUCE)
            sequence += 1
            end(t, transactional_id, producer, committed, label, version)
            completed(t, transactional_id, label)
            end(t, transactional_id, producer, committed, f"{label} again", version)
            end(t, transactional_id, producer, not committed, f"{label} otherwise", version)
    look(t, topic, "all")


def transaction_unknown_ids(t):
    topic, _ = t.topic()
    known, producer = new_producer(t)
    for label, transactional_id, who in [
        ("unknown", t.name("unknown"), producer), ("empty", "", producer),
        ("other id", known, (producer[0] + 12345, 0)), ("newer", known, (producer[0], 1)),
        ("older", known, (producer[0], -1)),
    ]:  # fmt: skip
        await_coordinator(t, transactional_id or known)
        for version in t.versions("AddPartitionsToTxn"):
            if version <= OLD_ADD:
                add_partitions(t, transactional_id, who, [(topic, [0])], label, version)
                continue
            for verify_only in (False, True):
                one = transaction(transactional_id, who, [(topic, [0])], verify_only)
                t.ask("AddPartitionsToTxn", version, {"Transactions": [one]}, f"{label} {verify_only}")
        for version in t.versions("AddOffsetsToTxn"):
            body = {
                "TransactionalId": transactional_id, "ProducerId": who[0], "ProducerEpoch": who[1],
                "GroupId": "g",
            }  # fmt: skip
            t.ask("AddOffsetsToTxn", version, body, label)
        for version in t.versions("EndTxn"):
            end(t, transactional_id, who, True, label, version)
        for version in (OLD_PRODUCE, 11, 12):
            write(t, transactional_id, topic, who, 0, label, version)
        describe(t, [transactional_id], label)
    look(t, topic, "nothing")


def transaction_of_nothing(t):
    transactional_id, producer = new_producer(t)
    for version in t.versions("EndTxn"):
        end(t, transactional_id, producer, True, "commit", version)
        if version <= OLD_END:
            end(t, transactional_id, producer, False, "abort", version)
    for number in range(3):
        producer = end(t, transactional_id, producer, False, f"abort {number}")
        completed(t, transactional_id, f"abort {number}")
        end(t, transactional_id, producer, True, f"commit {number}")


def transaction_add_partitions(t):
    topic, _ = t.topic(partitions=3)
    transactional_id, producer = new_producer(t)
    for version in range(OLD_ADD + 1):
        for label, partitions in [
            ("unknown topic", [(t.name("missing"), [0]), (topic, [0])]),
            ("unknown partition", [(topic, [0, 3])]), ("negative", [(topic, [-1])]),
            ("nothing", []), ("no partition", [(topic, [])]),
        ]:  # fmt: skip
            add_partitions(t, transactional_id, producer, partitions, label, version)
        describe(t, [transactional_id], f"v{version}")
    second, other = new_producer(t, "second")
    for version in (4, 5):
        both = [
            transaction(transactional_id, producer, [(topic, [version - 4])]),
            transaction(second, other, [(topic, [0, 1, 2])], True),
        ]  # fmt: skip
        t.ask("AddPartitionsToTxn", version, {"Transactions": both}, "two")
        t.ask("AddPartitionsToTxn", version, {"Transactions": []}, "none", silent=True)
        for partitions in ([0], [0, 1, 2]):
            one = [transaction(transactional_id, producer, [(topic, partitions)], True)]
            t.ask("AddPartitionsToTxn", version, {"Transactions": one}, f"verify {partitions}")
    describe(t, [transactional_id, second], "both")
    end(t, transactional_id, producer, True, "commit")
    completed(t, transactional_id, "commit")
    look(t, topic, "only markers", 3)


def transaction_verification(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = new_producer(t)
    for version in (OLD_PRODUCE, 10, 11):
        write(t, transactional_id, topic, producer, 0, "not added", version)
    add_partitions(t, transactional_id, producer, [(topic, [0])])
    for version in (OLD_PRODUCE, 10, 11):
        write(t, transactional_id, topic, producer, 0, "other added", version, partition=1)
    write(t, transactional_id, topic, producer, 2, "too far", OLD_PRODUCE)
    write(t, transactional_id, topic, producer, 0, "added", OLD_PRODUCE)
    write(t, transactional_id, topic, producer, 0, "again", OLD_PRODUCE)
    write(t, transactional_id, topic, producer, 2, "gap", OLD_PRODUCE)
    outside = records([b"x"], producer_id=producer[0], producer_epoch=producer[1], base_sequence=1,
                      first_timestamp=now_ms())  # fmt: skip
    t.ask("Produce", 9, produce_body(topic, 0, outside), "outside")
    inside = records(
        [b"x"], attributes=TRANSACTIONAL, producer_id=producer[0], producer_epoch=producer[1],
        base_sequence=1, first_timestamp=now_ms(),
    )  # fmt: skip
    t.ask("Produce", 9, produce_body(topic, 0, inside), "without id")
    look(t, topic, "open", 2)
    end(t, transactional_id, producer, True, "commit", OLD_END)
    completed(t, transactional_id, "commit")
    write(t, transactional_id, topic, producer, 1, "after the end", OLD_PRODUCE)
    write(t, transactional_id, topic, producer, 1, "after the end", 11)
    look(t, topic, "ended", 2)
    fresh, other = new_producer(t, "fresh")
    write(t, fresh, topic, other, 5, "does not begin at 0", 12)
    write(t, fresh, topic, other, 0, "begins", 12)


def transaction_fencing(t):
    topic, _ = t.topic()
    transactional_id, first = new_producer(t)
    second = init_producer(t, transactional_id, "second")
    write(t, transactional_id, topic, first, 0, "first")
    write(t, transactional_id, topic, second, 0, "second")
    init_producer(t, transactional_id, "third, too early")
    completed(t, transactional_id, "aborted")
    look(t, topic, "aborted")
    for version in t.versions("EndTxn"):
        end(t, transactional_id, second, True, "second", version)
        end(t, transactional_id, second, False, "second, abort", version)
    third = init_producer(t, transactional_id, "third")
    write(t, transactional_id, topic, second, 1, "second, late")
    write(t, transactional_id, topic, second, 1, "second, late", OLD_PRODUCE)
    write(t, transactional_id, topic, third, 0, "third")
    end(t, transactional_id, third, True, "third")
    completed(t, transactional_id, "third")
    look(t, topic, "third")


def transaction_init(t):
    transactional_id = t.name("id")
    await_coordinator(t, transactional_id)
    for version in t.versions("InitProducerId"):
        for timeout_ms in (-1, 0, 1, 900000, 900001, 2147483647):
            init_producer(t, transactional_id, f"{timeout_ms} ms", version, timeout_ms)
        init_producer(t, "", "empty", version)
    producer = init_producer(t, transactional_id, "newest")
    for version in (3, 4, 5):
        following = init_producer(t, transactional_id, "next", version, former=producer)
        init_producer(t, transactional_id, "repeated", version, former=producer)
        init_producer(t, transactional_id, "old", version, former=(producer[0], 0))
        init_producer(t, transactional_id, "other", version, former=(producer[0] + 12345, producer[1]))
        init_producer(t, transactional_id, "half", version, former=(producer[0], -1))
        init_producer(t, transactional_id, "other half", version, former=(-1, producer[1]))
        init_producer(t, t.name(f"unknown-{version}"), "unknown", version, former=producer)
        producer = following
    describe(t, [transactional_id, "", t.name("none")])


def transaction_timeout(t):
    topic, _ = t.topic()
    transactional_id = t.name("id")
    await_coordinator(t, transactional_id)
    producer = init_producer(t, transactional_id, "new", timeout_ms=5000)
    write(t, transactional_id, topic, producer, 0, "slow")
    _completed_slowly(t, transactional_id)
    look(t, topic, "aborted")
    end(t, transactional_id, producer, True, "too late")
    write(t, transactional_id, topic, producer, 1, "too late")
    end(t, transactional_id, producer, False, "agreed")


def _completed_slowly(t, transactional_id):
    """Kafka looks every ten seconds."""
    t.until(
        "DescribeTransactions", 0, {"TransactionalIds": [transactional_id]},
        lambda answer: answer["TransactionStates"][0]["TransactionState"] == "CompleteAbort", "timeout",
    )  # fmt: skip


def transaction_write_markers(t):
    topic, _ = t.topic(partitions=2)
    transactional_id, producer = new_producer(t)
    write(t, transactional_id, topic, producer, 0, "hanging")

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
    look(t, topic, "marked", 2)
    mark("again", 1, coordinator_epoch=3)
    mark("old coordinator", 2, coordinator_epoch=2)
    mark("old epoch", 0, coordinator_epoch=3, version=1)
    mark("old rules", 1, coordinator_epoch=3, version=1)
    mark("nothing open", 1, partitions=[1])
    mark("several", 2, coordinator_epoch=3, partitions=[0, 1])
    t.ask("WriteTxnMarkers", 2, {"Markers": []}, "none")
    look(t, topic, "all", 2)


def transaction_list(t):
    topic, _ = t.topic()
    _, idle = new_producer(t, "idle")
    open_id, busy = new_producer(t, "busy")
    write(t, open_id, topic, busy, 0, "open")
    begun = now_ms()
    t.wait_for(lambda: now_ms() > begun + 1, "a transaction that has lasted more than no time")
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
    transactional_id, producer = new_producer(t)
    t.quietly("FindCoordinator", 4, {"KeyType": 0, "CoordinatorKeys": ["g"]})
    t.settle()
    for version in t.versions("AddOffsetsToTxn"):
        body = {
            "TransactionalId": transactional_id, "ProducerId": producer[0], "ProducerEpoch": producer[1],
            "GroupId": "group",
        }  # fmt: skip
        t.ask("AddOffsetsToTxn", version, body)
    describe(t, [transactional_id])
    end(t, transactional_id, producer, True)
    completed(t, transactional_id, "commit")
