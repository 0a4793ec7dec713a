# SPDX-License-Identifier: Apache-2.0
"""DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources."""
TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)


def _describe(kind, name, keys=None, **more):
    resource = {"ResourceType": kind, "ResourceName": name, "ConfigurationKeys": keys}
    return {"Resources": [resource], **more}


def _alter(kind, name, *changes, **more):
    """changes: (key, operation, value)."""
    configs = [{"Name": k, "ConfigOperation": o, "Value": v} for k, o, v in changes]
    resource = {"ResourceType": kind, "ResourceName": name, "Configs": configs}
    return {"Resources": [resource], **more}


def _replace(kind, name, configs, **more):
    rows = [{"Name": key, "Value": value} for key, value in configs.items()]
    resource = {"ResourceType": kind, "ResourceName": name, "Configs": rows}
    return {"Resources": [resource], **more}


def describe_topic_configs(t):
    name, _ = t.topic(retention_ms=5000, cleanup_policy="compact", segment_bytes=2000000)
    for version in t.versions("DescribeConfigs"):
        for synonyms in (False, True):
            more = {"IncludeSynonyms": synonyms, "IncludeDocumentation": synonyms}
            t.ask("DescribeConfigs", version, _describe(TOPIC, name, **more), f"all {synonyms}")
            keys = ["retention.ms", "no.such.key", "max.message.bytes", "retention.ms"]
            t.ask("DescribeConfigs", version, _describe(TOPIC, name, keys, **more), f"some {synonyms}")
        t.ask("DescribeConfigs", version, _describe(TOPIC, name, []), "none")
    t.ask("DescribeConfigs", 4, {"Resources": []}, "nothing")


def describe_broker_configs(t):
    for version in t.versions("DescribeConfigs"):
        more = {"IncludeSynonyms": True, "IncludeDocumentation": True}
        t.ask("DescribeConfigs", version, _describe(BROKER, "1", **more), "this")
        t.ask("DescribeConfigs", version, _describe(BROKER, "", **more), "default")
        keys = ["log.retention.hours", "num.io.threads", "message.max.bytes", "no.such.key"]
        t.ask("DescribeConfigs", version, _describe(BROKER, "1", keys, **more), "some")


def describe_strange_configs(t):
    for kind, name in [
        (TOPIC, t.name("missing")), (TOPIC, ""), (TOPIC, "a b"), (BROKER, "7"), (BROKER, "x"), (BROKER, "-1"),
        (LOGGER, ""), (LOGGER, "7"), (LOGGER, "x"), (CLIENT_METRICS, "any"), (CLIENT_METRICS, ""), (GROUP, "g"),
        (GROUP, ""), (0, "x"), (1, "x"), (3, "x"), (64, "x"), (-1, "x"), (127, "x"),
    ]:  # fmt: skip
        more = {"IncludeSynonyms": True, "IncludeDocumentation": True}
        t.ask("DescribeConfigs", 4, _describe(kind, name, **more), f"{kind} {name!r}")
    twice = _describe(BROKER, "1", ["num.io.threads"])["Resources"] * 2
    t.ask("DescribeConfigs", 4, {"Resources": twice}, "twice")


def describe_broker_logger(t):
    answer = t.quietly("DescribeConfigs", 4, _describe(LOGGER, "1", IncludeDocumentation=True))
    result = answer["Results"][0]
    rows = result["Configs"]
    shape = {key: rows[0][key] for key in rows[0] if key not in ("Name", "Value", "Synonyms")}
    found = {"ErrorCode": result["ErrorCode"], "root": any(r["Name"] == "root" for r in rows)}
    t.note("DescribeConfigs", 4, {**found, **shape}, "logger")


def incremental_alter_topic(t):
    name, _ = t.topic(retention_ms=5000, cleanup_policy="delete")
    for version in t.versions("IncrementalAlterConfigs"):
        for label, change in [
            ("set", ("retention.ms", SET, "7000")), ("bad value", ("retention.ms", SET, "x")),
            ("null", ("retention.ms", SET, None)), ("delete", ("retention.ms", DELETE, None)),
            ("delete with value", ("retention.ms", DELETE, "5")), ("delete unset", ("segment.ms", DELETE, None)),
            ("append", ("cleanup.policy", APPEND, "compact")), ("append again", ("cleanup.policy", APPEND, "compact")),
            ("subtract", ("cleanup.policy", SUBTRACT, "delete")), ("subtract missing", ("cleanup.policy", SUBTRACT, "delete")),
            ("append bad", ("cleanup.policy", APPEND, "other")), ("append to a number", ("retention.ms", APPEND, "5")),
            ("subtract from a number", ("retention.ms", SUBTRACT, "5")), ("unknown key", ("no.such.key", SET, "1")),
            ("unknown key deleted", ("no.such.key", DELETE, None)), ("empty key", ("", SET, "1")),
            ("operation 9", ("retention.ms", 9, "5")), ("operation -1", ("retention.ms", -1, "5")),
            ("append null", ("cleanup.policy", APPEND, None)), ("too many replicas", ("min.insync.replicas", SET, "9")),
            ("throttled", ("leader.replication.throttled.replicas", SET, "0:1,1:1")),
            ("throttled more", ("leader.replication.throttled.replicas", APPEND, "2:1")),
            ("throttled wrong", ("leader.replication.throttled.replicas", SET, "what")),
        ]:  # fmt: skip
            body = _alter(TOPIC, name, change, ValidateOnly=True)
            t.ask("IncrementalAlterConfigs", version, body, f"{label}, validated")
            t.ask("IncrementalAlterConfigs", version, _alter(TOPIC, name, change), label)
            t.settle()
            shown = _describe(TOPIC, name, [change[0]], IncludeSynonyms=True)
            t.ask("DescribeConfigs", 4, shown, f"after {label}")


def incremental_alter_several(t):
    name, _ = t.topic()
    other, _ = t.topic("other")
    two = _alter(TOPIC, name, ("retention.ms", SET, "1"), ("retention.ms", SET, "2"))
    t.ask("IncrementalAlterConfigs", 1, two, "a key twice")
    both = [_alter(TOPIC, name, ("retention.ms", SET, "x")), _alter(TOPIC, other, ("retention.ms", SET, "9"))]
    body = {"Resources": [one["Resources"][0] for one in both]}
    t.ask("IncrementalAlterConfigs", 1, body, "one bad")
    t.settle()
    t.ask("DescribeConfigs", 4, _describe(TOPIC, other, ["retention.ms"]), "the good one")
    twice = _alter(TOPIC, name, ("retention.ms", SET, "5"))["Resources"] * 2
    t.ask("IncrementalAlterConfigs", 1, {"Resources": twice}, "a resource twice")
    t.ask("IncrementalAlterConfigs", 1, {"Resources": []}, "nothing")
    t.ask("IncrementalAlterConfigs", 1, _alter(TOPIC, name), "no change")
    for kind, target in [
        (TOPIC, t.name("missing")), (TOPIC, ""), (TOPIC, "a b"), (BROKER, "7"), (BROKER, "x"), (0, "x"), (3, "x"),
        (99, "x"), (LOGGER, "1"), (LOGGER, "7"), (LOGGER, "x"), (LOGGER, ""),
    ]:  # fmt: skip
        body = _alter(kind, target, ("retention.ms", SET, "5"))
        t.ask("IncrementalAlterConfigs", 1, body, f"{kind} {target!r}")


def incremental_alter_broker(t):
    for target in ("1", ""):
        for change in [
            ("log.retention.ms", SET, "86400000"), ("log.retention.ms", SET, "x"), ("message.max.bytes", SET, "2000000"),
            ("node.id", SET, "5"), ("log.dirs", SET, "/tmp"), ("no.such.key", SET, "5"), ("num.io.threads", SET, "5"),
            ("num.io.threads", SET, "0"), ("num.io.threads", SET, "100"), ("log.cleaner.threads", SET, "2"),
            ("listeners", SET, "PLAINTEXT://localhost:1"), ("max.connections", SET, "1000"),
            ("ssl.keystore.password", SET, "secret"), ("min.insync.replicas", SET, "1"), ("min.insync.replicas", SET, "0"),
            ("log.segment.bytes", SET, "1048576"), ("compression.type", SET, "gzip"), ("leader.replication.throttled.rate", SET, "5"),
            ("log.cleanup.policy", APPEND, "compact"), ("background.threads", SET, "6"), ("process.roles", SET, "broker"),
        ]:  # fmt: skip
            label = f"{target!r} {change[0]} {change[1]} {change[2]}"
            t.ask("IncrementalAlterConfigs", 1, _alter(BROKER, target, change, ValidateOnly=True), f"{label}, validated")
            t.ask("IncrementalAlterConfigs", 1, _alter(BROKER, target, change), label)
            t.settle()
            for shown in ("1", ""):
                body = _describe(BROKER, shown, [change[0]], IncludeSynonyms=True)
                t.ask("DescribeConfigs", 4, body, f"{shown!r} after {label}")
            t.quietly("IncrementalAlterConfigs", 1, _alter(BROKER, target, (change[0], DELETE, None)))
            t.settle()
            t.ask("DescribeConfigs", 4, body, f"deleted {label}")


def broker_defaults_reach_topics(t):
    name, _ = t.topic()
    for target, key, value, shown in [
        ("", "log.retention.ms", "12345678", "retention.ms"), ("1", "log.retention.ms", "2345678", "retention.ms"),
        ("1", "message.max.bytes", "3000000", "max.message.bytes"), ("", "log.flush.interval.ms", "777", "flush.ms"),
    ]:  # fmt: skip
        t.quietly("IncrementalAlterConfigs", 1, _alter(BROKER, target, (key, SET, value)))
        t.settle()
        body = _describe(TOPIC, name, [shown], IncludeSynonyms=True)
        t.ask("DescribeConfigs", 4, body, f"{target!r} {key}")
        t.ask("DescribeConfigs", 1, body, f"{target!r} {key}")
    for target, key in [("", "log.retention.ms"), ("1", "log.retention.ms"), ("1", "message.max.bytes"), ("", "log.flush.interval.ms")]:
        t.quietly("IncrementalAlterConfigs", 1, _alter(BROKER, target, (key, DELETE, None)))
    t.settle()


def alter_broker_logger(t):
    for change in [
        ("root", SET, "INFO"), ("root", SET, "debug"), ("root", SET, "WRONG"), ("root", DELETE, None),
        ("no.such.logger", SET, "INFO"), ("no.such.logger", DELETE, None), ("root", APPEND, "INFO"),
    ]:  # fmt: skip
        label = " ".join(map(str, change))
        t.ask("IncrementalAlterConfigs", 1, _alter(LOGGER, "1", change, ValidateOnly=True), label)
    t.ask("AlterConfigs", 2, _replace(LOGGER, "1", {"root": "INFO"}), "not incremental")


def alter_client_metrics_and_groups(t):
    name = t.name("resource")
    for kind, changes in [
        (CLIENT_METRICS, [
            ("interval.ms", SET, "5000"), ("interval.ms", SET, "1"), ("interval.ms", SET, "x"), ("metrics", SET, "a.b,c"),
            ("metrics", APPEND, "d"), ("match", SET, "client_id=a.*"), ("match", SET, "what"), ("no.such.key", SET, "1"),
        ]),
        (GROUP, [
            ("consumer.session.timeout.ms", SET, "50000"), ("consumer.session.timeout.ms", SET, "1"),
            ("consumer.heartbeat.interval.ms", SET, "6000"), ("share.auto.offset.reset", SET, "earliest"),
            ("share.auto.offset.reset", SET, "other"), ("no.such.key", SET, "1"), ("streams.num.standby.replicas", SET, "1"),
            ("share.record.lock.duration.ms", SET, "20000"), ("share.record.lock.duration.ms", SET, "1"),
        ]),
    ]:  # fmt: skip
        for change in changes:
            label = " ".join(map(str, change))
            t.ask("IncrementalAlterConfigs", 1, _alter(kind, name, change), f"{kind} {label}")
            t.settle()
            shown = _describe(kind, name, [change[0]], IncludeSynonyms=True)
            t.ask("DescribeConfigs", 4, shown, f"after {kind} {label}")
        t.ask("DescribeConfigs", 4, _describe(kind, name, IncludeSynonyms=True), f"{kind} whole")
        t.ask("IncrementalAlterConfigs", 1, _alter(kind, "", changes[0]), f"{kind} without name")
        t.ask("AlterConfigs", 2, _replace(kind, name, {changes[0][0]: changes[0][2]}), f"{kind} replaced")
        t.settle()
        for version in t.versions("ListConfigResources"):
            t.ask("ListConfigResources", version, {"ResourceTypes": [kind]}, f"{kind}")


def alter_configs(t):
    name, _ = t.topic(retention_ms=5000)
    for version in t.versions("AlterConfigs"):
        for label, configs in [
            ("two", {"retention.ms": "1", "segment.ms": "77"}), ("one", {"segment.ms": "78"}), ("none", {}),
            ("bad", {"segment.ms": "x"}), ("null", {"segment.ms": None}), ("unknown key", {"no.such.key": "1"}),
        ]:  # fmt: skip
            t.ask("AlterConfigs", version, _replace(TOPIC, name, configs, ValidateOnly=True), f"{label}, validated")
            t.ask("AlterConfigs", version, _replace(TOPIC, name, configs), label)
            t.settle()
            t.ask("DescribeConfigs", 4, _describe(TOPIC, name, ["retention.ms", "segment.ms"]), f"after {label}")
        for kind, target in [(TOPIC, t.name("missing")), (TOPIC, ""), (BROKER, "7"), (0, "x"), (BROKER, "x"), (99, "x")]:
            t.ask("AlterConfigs", version, _replace(kind, target, {"segment.ms": "5"}), f"{kind} {target!r}")
    t.ask("AlterConfigs", 2, _replace(BROKER, "1", {"log.retention.ms": "600000"}), "broker")
    t.settle()
    t.ask("DescribeConfigs", 4, _describe(BROKER, "1", ["log.retention.ms"], IncludeSynonyms=True), "broker")
    t.ask("AlterConfigs", 2, _replace(BROKER, "1", {}), "broker, none")
    t.settle()
    t.ask("DescribeConfigs", 4, _describe(BROKER, "1", ["log.retention.ms"], IncludeSynonyms=True), "broker")
    twice = _replace(TOPIC, name, {"segment.ms": "5"})["Resources"] * 2
    t.ask("AlterConfigs", 2, {"Resources": twice}, "twice", silent=True)


def list_config_resources(t):
    name, _ = t.topic()
    for kinds in ([], [TOPIC], [BROKER], [LOGGER], [CLIENT_METRICS], [GROUP], [TOPIC, BROKER], [0], [99], [-1]):
        for version in t.versions("ListConfigResources"):
            answer = t.quietly("ListConfigResources", version, {"ResourceTypes": kinds})
            rows = [r for r in answer["ConfigResources"] if r.get("ResourceType") != TOPIC or r["ResourceName"] == name]
            found = {"ErrorCode": answer["ErrorCode"], "ConfigResources": rows}
            t.note("ListConfigResources", version, found, f"{kinds}")
