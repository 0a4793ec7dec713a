# SPDX-License-Identifier: Apache-2.0
"""CreateTopics, DeleteTopics, CreatePartitions, ElectLeaders, reassignments, DescribeLogDirs."""
from session import UNKNOWN_UUID, ZERO_UUID
from scenarios.s10_cluster import BAD_NAMES


def _create(*topics, **more):
    return {"Topics": list(topics), "TimeoutMs": 60_000, **more}


def _new(name, partitions=1, replicas=1, assignments=None, **configs):
    rows = [{"PartitionIndex": i, "BrokerIds": brokers} for i, brokers in (assignments or [])]
    settings = [{"Name": k.replace("_", "."), "Value": v} for k, v in configs.items()]
    return {
        "Name": name, "NumPartitions": partitions, "ReplicationFactor": replicas,
        "Assignments": rows, "Configs": settings,
    }  # fmt: skip


def create_topics_each_version(t):
    for version in t.versions("CreateTopics"):
        name = t.name(f"v{version}")
        t.ask("CreateTopics", version, _create(_new(name, 2), ValidateOnly=True), "validated")
        t.ask("CreateTopics", version, _create(_new(name, 2, cleanup_policy="compact")), "created")
        t.ask("CreateTopics", version, _create(_new(name, 2)), "exists")
        t.ask("CreateTopics", version, _create(_new(name, 2), ValidateOnly=True), "exists, validated")
        t.ask("CreateTopics", version, _create(), "nothing")
        t.settle()
        t.ask("Metadata", 8, {"Topics": [{"Name": name}]}, "the topic")


def create_topics_defaults(t):
    for version in t.versions("CreateTopics"):
        t.ask("CreateTopics", version, _create(_new(t.name(f"v{version}"), -1, -1)), "defaults")
        t.ask("CreateTopics", version, _create(_new(t.name(f"p{version}"), -1, 1)), "partitions")
        t.ask("CreateTopics", version, _create(_new(t.name(f"r{version}"), 2, -1)), "replicas")


def create_topics_wrong_counts(t):
    for partitions, replicas in [(0, 1), (-2, 1), (1, 0), (1, -2), (1, 2), (1, 3), (1, 32767), (-1, 0), (0, 0)]:
        for validate in (True, False):
            body = _create(_new(t.name("wrong"), partitions, replicas), ValidateOnly=validate)
            t.ask("CreateTopics", None, body, f"{partitions} {replicas} {validate}")


def create_topics_wrong_names(t):
    for name in [*BAD_NAMES, "__consumer_offsets", "__transaction_state", "x" * 249, "..."]:
        t.ask("CreateTopics", None, _create(_new(name), ValidateOnly=True), repr(name[:20]))
    t.topic("a.b")
    t.ask("CreateTopics", None, _create(_new(t.name("a_b"))), "collides")


def create_topics_assigned(t):
    for label, partitions, replicas, rows in [
        ("good", -1, -1, [(0, [1]), (1, [1])]),
        ("unordered", -1, -1, [(1, [1]), (0, [1])]),
        ("gap", -1, -1, [(0, [1]), (2, [1])]),
        ("from one", -1, -1, [(1, [1])]),
        ("negative", -1, -1, [(-1, [1])]),
        ("twice", -1, -1, [(0, [1]), (0, [1])]),
        ("unknown broker", -1, -1, [(0, [7])]),
        ("the same broker twice", -1, -1, [(0, [1, 1])]),
        ("negative broker", -1, -1, [(0, [-1])]),
        ("no broker", -1, -1, [(0, [])]),
        ("uneven", -1, -1, [(0, [1]), (1, [1, 7])]),
        ("with partitions", 1, -1, [(0, [1])]),
        ("with replicas", -1, 1, [(0, [1])]),
        ("with both", 1, 1, [(0, [1])]),
    ]:
        for validate in (True, False):
            name = t.name(label.replace(" ", "-"))
            body = _create(_new(name, partitions, replicas, rows), ValidateOnly=validate)
            t.ask("CreateTopics", None, body, f"{label} {validate}")


def create_topics_configs(t):
    for key, values in {
        "cleanup_policy": ["delete", "compact", "compact,delete", "other", "", " delete ", "delete,delete", None],
        "retention_ms": ["1000", "-1", "-2", "x", "", None, "9223372036854775808", "1e3", " 5 "],
        "segment_bytes": ["1048576", "1048575", "1", "0", "2147483648"],
        "min_insync_replicas": ["1", "0", "5", "-1"],
        "compression_type": ["gzip", "producer", "uncompressed", "none", "GZIP"],
        "compression_gzip_level": ["-1", "0", "1", "9", "10"],
        "compression_zstd_level": ["-131072", "22", "23"],
        "compression_lz4_level": ["1", "17", "18", "0"],
        "max_message_bytes": ["0", "-1", "100"],
        "message_timestamp_type": ["CreateTime", "LogAppendTime", "createtime"],
        "unclean_leader_election_enable": ["true", "TRUE", "yes", "0"],
        "min_cleanable_dirty_ratio": ["0.5", "0", "1", "1.1", "-0.1", "nan"],
        "preallocate": ["true", "false", ""],
        "no_such_config": ["1", None],
        "follower_replication_throttled_replicas": ["*", "0:1", "0:1,1:1", "none", "x", ""],
        "segment_jitter_ms": ["0", "-1"],
        "index_interval_bytes": ["0", "-1"],
        "file_delete_delay_ms": ["0", "-1"],
        "flush_messages": ["0", "1"],
        "message_format_version": ["3.0"],
        "min_compaction_lag_ms": ["5"],
        "remote_storage_enable": ["true", "false"],
    }.items():
        for number, value in enumerate(values):
            name = t.name(f"{key.replace('_', '-')}-{number}")
            t.ask("CreateTopics", 7, _create(_new(name, **{key: value})), f"{key}={value!r}")
    both = _new(t.name("lags"), min_compaction_lag_ms="10", max_compaction_lag_ms="5")
    t.ask("CreateTopics", 7, _create(both), "lags contradict")
    twice = _new(t.name("twice"), retention_ms="5")
    twice["Configs"] *= 2
    t.ask("CreateTopics", 7, _create(twice), "a key twice")


def create_several_topics(t):
    good, bad = _new(t.name("good")), _new(t.name("bad"), 0)
    t.ask("CreateTopics", None, _create(good, bad), "one bad")
    twice = _new(t.name("twice"))
    t.ask("CreateTopics", None, _create(twice, twice, _new(t.name("other"))), "twice")
    many = [_new(t.name(f"many-{i}"), 3) for i in range(20)]
    t.ask("CreateTopics", None, _create(*many), "twenty")
    t.ask("CreateTopics", None, _create(_new(t.name("wide"), 200)), "200 partitions")
    t.ask("CreateTopics", None, _create(_new(t.name("too-wide"), 20000)), "20,000 partitions")


def delete_topics_by_name(t):
    for version in range(1, 6):
        name, _ = t.topic(f"v{version}")
        body = {"TopicNames": [name, t.name("missing")], "TimeoutMs": 60_000}
        t.ask("DeleteTopics", version, body, "known and unknown")
        t.settle()
        t.ask("DeleteTopics", version, {"TopicNames": [name], "TimeoutMs": 60_000}, "again")
        after = {"Topics": [{"Name": name}], "AllowAutoTopicCreation": False}
        t.ask("Metadata", 8, after, "after it")
    name, _ = t.topic("twice")
    t.ask("DeleteTopics", 5, {"TopicNames": [name, name], "TimeoutMs": 60_000}, "twice")
    t.ask("DeleteTopics", 5, {"TopicNames": [], "TimeoutMs": 60_000}, "nothing")
    for bad in BAD_NAMES:
        t.ask("DeleteTopics", 5, {"TopicNames": [bad], "TimeoutMs": 60_000}, repr(bad[:20]))


def delete_topics_by_id(t):
    def delete(label, *topics):
        states = [{"Name": name, "TopicId": topic_id} for name, topic_id in topics]
        t.ask("DeleteTopics", 6, {"Topics": states, "TimeoutMs": 60_000}, label)
        t.settle()

    name, topic = t.topic("one")
    delete("name and id", (name, topic))
    delete("neither", (None, ZERO_UUID))
    delete("unknown id", (None, UNKNOWN_UUID))
    delete("unknown name", (t.name("missing"), ZERO_UUID))
    delete("id twice", (None, topic), (None, topic))
    delete("by id and by name", (None, topic), (name, ZERO_UUID))
    delete("by id", (None, topic))
    delete("again", (None, topic))
    second, second_id = t.topic("two")
    third, _ = t.topic("three")
    delete("several", (second, ZERO_UUID), (third, ZERO_UUID), (None, UNKNOWN_UUID))


def delete_and_create_again(t):
    name, first = t.topic()
    t.produce(name, [b"old"])
    t.quietly("DeleteTopics", 5, {"TopicNames": [name], "TimeoutMs": 60_000})
    t.settle()
    _, second = t.topic()
    t.note("CreateTopics", 7, {"other id": first != second})
    asked = {"Partition": 0, "FetchOffset": 0, "PartitionMaxBytes": 1000}
    for label, topic in [("new", second), ("old", first)]:
        topics = [{"TopicId": topic, "Partitions": [asked]}]
        t.ask("Fetch", 13, {"MaxWaitMs": 0, "Topics": topics}, label)


def create_partitions(t):
    for version in t.versions("CreatePartitions"):
        name, _ = t.topic(f"v{version}", 2)

        def ask(label, count, rows=None, name=name, version=version, **more):
            topic = {"Name": name, "Count": count}
            topic["Assignments"] = None if rows is None else [{"BrokerIds": row} for row in rows]
            body = {"Topics": [topic], "TimeoutMs": 60_000, **more}
            t.ask("CreatePartitions", version, body, label)

        ask("validated", 3, ValidateOnly=True)
        for count in (3, 3, 2, 0, -1, 20000):
            ask(f"count {count}", count)
        for rows in ([[1]], [[1], [1]], [[7]], [[1, 1]], [[]], [[1, 7]], []):
            ask(f"assigned {rows}", 4, rows, ValidateOnly=True)
        ask("assigned", 4, [[1]])
        ask("unknown topic", 4, name=t.name("missing"))
        ask("invalid topic", 4, name="a b")
        t.settle()
        t.ask("Metadata", 8, {"Topics": [{"Name": name}]}, "after it")
    twice = [{"Name": name, "Count": 9, "Assignments": None}] * 2
    t.ask("CreatePartitions", 3, {"Topics": twice, "TimeoutMs": 60_000}, "twice")
    t.ask("CreatePartitions", 3, {"Topics": [], "TimeoutMs": 60_000}, "nothing")


def elect_leaders(t):
    name, _ = t.topic("topic", 2)
    for version in t.versions("ElectLeaders"):
        for kind in (0, 1):
            for label, topic, partitions in [
                ("known", name, [0, 1]), ("partition", name, [9]), ("unknown", t.name("missing"), [0]),
                ("invalid", "a b", [0]), ("no partition", name, []), ("negative", name, [-1]),
            ]:  # fmt: skip
                topics = [{"Topic": topic, "Partitions": partitions}]
                body = {"ElectionType": kind, "TopicPartitions": topics, "TimeoutMs": 60_000}
                t.ask("ElectLeaders", version, body, f"{label} {kind}")
            body = {"ElectionType": kind, "TopicPartitions": [], "TimeoutMs": 60_000}
            t.ask("ElectLeaders", version, body, f"nothing {kind}")
    body = {"ElectionType": 5, "TopicPartitions": [], "TimeoutMs": 60_000}
    t.ask("ElectLeaders", 2, body, "type 5")
    for kind in (0, 1):
        body = {"ElectionType": kind, "TopicPartitions": None, "TimeoutMs": 60_000}
        answer = t.quietly("ElectLeaders", 2, body)
        rows = [row for row in answer["ReplicaElectionResults"] if row["Topic"] == name]
        found = {"ErrorCode": answer["ErrorCode"], "ReplicaElectionResults": rows}
        t.note("ElectLeaders", 2, found, f"all {kind}")


def alter_partition_reassignments(t):
    name, _ = t.topic("topic", 2)

    def ask(version, label, topic, partition, replicas, **more):
        partitions = [{"PartitionIndex": partition, "Replicas": replicas}]
        topics = [{"Name": topic, "Partitions": partitions}]
        body = {"TimeoutMs": 60_000, "Topics": topics, **more}
        t.ask("AlterPartitionReassignments", version, body, label)

    for version in t.versions("AlterPartitionReassignments"):
        for replicas in ([1], None, [], [7], [1, 7], [1, 1], [-1]):
            ask(version, f"replicas {replicas}", name, 0, replicas)
            if version:
                ask(version, f"replicas {replicas}, fixed", name, 0, replicas, AllowReplicationFactorChange=False)
        ask(version, "partition", name, 5, [1])
        ask(version, "partition, cancelled", name, 5, None)
        ask(version, "unknown", t.name("missing"), 0, [1])
        ask(version, "unknown, cancelled", t.name("missing"), 0, None)
        t.ask("AlterPartitionReassignments", version, {"Topics": [], "TimeoutMs": 60_000}, "nothing")


def list_partition_reassignments(t):
    name, _ = t.topic("topic", 2)
    for label, topics in [
        ("all", None), ("nothing", []), ("known", [{"Name": name, "PartitionIndexes": [0, 1]}]),
        ("partition", [{"Name": name, "PartitionIndexes": [9]}]),
        ("unknown", [{"Name": t.name("missing"), "PartitionIndexes": [0]}]),
    ]:  # fmt: skip
        body = {"TimeoutMs": 60_000, "Topics": topics}
        t.ask("ListPartitionReassignments", 0, body, label)


def describe_log_dirs(t):
    name, _ = t.topic("topic", 2)
    t.produce(name, [b"a" * 100] * 5, 1)
    for version in t.versions("DescribeLogDirs"):
        for label, topics in [
            ("known", [{"Topic": name, "Partitions": [0, 1]}]),
            ("one", [{"Topic": name, "Partitions": [1]}]),
            ("partition", [{"Topic": name, "Partitions": [7]}]),
            ("unknown", [{"Topic": t.name("missing"), "Partitions": [0]}]),
            ("no partition", [{"Topic": name, "Partitions": []}]),
            ("nothing", []),
        ]:
            t.ask("DescribeLogDirs", version, {"Topics": topics}, label)
    everything = t.quietly("DescribeLogDirs", None, {"Topics": None})
    topics = [topic for result in everything["Results"] for topic in result["Topics"]]
    own = [topic for topic in topics if topic["Name"] == name]
    t.note("DescribeLogDirs", 4, {"Topics": own}, "among all")


def alter_replica_log_dirs(t):
    """With one directory nothing can move; what is refused, and how."""
    name, _ = t.topic("topic", 2)
    (directory,) = t.quietly("DescribeLogDirs", None, {"Topics": []})["Results"]
    here, missing = directory["LogDir"], t.name("missing")

    def to(path, *topics):
        rows = [{"Name": topic, "Partitions": partitions} for topic, partitions in topics]
        return {"Path": path, "Topics": rows}

    for version in t.versions("AlterReplicaLogDirs"):
        for label, dirs in [
            ("here", [to(here, (name, [0, 1]))]),
            ("elsewhere", [to("/no/such/directory", (name, [0]))]),
            ("spelt otherwise", [to(here + "/", (name, [0]))]),
            ("partition", [to(here, (name, [7]))]),
            ("negative", [to(here, (name, [-1]))]),
            ("unknown", [to(here, (missing, [0]))]),
            ("unknown, elsewhere", [to("relative", (missing, [0]))]),
            ("no partition", [to(here, (name, []))]),
            ("no topic", [to(here)]),
            ("nothing", []),
            ("twice", [to(here, (name, [0, 0, 1]))]),
            ("two directories", [to("/other", (name, [0])), to(here, (name, [1]))]),
        ]:
            t.ask("AlterReplicaLogDirs", version, {"Dirs": dirs}, label)
