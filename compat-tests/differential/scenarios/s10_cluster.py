# SPDX-License-Identifier: Apache-2.0
"""ApiVersions, Metadata, DescribeTopicPartitions, DescribeCluster, DescribeQuorum, UpdateFeatures."""
from session import UNKNOWN_UUID, ZERO_UUID

_SOFTWARE = {"ClientSoftwareName": "milena-test", "ClientSoftwareVersion": "1.0"}
BAD_NAMES = ["", ".", "..", "a/b", "a b", "ü", "x" * 250, "__cluster_metadata"]


def api_versions(t):
    t.ask_each_version("ApiVersions", _SOFTWARE)
    for name, version in [("", "1"), ("a", ""), ("a b", "1"), ("-a", "1"), ("a", "1!"), ("a.b-c", "1.0-x")]:
        body = {"ClientSoftwareName": name, "ClientSoftwareVersion": version}
        t.ask("ApiVersions", 3, body, f"software {name!r} {version!r}")


def api_versions_newer_than_known(t):
    t.ask_bytes(b"\0\0\0\x0b\0\x12\x7f\xff\0\0\0\x01\0\0\0", "ApiVersions 32767")
    t.ask_bytes(b"\0\0\0\x0a\0\x12\xff\xff\0\0\0\x01\0\0", "ApiVersions -1")
    t.ask("ApiVersions", 3, _SOFTWARE, "after it")


def api_versions_for_another_node(t):
    cluster = t.quietly("Metadata", None, {"Topics": []})["ClusterId"]
    for label, given, node in [
        ("right", cluster, 1), ("other cluster", "other", 1), ("other node", cluster, 7),
        ("only node", None, 7), ("only cluster", "other", -1),
    ]:  # fmt: skip
        t.ask("ApiVersions", None, {**_SOFTWARE, "ClusterId": given, "NodeId": node}, label)


def metadata_of_all_topics(t):
    t.topic("one", 3)
    t.topic("two", 1)
    t.ask_each_version("Metadata", lambda v: {"Topics": None if v else []})


def metadata_of_some_topics(t):
    name, _ = t.topic("known", 2)
    missing = t.name("missing")
    body = {"AllowAutoTopicCreation": False}
    for version in t.versions("Metadata"):
        if version >= 4:
            topics = [{"Name": name}, {"Name": missing}]
            t.ask("Metadata", version, {**body, "Topics": topics}, "known and unknown")
        t.ask("Metadata", version, {**body, "Topics": [{"Name": name}]}, "known")
        t.ask("Metadata", version, {**body, "Topics": [{"Name": name}] * 2}, "the same twice")
        if version:
            t.ask("Metadata", version, {**body, "Topics": []}, "none")


def metadata_of_invalid_names(t):
    for creating in (False, True):
        for name in BAD_NAMES:
            body = {"Topics": [{"Name": name}], "AllowAutoTopicCreation": creating}
            t.ask("Metadata", None, body, f"{name[:20]!r} {creating}")


def metadata_by_id(t):
    name, topic = t.topic()
    for version in (10, 11, 12, 13):
        for label, asked in [
            ("known", {"Name": None, "TopicId": topic}),
            ("unknown", {"Name": None, "TopicId": UNKNOWN_UUID}),
            ("zero", {"Name": None, "TopicId": ZERO_UUID}),
            ("name and id", {"Name": name, "TopicId": topic}),
        ]:
            body = {"Topics": [asked], "AllowAutoTopicCreation": False}
            t.ask("Metadata", version, body, label)
        both = [{"Name": None, "TopicId": topic}, {"Name": name, "TopicId": ZERO_UUID}]
        t.ask("Metadata", version, {"Topics": both, "AllowAutoTopicCreation": False}, "mixed")
    t.ask("Metadata", 9, {"Topics": [{"Name": None}]}, "null name before v10")


def metadata_with_authorized_operations(t):
    name, _ = t.topic()
    for version in range(8, 14):
        body = {
            "Topics": [{"Name": name}],
            "IncludeClusterAuthorizedOperations": True,
            "IncludeTopicAuthorizedOperations": True,
        }
        t.ask("Metadata", version, body)


def metadata_creates_topics(t):
    for version in (0, 3, 4, 8, 13):
        body = {"Topics": [{"Name": t.name(f"auto-{version}")}], "AllowAutoTopicCreation": True}
        t.ask("Metadata", version, body, "first")
        t.until("Metadata", version, body, _has_leaders, "then")


def _has_leaders(answer):
    (topic,) = answer["Topics"]
    return topic["Partitions"] and not any(
        one["ErrorCode"] for one in [topic, *topic["Partitions"]]
    )


def describe_topic_partitions(t):
    first, _ = t.topic("a", 3)
    second, _ = t.topic("b", 2)
    missing = {"Name": t.name("missing")}
    names = [{"Name": second}, {"Name": first}]
    api = "DescribeTopicPartitions"
    t.ask(api, 0, {"Topics": names}, "two")
    t.ask(api, 0, {"Topics": [*names, missing, {"Name": first}]}, "unknown and twice")
    for limit in (1, 2, 3, 4, 5, 6, 0, -1):
        t.ask(api, 0, {"Topics": names, "ResponsePartitionLimit": limit}, f"limit {limit}")
    for topic, partition in [(first, 1), (first, 3), (first, 99), (second, 0), ("zzz", 0), ("", 0), (first, -1)]:
        cursor = {"TopicName": topic, "PartitionIndex": partition}
        body = {"Topics": names, "ResponsePartitionLimit": 2, "Cursor": cursor}
        t.ask(api, 0, body, f"cursor {topic} {partition}")
    for name in BAD_NAMES:
        t.ask(api, 0, {"Topics": [{"Name": name}]}, repr(name[:20]))


def describe_all_topic_partitions(t):
    t.topic("a", 3)
    cursor = {"TopicName": t.name(""), "PartitionIndex": 0}
    body = {"Topics": [], "ResponsePartitionLimit": 2}
    t.ask("DescribeTopicPartitions", 0, {**body, "Cursor": cursor}, "all from a cursor on")


def describe_cluster(t):
    for operations in (False, True):
        for endpoint in (1, 2, 0, 9):
            for fenced in (False, True):
                body = {
                    "IncludeClusterAuthorizedOperations": operations,
                    "EndpointType": endpoint,
                    "IncludeFencedBrokers": fenced,
                }
                t.ask_each_version("DescribeCluster", body, f"{operations} {endpoint} {fenced}")


def describe_quorum(t):
    def of(name, *partitions):
        indexes = [{"PartitionIndex": partition} for partition in partitions]
        return {"Topics": [{"TopicName": name, "Partitions": indexes}]}

    t.ask_each_version("DescribeQuorum", of("__cluster_metadata", 0))
    t.ask_each_version("DescribeQuorum", of("__cluster_metadata", 1), "partition 1")
    t.ask_each_version("DescribeQuorum", of("other", 0), "other topic")
    t.ask_each_version("DescribeQuorum", {"Topics": []}, "no topic")
    t.ask("DescribeQuorum", 2, of("__cluster_metadata", 0, 0), "twice")
    t.ask("DescribeQuorum", 2, of("__cluster_metadata"), "no partition")


def update_features_refused(t):
    def update(feature, level, kind=1, **more):
        return {
            "FeatureUpdates": [
                {"Feature": feature, "MaxVersionLevel": level, "UpgradeType": kind, **more}
            ],
            "TimeoutMs": 60_000,
        }

    for version in t.versions("UpdateFeatures"):
        for feature, level in [
            ("metadata.version", 33), ("metadata.version", 99), ("metadata.version", 1), ("metadata.version", 0),
            ("group.version", 1), ("group.version", 9), ("group.version", -1), ("no.such.feature", 1),
            ("no.such.feature", 0), ("", 1), ("kraft.version", 9),
        ]:  # fmt: skip
            t.ask("UpdateFeatures", version, update(feature, level), f"{feature} {level}")
        t.ask("UpdateFeatures", version, {"FeatureUpdates": [], "TimeoutMs": 60_000}, "empty")
    for kind in (0, 2, 3, 4, 99):
        t.ask("UpdateFeatures", 2, update("group.version", 1, kind), f"type {kind}")
        t.ask("UpdateFeatures", 2, update("group.version", 9, kind), f"type {kind} too high")
    twice = update("group.version", 1)["FeatureUpdates"] * 2
    t.ask("UpdateFeatures", 2, {"FeatureUpdates": twice, "TimeoutMs": 60_000}, "twice")


def update_features_changes(t):
    def change(level, kind, validate_only=False):
        update = {"Feature": "share.version", "MaxVersionLevel": level, "UpgradeType": kind}
        return {"FeatureUpdates": [update], "TimeoutMs": 60_000, "ValidateOnly": validate_only}

    for label, body in [
        ("validated", change(1, 2, True)), ("lowered", change(1, 2)), ("raised", change(2, 1)),
        ("raised again", change(2, 1)), ("lowered as upgrade", change(1, 1)), ("deleted", change(0, 2)),
        ("back", change(2, 1)),
    ]:  # fmt: skip
        t.ask("UpdateFeatures", 2, body, label)
        t.settle()
        t.ask("ApiVersions", 3, _SOFTWARE, f"after {label}")


def find_coordinator(t):
    for kind in (0, 1):
        t.until(
            "FindCoordinator", 4, {"KeyType": kind, "CoordinatorKeys": ["group"]},
            lambda answer: answer["Coordinators"][0]["ErrorCode"] == 0, f"type {kind}",
        )  # fmt: skip
    for version in t.versions("FindCoordinator"):
        for kind in (0, 1, 2, 3, -1):
            for key in ("group", "", "g:" + ZERO_UUID + ":0", "g:" + ZERO_UUID, "a:b:c"):
                body = {"Key": key} if version < 4 else {"CoordinatorKeys": [key]}
                t.ask("FindCoordinator", version, {**body, "KeyType": kind}, f"{kind} {key!r}")
    t.ask("FindCoordinator", 6, {"CoordinatorKeys": []}, "no key")
    t.ask("FindCoordinator", 6, {"CoordinatorKeys": ["a", "b", "a"]}, "three keys")
