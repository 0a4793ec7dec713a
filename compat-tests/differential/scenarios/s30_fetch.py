# SPDX-License-Identifier: Apache-2.0
"""Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords."""
import time

from milena_test.client import Client
from session import FIRST_TIMESTAMP, UNKNOWN_UUID, ZERO_UUID, records


def _fetch(topic, topic_id, *partitions, **more):
    """partitions: (index, offset) or dicts."""
    asked = [
        p if isinstance(p, dict) else {"Partition": p[0], "FetchOffset": p[1], "PartitionMaxBytes": 1 << 20}
        for p in partitions
    ]
    topics = [{"Topic": topic, "TopicId": topic_id, "Partitions": asked}]
    return {"MaxWaitMs": 0, "MinBytes": 0, "MaxBytes": 1 << 22, "Topics": topics, **more}


def _filled(t, suffix="topic", partitions=1, batches=5, **configs):
    topic, topic_id = t.topic(suffix, partitions, **configs)
    for number in range(batches):
        t.produce(topic, [b"%d-%d" % (number, i) for i in range(3)], first_timestamp=FIRST_TIMESTAMP + 1000 * number)
    return topic, topic_id


def fetch_each_version(t):
    topic, topic_id = _filled(t, partitions=2)
    for offset in (0, 4, 14, 15):
        t.ask_each_version("Fetch", _fetch(topic, topic_id, (0, offset), (1, 0)), f"offset {offset}")


def fetch_out_of_range(t):
    topic, topic_id = _filled(t)
    for offset in (16, 1000, -1, -2, 2**62):
        t.ask_each_version("Fetch", _fetch(topic, topic_id, (0, offset)), f"offset {offset}")


def fetch_from_unknown(t):
    topic, topic_id = _filled(t)
    for version in t.versions("Fetch"):
        t.ask("Fetch", version, _fetch(t.name("missing"), UNKNOWN_UUID, (0, 0)), "topic")
        t.ask("Fetch", version, _fetch("a b", ZERO_UUID, (0, 0)), "invalid topic")
        t.ask("Fetch", version, _fetch(topic, topic_id, (1, 0), (-1, 0), (0, 0)), "partitions")
        t.ask("Fetch", version, _fetch(topic, topic_id), "no partition")
        t.ask("Fetch", version, {"MaxWaitMs": 0, "Topics": []}, "nothing")


def fetch_limits(t):
    topic, topic_id = _filled(t, partitions=2)
    t.produce(topic, [b"x" * 5000], 1)
    t.produce(topic, [b"y" * 5000], 1)
    for size in (0, 1, 80, 200, 5000, 5100, 11000, -1):
        partitions = [
            {"Partition": i, "FetchOffset": 0, "PartitionMaxBytes": size} for i in (0, 1)
        ]
        t.ask("Fetch", 12, _fetch(topic, topic_id, *partitions), f"partition bytes {size}")
        both = _fetch(topic, topic_id, (0, 0), (1, 0), MaxBytes=size)
        t.ask("Fetch", 12, both, f"bytes {size}")
        t.ask("Fetch", 12, _fetch(topic, topic_id, (1, 0), (0, 0), MaxBytes=size), f"other order {size}")


def fetch_waits(t):
    topic, topic_id = _filled(t)
    for wait, minimum in [(50, 1), (50, 0), (0, 1), (50, 10**6), (-1, 1), (50, -1)]:
        body = _fetch(topic, topic_id, (0, 15), MaxWaitMs=wait, MinBytes=minimum)
        t.ask("Fetch", 12, body, f"at the end, {wait} ms, {minimum} bytes")
        body = _fetch(topic, topic_id, (0, 0), MaxWaitMs=wait, MinBytes=minimum)
        t.ask("Fetch", 12, body, f"at the start, {wait} ms, {minimum} bytes")
    body = _fetch(topic, topic_id, (0, 15), (7, 0), MaxWaitMs=200, MinBytes=1)
    t.ask("Fetch", 12, body, "an unknown partition beside it")


def fetch_woken_by_append(t):
    topic, topic_id = _filled(t)
    sent = t.client.send("Fetch", 12, _fetch(topic, topic_id, (0, 15), MaxWaitMs=50_000, MinBytes=1))
    started = time.monotonic()
    with Client(t.port) as other:
        other.produce(topic, 0, records([b"late"]))
    correlation, answer = t.client.receive("Fetch", 12)
    t.note("Fetch", 12, answer, "long poll")
    t.note("Fetch", 12, {"soon": time.monotonic() - started < 40, "own": correlation == sent}, "time")


def fetch_epochs(t):
    topic, topic_id = _filled(t)

    def asked(offset, epoch=-1, last=-1):
        partition = {"Partition": 0, "FetchOffset": offset, "PartitionMaxBytes": 1 << 20}
        return {**partition, "CurrentLeaderEpoch": epoch, "LastFetchedEpoch": last}

    for version in (9, 11, 12, 13, 16, t.newest("Fetch")):
        for epoch in (0, 1, 7, -2):
            t.ask("Fetch", version, _fetch(topic, topic_id, asked(0, epoch)), f"current epoch {epoch}")
    for last in (0, 1, -2):
        for offset in (0, 5, 15, 20):
            body = _fetch(topic, topic_id, asked(offset, -1, last))
            t.ask("Fetch", 12, body, f"offset {offset}, last fetched epoch {last}")


def fetch_isolation(t):
    topic, topic_id = _filled(t)
    for level in (0, 1, 2, -1):
        t.ask_each_version("Fetch", _fetch(topic, topic_id, (0, 0), IsolationLevel=level), f"level {level}")


def fetch_as_follower(t):
    topic, topic_id = _filled(t)
    for replica in (1, 2, -2, -3):
        t.ask("Fetch", 12, _fetch(topic, topic_id, (0, 0), ReplicaId=replica), f"replica {replica}")
        state = {"ReplicaId": replica, "ReplicaEpoch": 3}
        t.ask("Fetch", 15, _fetch(topic, topic_id, (0, 0), ReplicaState=state), f"replica {replica}")
    for cluster in ("other", ""):
        t.ask("Fetch", 12, _fetch(topic, topic_id, (0, 0), ClusterId=cluster), f"cluster {cluster}")
    t.ask("Fetch", 12, _fetch(topic, topic_id, (0, 0), RackId="somewhere"), "rack")


def fetch_duplicates(t):
    topic, topic_id = _filled(t)
    for version in (4, 12, 13):
        t.ask("Fetch", version, _fetch(topic, topic_id, (0, 0), (0, 6)), "a partition twice")
        body = _fetch(topic, topic_id, (0, 0))
        body["Topics"] = body["Topics"] * 2
        t.ask("Fetch", version, body, "a topic twice")


def fetch_sessions(t):
    topic, topic_id = _filled(t, partitions=3)
    for version in (7, 12, 13, t.newest("Fetch")):

        def ask(label, session, epoch, *partitions, version=version, **more):
            body = _fetch(topic, topic_id, *partitions, SessionId=session, SessionEpoch=epoch, **more)
            if not partitions:
                body["Topics"] = []
            return t.ask("Fetch", version, body, label)

        session = ask("opened", 0, 0, (0, 0), (1, 0), (2, 0))["SessionId"]
        ask("nothing new", session, 1)
        t.produce(topic, [b"new"], 1)
        ask("one partition new", session, 2)
        ask("again at the old place", session, 3)
        ask("moved on", session, 4, (1, 1), (0, 3))
        forgotten = [{"Topic": topic, "TopicId": topic_id, "Partitions": [0]}]
        ask("forgotten", session, 5, ForgottenTopicsData=forgotten)
        ask("out of range", session, 6, (2, 99))
        ask("still out of range", session, 7)
        ask("unknown partition", session, 8, (9, 0))
        ask("wrong epoch", session, 50)
        ask("old epoch", session, 8)
        ask("goes on", session, 9, (2, 0))
        ask("closed", session, -1, (0, 0))
        ask("after the end", session, 10)
        ask("unknown session", 12345, 1)
        ask("unknown session from 0", 12345, 0, (0, 0))
        ask("no session", 0, -1, (0, 0))
        ask("no session, epoch 5", 0, 5, (0, 0))
        t.client.request("DeleteRecords", 2, {"TimeoutMs": 60_000, "Topics": []})


def fetch_session_with_unknown_topic(t):
    topic, topic_id = _filled(t)
    body = _fetch(topic, topic_id, (0, 0), SessionEpoch=0)
    body["Topics"].append({"Topic": t.name("missing"), "TopicId": UNKNOWN_UUID, "Partitions": body["Topics"][0]["Partitions"]})
    for version in (12, 13):
        answer = t.ask("Fetch", version, body, "opened")
        again = {"MaxWaitMs": 0, "SessionId": answer["SessionId"], "SessionEpoch": 1, "Topics": []}
        t.ask("Fetch", version, again, "again")


def _list(topic, *timestamps, partition=0, **more):
    asked = [{"PartitionIndex": partition, "Timestamp": timestamp} for timestamp in timestamps]
    topics = [{"Name": topic, "Partitions": asked}]
    return {"ReplicaId": -1, "TimeoutMs": 60_000, "Topics": topics, **more}


def list_offsets_timestamps(t):
    topic, _ = _filled(t)
    empty, _ = t.topic("empty")
    special = [-1, -2, -3, -4, -5, -6, -7, -100]
    exact = [0, FIRST_TIMESTAMP, FIRST_TIMESTAMP + 1, FIRST_TIMESTAMP + 20, FIRST_TIMESTAMP + 21]
    exact += [FIRST_TIMESTAMP + 3010, FIRST_TIMESTAMP + 4020, FIRST_TIMESTAMP + 4021, 2**62]
    for version in t.versions("ListOffsets"):
        for timestamp in special + exact:
            t.ask("ListOffsets", version, _list(topic, timestamp), f"at {timestamp}")
            t.ask("ListOffsets", version, _list(empty, timestamp), f"empty at {timestamp}")


def list_offsets_by_time_in_compressed_batches(t):
    topic, _ = t.topic()
    for codec in (1, 2, 3):
        t.produce(topic, [b"a", b"b", b"c"], codec=codec, first_timestamp=FIRST_TIMESTAMP + 1000 * codec)
    for timestamp in (FIRST_TIMESTAMP, FIRST_TIMESTAMP + 1010, FIRST_TIMESTAMP + 2011, FIRST_TIMESTAMP + 3020, -3):
        t.ask("ListOffsets", None, _list(topic, timestamp), f"at {timestamp}")


def list_offsets_unordered_times(t):
    topic, _ = t.topic()
    for stamp in (5000, 1000, 9000, 9000, 3000):
        t.produce(topic, [b"a", b"b"], first_timestamp=FIRST_TIMESTAMP + stamp)
    for stamp in (0, 1000, 4000, 5001, 5010, 5011, 9000, 9010, 9011):
        t.ask("ListOffsets", None, _list(topic, FIRST_TIMESTAMP + stamp), f"at +{stamp}")
    t.ask("ListOffsets", None, _list(topic, -3), "the largest time")


def list_offsets_errors(t):
    topic, _ = _filled(t)
    for version in t.versions("ListOffsets"):
        t.ask("ListOffsets", version, _list(t.name("missing"), -1), "unknown topic")
        t.ask("ListOffsets", version, _list("a b", -1), "invalid topic")
        t.ask("ListOffsets", version, _list(topic, -1, partition=3), "unknown partition")
        t.ask("ListOffsets", version, _list(topic, -1, partition=-1), "partition -1")
        t.ask("ListOffsets", version, _list(topic, -1, -2), "a partition twice")
        for replica in (-2, -3, 1, 5):
            t.ask("ListOffsets", version, _list(topic, -1, ReplicaId=replica), f"replica {replica}")
        for level in (1, 2):
            t.ask("ListOffsets", version, _list(topic, -1, IsolationLevel=level), f"level {level}")
        for epoch in (0, 1, -2):
            body = _list(topic, -1)
            body["Topics"][0]["Partitions"][0]["CurrentLeaderEpoch"] = epoch
            t.ask("ListOffsets", version, body, f"epoch {epoch}")
    t.ask("ListOffsets", None, {"ReplicaId": -1, "Topics": []}, "nothing")


def offset_for_leader_epoch(t):
    topic, _ = _filled(t)

    def of(name, epoch, current=-1, partition=0):
        asked = {"Partition": partition, "CurrentLeaderEpoch": current, "LeaderEpoch": epoch}
        return {"ReplicaId": -1, "Topics": [{"Topic": name, "Partitions": [asked]}]}

    for version in t.versions("OffsetForLeaderEpoch"):
        for epoch in (0, 1, -1, -2, 2**31 - 1):
            t.ask("OffsetForLeaderEpoch", version, of(topic, epoch), f"epoch {epoch}")
        for current in (0, 1, -2):
            t.ask("OffsetForLeaderEpoch", version, of(topic, 0, current), f"current {current}")
        t.ask("OffsetForLeaderEpoch", version, of(t.name("missing"), 0), "unknown topic")
        t.ask("OffsetForLeaderEpoch", version, of(topic, 0, partition=9), "unknown partition")
        t.ask("OffsetForLeaderEpoch", version, {"Topics": []}, "nothing")
    for replica in (-2, 1, 7):
        body = {**of(topic, 0), "ReplicaId": replica}
        t.ask("OffsetForLeaderEpoch", 4, body, f"replica {replica}")


def _delete(topic, *offsets, partition=0):
    asked = [{"PartitionIndex": partition, "Offset": offset} for offset in offsets]
    return {"TimeoutMs": 60_000, "Topics": [{"Name": topic, "Partitions": asked}]}


def delete_records(t):
    topic, topic_id = _filled(t)
    offset = 0
    for version in t.versions("DeleteRecords"):
        offset += 2
        t.ask("DeleteRecords", version, _delete(topic, offset), f"to {offset}")
        t.ask("DeleteRecords", version, _delete(topic, 1), "behind the start")
        t.ask("DeleteRecords", version, _delete(topic, 99), "past the end")
        t.ask("DeleteRecords", version, _delete(topic, -2), "to -2")
        t.ask("DeleteRecords", version, _delete(topic, 1, partition=4), "unknown partition")
        t.ask("DeleteRecords", version, _delete(t.name("missing"), 1), "unknown topic")
        t.ask("DeleteRecords", version, _delete("a b", 1), "invalid topic")
    for at in (0, 5, 6):
        t.ask("Fetch", 12, _fetch(topic, topic_id, (0, at)), f"fetch at {at}")
    for stamp in (-1, -2, -3, -4, FIRST_TIMESTAMP):
        t.ask("ListOffsets", 9, _list(topic, stamp), f"offset at {stamp}")
    t.ask("DeleteRecords", 2, _delete(topic, -1), "all")
    t.ask("Fetch", 12, _fetch(topic, topic_id, (0, 15)), "fetch behind all")
    for stamp in (-1, -2, -3, FIRST_TIMESTAMP):
        t.ask("ListOffsets", 9, _list(topic, stamp), f"emptied, at {stamp}")
    t.ask("DeleteRecords", 2, _delete(topic, 15, 15), "twice")


def delete_records_of_a_compacted_topic(t):
    for policy in ("compact", "compact,delete", "[delete]"[1:-1]):
        topic, _ = t.topic(policy.replace(",", "-"), cleanup_policy=policy)
        t.produce(topic, [b"a", b"b"], keys=[b"k", b"l"])
        t.ask("DeleteRecords", 2, _delete(topic, 1), policy)
    for internal in ("__consumer_offsets", "__cluster_metadata"):
        t.ask("DeleteRecords", 2, _delete(internal, 0), internal)
