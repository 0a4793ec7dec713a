# SPDX-License-Identifier: Apache-2.0
"""What coordinators refuse and no other scenario asks for; coordinator_errors.py lists all of it."""
from members import Member, make_stable, prepare
from scenarios.s63_transactional_offsets import Producer
from scenarios.s64_consumer_groups import Group

HUGE = 1_200_000  # more than a batch of __consumer_offsets may have
METADATA_MAX = 4096


def _commit(t, group, topic, label, version=9, partitions=(0,), metadata="", **who):
    rows = [
        {"PartitionIndex": i, "CommittedOffset": 1, "CommittedLeaderEpoch": -1, "CommittedMetadata": metadata}
        for i in partitions
    ]
    body = {"GroupId": group, "Topics": [{"Name": topic[0], "Partitions": rows}]}
    fields = {"GenerationIdOrMemberEpoch": -1, "MemberId": "", **who}
    if version >= 7:
        fields.setdefault("GroupInstanceId", None)
    t.ask("OffsetCommit", version, {**body, **fields}, label)


def offsets_of_a_rebalancing_group(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    producer = Producer(t)
    producer.add(group)
    with Member(t, group, "a") as member:
        member.enter()
        member.joined()
        who = {"GenerationIdOrMemberEpoch": member.generation, "MemberId": member.id}
        _commit(t, group, topic, "before the sync", **who)
        producer.commit(4, group, (topic, 0, 1), label="before the sync", **who)
        member.sync([(member, b"x")])
        _commit(t, group, topic, "after the sync", **who)
        producer.commit(4, group, (topic, 0, 1), label="after the sync", **who)
        member.leave()
    producer.end(True)


def offsets_of_a_fenced_instance(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    producer = Producer(t)
    producer.add(group)
    with Member(t, group, "a", instance="i") as member:
        make_stable(t, group, member)
        for label, who in [
            ("other member", {"MemberId": "other", "GroupInstanceId": "i"}),
            ("other instance", {"MemberId": member.id, "GroupInstanceId": "j"}),
            ("it", {"MemberId": member.id, "GroupInstanceId": "i"}),
        ]:
            who["GenerationIdOrMemberEpoch"] = member.generation
            _commit(t, group, topic, label, **who)
            producer.commit(4, group, (topic, 0, 1), label=label, **who)
        member.leave()
    producer.end(True)


def offsets_too_large(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    for label, metadata in [("metadata", "x" * (METADATA_MAX + 1)), ("just fits", "x" * METADATA_MAX)]:
        _commit(t, group, topic, label, metadata=metadata)
        body = {"GroupId": group, "Topics": None}
        t.ask("OffsetFetch", 7, {**body, "RequireStable": False}, label)
    _commit(t, group, topic, "all together", partitions=[0] * 300, metadata="x" * METADATA_MAX)
    producer = Producer(t)
    producer.add(group)
    row = {"PartitionIndex": 0, "CommittedOffset": 1, "CommittedLeaderEpoch": -1}
    for length in (METADATA_MAX + 1, METADATA_MAX):
        rows = [{**row, "CommittedMetadata": "x" * length}]
        topics = [{"Name": topic[0], "Partitions": rows}]
        producer.commit(4, group, label=f"metadata of {length}", Topics=topics)
    rows = [{**row, "CommittedMetadata": "x" * METADATA_MAX}] * 300
    topics = [{"Name": topic[0], "Partitions": rows}]
    producer.commit(4, group, label="all together", Topics=topics)
    producer.end(True)


def assignment_too_large(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "a") as member:
        member.enter()
        member.joined()
        member.sync([(member, b"x" * HUGE)], "too large")
        member.join("again")
        member.sync([(member, b"x")], "small")
        member.leave()


def offsets_of_a_consumer_group(t):
    group = Group(t)
    group.join("a")
    for version in range(5, 10):
        _commit(t, group.name, (group.topic, 0), f"v{version} by epoch", version,
                GenerationIdOrMemberEpoch=group.epochs["a"], MemberId="a")  # fmt: skip
        _commit(t, group.name, (group.topic, 0), f"v{version} stale", version,
                GenerationIdOrMemberEpoch=group.epochs["a"] - 1, MemberId="a")  # fmt: skip
        _commit(t, group.name, (group.topic, 0), f"v{version} newer", version,
                GenerationIdOrMemberEpoch=group.epochs["a"] + 1, MemberId="a")  # fmt: skip
        _commit(t, group.name, (group.topic, 0), f"v{version} unknown", version,
                GenerationIdOrMemberEpoch=1, MemberId="b")  # fmt: skip
        _commit(t, group.name, (group.topic, 0), f"v{version} nobody", version)
    producer = Producer(t)
    producer.add(group.name)
    for label, epoch, member in [("it", 0, "a"), ("stale", -1, "a"), ("newer", 1, "a"), ("unknown", 0, "b")]:
        producer.commit(4, group.name, ((group.topic, None), 0, 1), label=label,
                        GenerationIdOrMemberEpoch=group.epochs["a"] + epoch, MemberId=member)  # fmt: skip
    producer.end(False)
    for member, epoch in [("a", group.epochs["a"]), ("a", 77), ("b", 1), ("", 0), (None, -1), (None, 3)]:
        row = {"GroupId": group.name, "MemberId": member, "MemberEpoch": epoch, "Topics": None}
        t.ask("OffsetFetch", 9, {"Groups": [row], "RequireStable": False}, f"{member} {epoch}")
    row = {"GroupId": t.name("none"), "MemberId": "a", "MemberEpoch": 1, "Topics": None}
    t.ask("OffsetFetch", 9, {"Groups": [row], "RequireStable": False}, "no group")
    group.leave("a")
