# SPDX-License-Identifier: Apache-2.0
"""TxnOffsetCommit, and what OffsetFetch tells of offsets whose transaction is open."""
from members import Member, make_stable, prepare
from session import UNKNOWN_UUID, ZERO_UUID

TIMEOUT_MS = 60_000
IMPLICIT, BY_ID = 5, 6  # first versions of TxnOffsetCommit that add the partition, that name topics by id
NOT_READY = (14, 15, 16, 51)


class Producer:
    """A producer with a transactional id of the scenario."""

    def __init__(self, t, name="producer"):
        self.t, self.transactional_id = t, t.name(name)
        find = {"KeyType": 1, "CoordinatorKeys": [self.transactional_id]}
        t.wait_for(
            lambda: not t.quietly("FindCoordinator", 6, find)["Coordinators"][0]["ErrorCode"], "coordinator"
        )
        self.init()

    def init(self):
        body = {"TransactionalId": self.transactional_id, "TransactionTimeoutMs": TIMEOUT_MS}
        body |= {"ProducerId": -1, "ProducerEpoch": -1}
        answer = self._ready("InitProducerId", body)
        self.id, self.epoch = answer["ProducerId"], answer["ProducerEpoch"]

    def who(self):
        return {"TransactionalId": self.transactional_id, "ProducerId": self.id, "ProducerEpoch": self.epoch}

    def add(self, group, label=""):
        self.t.ask("AddOffsetsToTxn", 3, {**self.who(), "GroupId": group}, label)

    def commit(self, version, group, *rows, label="", **more):
        """rows: ((name, id), partition, offset) each."""
        topics = []
        for (name, id), partition, offset in rows:
            row = {"PartitionIndex": partition, "CommittedOffset": offset, "CommittedLeaderEpoch": 2}
            topic = {"TopicId": id} if version >= BY_ID else {"Name": name}
            topics.append({**topic, "Partitions": [{**row, "CommittedMetadata": f"at {offset}"}]})
        body = {**self.who(), "GroupId": group, "Topics": topics}
        if version >= 3:
            body |= {"GenerationIdOrMemberEpoch": -1, "MemberId": "", "GroupInstanceId": None}
        self.t.ask("TxnOffsetCommit", version, {**body, **more}, label)

    def end(self, committed, label="ends"):
        body = {**self.who(), "Committed": committed}
        self.t.note("EndTxn", 4, self._ready("EndTxn", body), label)
        self.t.wait_for(self._has_ended, f"the end of {self.transactional_id}")

    def _has_ended(self):
        """With all its markers."""
        body = {"TransactionalIds": [self.transactional_id]}
        (state,) = self.t.quietly("DescribeTransactions", 0, body)["TransactionStates"]
        return state["TransactionState"] in ("Empty", "CompleteCommit", "CompleteAbort")

    def _ready(self, api, body):
        """The first answer that is not 'later'."""
        answers = []

        def ready():
            answers.append(self.t.quietly(api, 4, body))
            return answers[-1]["ErrorCode"] not in NOT_READY

        self.t.wait_for(ready, api)
        return answers[-1]


def _fetch(t, group, topic, label, partitions=(0, 1)):
    for stable in (False, True):
        rows = [{"Name": topic[0], "PartitionIndexes": list(partitions)}]
        for asked in (rows, None):
            body = {"GroupId": group, "Topics": asked, "RequireStable": stable}
            t.ask("OffsetFetch", 7, body, f"{label}{' all' if asked is None else ''} {stable}")


def _settled(t, group):
    """Waits until no offset of the group is pending."""
    body = {"GroupId": group, "Topics": None, "RequireStable": True}

    def is_stable():
        answer = t.quietly("OffsetFetch", 7, body)
        return not any(p["ErrorCode"] for topic in answer["Topics"] for p in topic["Partitions"])

    t.wait_for(is_stable, f"stable offsets of {group}")


def transactional_offsets_each_version(t):
    group, topic = t.name("group"), t.topic(partitions=2)
    prepare(t, group)
    producer = Producer(t)
    for version in t.versions("TxnOffsetCommit"):
        producer.commit(version, group, (topic, 0, version), label="not added")
        if version >= IMPLICIT:
            producer.end(False, f"of v{version}")
            _settled(t, group)
            producer.init()
    for version in t.versions("TxnOffsetCommit"):
        producer.add(group, f"for v{version}")
        producer.commit(version, group, (topic, 0, 10 + version), (topic, 1, 20 + version), label="added")
        _fetch(t, group, topic, f"open v{version}")
        producer.end(version % 2 == 0, f"of v{version}")
        _settled(t, group)
        _fetch(t, group, topic, f"ended v{version}")


def transactional_offsets_refused(t):
    group, topic, missing = t.name("group"), t.topic(), (t.name("missing"), UNKNOWN_UUID)
    prepare(t, group)
    producer = Producer(t)
    for version in t.versions("TxnOffsetCommit"):
        producer.add(group, f"for v{version}")
        producer.commit(version, "", (topic, 0, 1), label="no group")
        producer.commit(version, group, label="nothing")
        producer.commit(version, group, (missing, 0, 1), (topic, 7, 1), label="unknown partitions")
        producer.commit(version, group, (topic, 0, 1), (missing, 0, 1), (topic, 7, 1), label="some unknown")
        producer.commit(version, group, (("", ZERO_UUID), 0, 1), label="no topic")
        if version >= 3:
            other = t.name("unseen")
            producer.add(other, f"unseen, for v{version}")
            member = {"GenerationIdOrMemberEpoch": 3, "MemberId": "m"}
            producer.commit(version, other, (topic, 0, 1), label="generation", **member)
        producer.end(False, f"of v{version}")
        _settled(t, group)
        producer.init()
    _fetch(t, group, topic, "after all", [0])


def transactional_offsets_of_zombies(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    producer = Producer(t)
    for version in t.versions("TxnOffsetCommit"):
        producer.init()
        for label, more in [
            ("old epoch", {"ProducerEpoch": producer.epoch - 1}),
            ("future epoch", {"ProducerEpoch": producer.epoch + 1}),
            ("other id", {"ProducerId": producer.id + 1000}), ("other name", {"TransactionalId": t.name("nobody")}),
        ]:  # fmt: skip
            producer.commit(version, group, (topic, 0, 1), label=label, **more)
    _fetch(t, group, topic, "nothing", [0])


def transactional_offsets_of_members(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    producer = Producer(t)
    with Member(t, group, "one") as one:
        make_stable(t, group, one)
        for version in range(3, t.newest("TxnOffsetCommit") + 1):
            producer.add(group, f"for v{version}")
            for label, member, generation in [
                ("member", one.id, one.generation), ("generation", one.id, 9), ("stranger", "m", one.generation),
                ("nobody", "", -1), ("no generation", one.id, -1),
            ]:  # fmt: skip
                more = {"MemberId": member, "GenerationIdOrMemberEpoch": generation}
                producer.commit(version, group, (topic, 0, version), label=label, **more)
            producer.end(True, f"of v{version}")
            _settled(t, group)
            _fetch(t, group, topic, f"v{version}", [0])


def transactional_offsets_and_plain_ones(t):
    group, topic = t.name("group"), t.topic(partitions=2)
    prepare(t, group)
    first, second = Producer(t, "first"), Producer(t, "second")
    for producer, offset in ((first, 1), (second, 2)):
        producer.add(group)
        producer.commit(3, group, (topic, 0, offset))
    plain = [{"PartitionIndex": 0, "CommittedOffset": 3, "CommittedLeaderEpoch": -1, "CommittedMetadata": None}]
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "GroupInstanceId": None}
    t.ask("OffsetCommit", 9, {**body, "Topics": [{"Name": topic[0], "Partitions": plain}]})
    first.commit(3, group, (topic, 0, 4), label="after the plain one")
    _fetch(t, group, topic, "open")
    second.end(True)
    first.end(True)
    _settled(t, group)
    _fetch(t, group, topic, "ended")
    first.add(group)
    first.commit(3, group, (topic, 0, 5), (topic, 1, 5), label="to be deleted")
    rows = [{"Name": topic[0], "Partitions": [{"PartitionIndex": 0}, {"PartitionIndex": 1}]}]
    t.ask("OffsetDelete", 0, {"GroupId": group, "Topics": rows})
    _fetch(t, group, topic, "deleted")
    first.end(True)
    _settled(t, group)
    _fetch(t, group, topic, "deleted, ended")
