# SPDX-License-Identifier: Apache-2.0
"""OffsetCommit, OffsetFetch, OffsetDelete, and the records that they leave."""
import struct
import time

from members import Member, make_stable, prepare
from milena_test import batch, wire
from session import UNKNOWN_UUID, ZERO_UUID

OFFSETS_TOPIC, OFFSETS_PARTITIONS = "__consumer_offsets", 50
FIRST_BY_ID = 10
DAY_MS = 86_400_000


def _partition(index, offset=10, metadata="", epoch=-1):
    return {
        "PartitionIndex": index, "CommittedOffset": offset, "CommittedLeaderEpoch": epoch,
        "CommitTimestamp": -1, "CommittedMetadata": metadata,
    }  # fmt: skip


def _topics(version, topics, first_by_id=FIRST_BY_ID):
    """topics: ((name, id), partitions) each."""
    if version >= first_by_id:
        return [{"TopicId": id, "Partitions": parts} for (_, id), parts in topics]
    return [{"Name": name, "Partitions": parts} for (name, _), parts in topics]


def _commit(version, group, *topics, generation=-1, member="", **more):
    body = {"GroupId": group, "GenerationIdOrMemberEpoch": generation, "MemberId": member}
    body["Topics"] = _topics(version, topics)
    if version >= 7:
        body["GroupInstanceId"] = None
    if 2 <= version <= 4:
        body["RetentionTimeMs"] = -1
    return {**body, **more}


def _fetch(version, groups, stable=False):
    """groups: {id: [((name, id), indexes)...] or None}; only the first before v8."""
    if version < 8:
        ((group, topics),) = groups.items()
        body = {"GroupId": group, "Topics": _asked(version, topics)}
    else:
        rows = [{"GroupId": group, "Topics": _asked(version, topics)} for group, topics in groups.items()]
        body = {"Groups": [{**row, "MemberId": None, "MemberEpoch": -1} if version >= 9 else row for row in rows]}
    return {**body, "RequireStable": stable} if version >= 7 else body


def _asked(version, topics):
    if topics is None:
        return None
    if version >= FIRST_BY_ID:
        return [{"TopicId": id, "PartitionIndexes": indexes} for (_, id), indexes in topics]
    return [{"Name": name, "PartitionIndexes": indexes} for (name, _), indexes in topics]


def _delete(group, topics):
    rows = [{"Name": name, "Partitions": [{"PartitionIndex": i} for i in indexes]} for name, indexes in topics]
    return {"GroupId": group, "Topics": rows}


def _missing(t):
    return t.name("missing"), UNKNOWN_UUID


def offsets_each_version(t):
    group, topic = t.name("group"), t.topic(partitions=3)
    prepare(t, group)
    for version in t.versions("OffsetCommit"):
        known = [_partition(0, 100 + version, f"from v{version}", 0), _partition(2, 7, None, 3)]
        known += [_partition(3), _partition(-1)]
        t.ask("OffsetCommit", version, _commit(version, group, (topic, known), (_missing(t), [_partition(0)])))
        for fetching in t.versions("OffsetFetch"):
            asked = [(topic, [2, 1, 0, 9, -1]), (_missing(t), [0])]
            t.ask("OffsetFetch", fetching, _fetch(fetching, {group: asked}), f"after v{version}")
            if fetching >= 2:
                t.ask("OffsetFetch", fetching, _fetch(fetching, {group: None}), f"all, after v{version}")


def offsets_of_many_groups(t):
    one, two, topic, other = t.name("one"), t.name("two"), t.topic("a", 2), t.topic("b", 1)
    prepare(t, one, two)
    t.ask("OffsetCommit", 9, _commit(9, one, (topic, [_partition(0, 1), _partition(1, 2)]), (other, [_partition(0, 3)])))
    t.ask("OffsetCommit", 9, _commit(9, two, (other, [_partition(0, 4, "x" * 300)])))
    for version in range(8, FIRST_BY_ID):
        for stable in (False, True):
            t.ask("OffsetFetch", version, _fetch(version, {one: None, two: None, t.name("none"): None}, stable), f"all {stable}")
            asked = {one: [(topic, [0, 1]), (topic, [1])], two: [], t.name("none"): [(other, [0])]}
            t.ask("OffsetFetch", version, _fetch(version, asked, stable), f"some {stable}")
        t.ask("OffsetFetch", version, {"Groups": [], "RequireStable": False}, "none")
    asked = {two: None, t.name("none"): None, one: [(topic, [1, 0])]}  # topics by id have no order to compare in
    t.ask("OffsetFetch", FIRST_BY_ID, _fetch(FIRST_BY_ID, asked), "by id")


def offsets_commit_refused(t):
    group, (name, id) = t.name("group"), t.topic()
    topic = (name, id)
    prepare(t, group, "")
    for version in t.versions("OffsetCommit"):
        one = (topic, [_partition(0)])
        t.ask("OffsetCommit", version, _commit(version, group, one, generation=0), "generation")
        t.ask("OffsetCommit", version, _commit(version, group, one, generation=5, member="nobody"), "member")
        t.ask("OffsetCommit", version, _commit(version, group), "nothing")
        t.ask("OffsetCommit", version, _commit(version, group, (topic, [])), "no partition")
        t.ask("OffsetCommit", version, _commit(version, group, (_missing(t), [_partition(0), _partition(1)])), "unknown topic")
        t.ask("OffsetCommit", version, _commit(version, group, ((" ?", ZERO_UUID), [_partition(0)])), "strange topic")
        t.ask("OffsetCommit", version, _commit(version, "", one), "no group")
        twice = _commit(version, t.name("twice"), one, (topic, [_partition(0, 2), _partition(5), _partition(0, 3)]), one)
        t.ask("OffsetCommit", version, twice, "twice")
        t.ask("OffsetFetch", 7, _fetch(7, {t.name("twice"): None}), f"twice, v{version}")
    t.ask("OffsetCommit", 9, _commit(9, t.name("unseen"), (topic, [_partition(0)]), member="nobody"), "member without generation")
    t.ask("OffsetCommit", 9, _commit(9, group, (topic, [_partition(0, -1)])), "offset -1")
    t.ask("OffsetCommit", 9, _commit(9, group, (topic, [_partition(0, -5, "", -7)])), "offset -5")
    t.ask("OffsetFetch", 9, _fetch(9, {group: None}), "negative")


def offsets_metadata(t):
    group, topic = t.name("group"), t.topic(partitions=3)
    prepare(t, group)
    for size in (4095, 4096, 4097):
        for text in ("a" * size, "ä" * size, "😀" * (size // 2) + "a" * (size % 2)):
            body = _commit(9, group, (topic, [_partition(0, size, text), _partition(1, size, "short")]))
            t.ask("OffsetCommit", 9, body, f"{size} {text[0]}")
    t.ask("OffsetFetch", 9, _fetch(9, {group: None}))


def offsets_delete(t):
    group, (name, id), (other, _) = t.name("group"), t.topic(partitions=3), t.topic("other", 1)
    prepare(t, group, "")
    t.ask("OffsetDelete", 0, _delete(group, [(name, [0])]), "unknown group")
    t.ask("OffsetDelete", 0, _delete("", [(name, [0])]), "no group")
    t.ask("OffsetDelete", 0, _delete(group, []), "nothing of an unknown group")
    t.ask("OffsetCommit", 9, _commit(9, group, ((name, id), [_partition(i) for i in range(3)])))
    t.ask("OffsetDelete", 0, _delete(group, []), "nothing")
    t.ask("OffsetDelete", 0, _delete(group, [(name, [0, 7, 0]), (t.name("missing"), [0, 1]), (other, [0])]), "some")
    t.ask("OffsetFetch", 9, _fetch(9, {group: None}))
    t.ask("OffsetDelete", 0, _delete(group, [(name, [7])]), "unknown partition")
    t.ask("OffsetDelete", 0, _delete(group, [(name, [1]), (name, [2])]), "a topic twice")
    t.ask("OffsetFetch", 9, _fetch(9, {group: None}), "nothing left")
    t.ask("OffsetDelete", 0, _delete(group, [(name, [0])]), "of an empty group")


def offsets_of_members(t):
    group, topic, other = t.name("group"), t.topic(), t.topic("other")
    prepare(t, group)
    with Member(t, group, "one") as one:
        make_stable(t, group, one)
        for version in t.versions("OffsetCommit"):
            row = (topic, [_partition(0, version)])
            for member, generation in [
                (one.id, one.generation), (one.id, 7), ("stranger", one.generation), ("", -1), (one.id, -1), ("", 1),
            ]:  # fmt: skip
                label = f"{'one' if member == one.id else member!r} {generation}"
                t.ask("OffsetCommit", version, _commit(version, group, row, generation=generation, member=member), label)
        t.ask("OffsetCommit", 9, _commit(9, group, row, generation=1, member=one.id, GroupInstanceId="i"), "instance")
        t.ask("OffsetDelete", 0, _delete(group, [(topic[0], [0]), (other[0], [0])]), "with a member")
        t.ask("OffsetFetch", 9, _fetch(9, {group: None}))
        one.leave("goes")
    t.ask("OffsetCommit", 9, _commit(9, group, (topic, [_partition(0, 77)])), "empty group")
    t.ask("OffsetCommit", 9, _commit(9, group, row, generation=1, member="one"), "of nobody")
    t.ask("OffsetDelete", 0, _delete(group, [(topic[0], [0])]), "empty group")
    t.ask("OffsetFetch", 9, _fetch(9, {group: None}), "deleted")


def offsets_of_connect_members(t):
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    with Member(t, group, "one", type_="connect") as one:
        make_stable(t, group, one)
        t.ask("OffsetDelete", 0, _delete(group, [(topic[0], [0])]), "with a member")


def offsets_of_deleted_topics(t):
    group, topic, kept = t.name("group"), t.topic(partitions=2), t.topic("kept")
    prepare(t, group)
    t.ask("OffsetCommit", 9, _commit(9, group, (topic, [_partition(0), _partition(1)]), (kept, [_partition(0)])))
    t.ask("DeleteTopics", 5, {"TopicNames": [topic[0]], "TimeoutMs": 60_000})
    t.until("OffsetFetch", 9, _fetch(9, {group: None}), lambda answer: len(answer["Groups"][0]["Topics"]) == 1, "rest")
    again = t.topic(partitions=2)
    for version in t.versions("OffsetFetch"):
        t.ask("OffsetFetch", version, _fetch(version, {group: [(again, [0, 1])]}), "of the next topic")
    t.ask("OffsetCommit", t.newest("OffsetCommit"), _commit(10, group, (again, [_partition(0, 5)]), (topic, [_partition(0, 6)])))
    t.ask("OffsetFetch", 10, _fetch(10, {group: None}), "all")
    t.ask("OffsetFetch", 10, _fetch(10, {group: [(again, [0]), (topic, [0])]}), "by id")


def offsets_records(t):
    """What is written, byte by byte; times and topic ids are hidden."""
    group, topic = t.name("group"), t.topic()
    prepare(t, group)
    for version in t.versions("OffsetCommit"):
        offset = _partition(0, 1000 + version, f"v{version}", 4)
        t.quietly("OffsetCommit", version, _commit(version, group, (topic, [offset])))
    for version in range(2, 5):
        body = _commit(version, group, (topic, [_partition(0, 2000 + version, None)]), RetentionTimeMs=DAY_MS // 4)
        t.quietly("OffsetCommit", version, body)
    t.quietly("OffsetDelete", 0, _delete(group, [(topic[0], [0])]))
    t.note("records", 0, {"records": _records_of(t, group, topic)})


def _records_of(t, group, topic):
    hashed = 0
    for character in group:
        hashed = (31 * hashed + ord(character)) & 0xFFFFFFFF
    signed = hashed - (1 << 32) if hashed >> 31 else hashed
    data = t.client.fetch(OFFSETS_TOPIC, abs(signed) % OFFSETS_PARTITIONS, 0)["Records"]
    rows = []
    for one in batch.parse(data):
        for record in one.records:
            if group.encode() in record.key:
                rows.append([one.attributes, record.key.hex(), _hidden(record.value, wire.uuid_bytes(topic[1]))])
    if not rows:
        raise RuntimeError(f"no records of {group}")
    return rows


def _hidden(value, topic_id):
    """Hexadecimal; an int64 of these days becomes 'time' or 'expiry', the id of the topic 'topic'."""
    if value is None:
        return "tombstone"
    now, shown, at = time.time() * 1000, "", 0
    while at < len(value):
        number = struct.unpack_from(">q", value, at)[0] if at + 8 <= len(value) else 0
        if abs(number - now) < DAY_MS / 8:
            shown, at = shown + " time ", at + 8
        elif abs(number - now - DAY_MS / 4) < DAY_MS / 8:
            shown, at = shown + " expiry ", at + 8
        elif value[at : at + 16] == topic_id:
            shown, at = shown + " topic ", at + 16
        else:
            shown, at = shown + f"{value[at]:02x}", at + 1
    return shown
