# SPDX-License-Identifier: Apache-2.0
"""ConsumerGroupHeartbeat and ConsumerGroupDescribe: members join, share, leave and are fenced."""
from milena_test import batch, schema, wire

from members import prepare
from scenarios.s62_offsets import OFFSETS_PARTITIONS, OFFSETS_TOPIC

GROUP_RESOURCE, SET = 32, 0
NOTHING = {
    "RebalanceTimeoutMs": -1, "SubscribedTopicNames": None, "TopicPartitions": None,
    "InstanceId": None, "RackId": None, "ServerAssignor": None,
}  # fmt: skip


class Group:
    """Of one topic; members' epochs are those that they were told last."""

    def __init__(self, t, suffix="group", partitions=4):
        self.t, self.name = t, t.name(suffix)
        self.topic, self.topic_id = t.topic(f"{suffix}-topic", partitions)
        self.epochs = {}
        prepare(t, self.name)
        self.configure("consumer.assignment.interval.ms", "0")

    def configure(self, key, value):
        change = {"Name": key, "ConfigOperation": SET, "Value": value}
        row = {"ResourceType": GROUP_RESOURCE, "ResourceName": self.name, "Configs": [change]}
        self.t.ask("IncrementalAlterConfigs", 1, {"Resources": [row]}, f"{key}={value}")
        self.t.settle()

    def owned(self, *partitions):
        return [{"TopicId": self.topic_id, "Partitions": list(partitions)}] if partitions else []

    def beat(self, member, label="", epoch=None, version=1, **more):
        epoch = self.epochs.get(member, 0) if epoch is None else epoch
        body = {"GroupId": self.name, "MemberId": member, "MemberEpoch": epoch, **NOTHING}
        if version >= 1:
            body["SubscribedTopicRegex"] = None
        answer = self.t.ask(
            "ConsumerGroupHeartbeat", version, {**body, **more}, f"{member} {label}".strip()
        )
        if answer.get("ErrorCode") == 0:
            self.epochs[member] = answer["MemberEpoch"]
        return answer

    def join(self, member, label="joins", topics=None, **more):
        wanted = {"SubscribedTopicNames": [self.topic] if topics is None else topics}
        return self.beat(
            member, label, 0, **{"RebalanceTimeoutMs": 60_000, "TopicPartitions": [], **wanted, **more}
        )

    def leave(self, member, label="leaves", **more):
        self.beat(member, label, -1, **more)
        self.epochs.pop(member, None)

    def describe(self, label=""):
        for version in self.t.versions("ConsumerGroupDescribe"):
            body = {"GroupIds": [self.name], "IncludeAuthorizedOperations": version > 0}
            self.t.ask("ConsumerGroupDescribe", version, body, label)


def consumer_group_of_two(t):
    group = Group(t)
    group.join("a")
    group.describe("one member")
    group.beat("a", "idle")
    group.join("b")
    group.describe("two members")
    group.beat("b", "waits")
    group.beat("a", "is told to give up")
    group.beat("a", "still has all", TopicPartitions=group.owned(0, 1, 2, 3))
    group.describe("revoking")
    owned = _assigned(group.beat("a", "asks in full", SubscribedTopicNames=[group.topic],
                                 RebalanceTimeoutMs=60_000, TopicPartitions=group.owned(0, 1, 2, 3)))
    group.beat("a", "has given up", TopicPartitions=group.owned(*owned))
    group.beat("b", "gets the rest")
    group.describe("stable")
    group.beat("a", "earlier epoch with what it has", 2, TopicPartitions=group.owned(*owned))
    group.beat("a", "earlier epoch with more", 2, TopicPartitions=group.owned(0, 1, 2, 3))
    group.leave("a")
    group.beat("b", "gets all")
    group.describe("one is left")
    group.leave("b")
    group.describe("empty")
    group.join("c", "joins the empty group")
    group.leave("c")


def _assigned(answer):
    topics = (answer.get("Assignment") or {}).get("TopicPartitions", [])
    return topics[0]["Partitions"] if topics else []


def consumer_heartbeat_refused(t):
    group = Group(t)
    for version in t.versions("ConsumerGroupHeartbeat"):
        v = {"version": version}
        group.join("a", "no group id", GroupId="", **v)
        group.join("a", "blank group id", GroupId=" ", **v)
        group.join("a", "empty instance id", InstanceId="", **v)
        group.join("a", "empty rack", RackId="", **v)
        group.join("a", "no rebalance timeout", RebalanceTimeoutMs=-1, **v)
        group.join("a", "owns unknown", TopicPartitions=None, **v)
        group.join("a", "owns something", TopicPartitions=group.owned(0), **v)
        group.join("a", "wants unknown", SubscribedTopicNames=None, **v)
        group.join("a", "unknown assignor", ServerAssignor="none", **v)
        group.beat("a", "epoch -2 without instance", -2, **v)
        group.beat("a", "epoch -3", -3, **v)
        group.beat("", "no member id", 1, **v)
        group.beat("", "no member id leaves", -1, **v)
        group.beat("a", "no such group", 1, GroupId=t.name("missing"), **v)
        group.beat("a", "leaves no such group", -1, GroupId=t.name("missing"), **v)
    group.beat("", "no member id", 0, **NOTHING | {"TopicPartitions": [], "RebalanceTimeoutMs": 1})
    group.join("a", "joins", version=0)
    group.beat("a", "newer epoch", 7)
    group.beat("a", "older epoch", 1)
    group.beat("x", "unknown member", 1)
    group.leave("x", "unknown member leaves")
    group.beat("a", "broken expression", SubscribedTopicRegex="(")
    t.ask("ConsumerGroupDescribe", 1, {"GroupIds": [t.name("missing")]}, "missing")
    t.ask("ConsumerGroupDescribe", 1, {"GroupIds": [""]}, "no id")
    t.ask("ConsumerGroupDescribe", 1, {"GroupIds": []}, "none")


def consumer_group_static(t):
    group = Group(t)
    group.join("a", InstanceId="one")
    group.join("b", "with the same instance", InstanceId="one")
    group.beat("b", "pretends", 2, InstanceId="one")
    group.beat("a", "unknown instance", 2, InstanceId="two")
    group.beat("b", "goes as another", -2, InstanceId="one")
    group.beat("a", "goes for now", -2, InstanceId="one")
    group.describe("away")
    group.beat("a", "speaks though away", 2, InstanceId="one")
    group.join("b", "comes back as another", InstanceId="one")
    group.describe("back")
    group.join("c")
    group.describe("two")
    group.leave("b", "leaves with a wrong instance", InstanceId="two")
    group.leave("b", InstanceId="one")
    group.beat("c", "gets all")
    group.leave("c")


def consumer_group_subscriptions(t):
    group = Group(t)
    other, _ = t.topic("other", 2)
    group.join("a", topics=[group.topic, t.name("missing")])
    group.beat("a", "wants another", SubscribedTopicNames=[other])
    group.describe("revoking")
    group.beat("a", "has given up", TopicPartitions=[])
    group.describe("other topic")
    group.beat("a", "wants nothing", SubscribedTopicNames=[], TopicPartitions=[])
    group.describe("nothing")
    group.beat("a", "wants the first", SubscribedTopicNames=[group.topic], TopicPartitions=[])
    group.beat("a", "range", ServerAssignor="range")
    group.join("b", ServerAssignor="range")
    group.describe("range")
    t.client.request("CreatePartitions", 3, {
        "Topics": [{"Name": group.topic, "Count": 6, "Assignments": None}], "TimeoutMs": 60_000,
    })
    t.settle()
    group.beat("b", "after the topic grew")
    group.describe("grown")
    group.leave("a")
    group.leave("b")


def consumer_group_expression(t):
    prefix = t.name("match-")
    t.topic("match-a", 2)
    group = Group(t)  # waits until the coordinator knows of the topic, too
    group.join("a", "expression", topics=[], SubscribedTopicRegex=f"{prefix}.*")
    described = {"GroupIds": [group.name]}
    t.until(
        "ConsumerGroupDescribe", 1, described, lambda a: a["Groups"][0]["GroupEpoch"] > 1, "resolved"
    )
    group.beat("a", "gets what matches")
    group.describe("matched")
    group.beat("a", "wants a name instead", SubscribedTopicRegex="", SubscribedTopicNames=[group.topic])
    group.beat("a", "has given up", TopicPartitions=[])
    group.describe("by name")
    group.leave("a")


def consumer_group_configured(t):
    group = Group(t)
    group.configure("consumer.heartbeat.interval.ms", "6000")
    group.join("a")
    group.configure("consumer.heartbeat.interval.ms", "5000")
    group.beat("a", "another interval")
    for states, types in ((["stable"], ["consumer"]), ([], ["classic"]), (["empty"], []), ([], [])):
        listed = t.quietly("ListGroups", 5, {"StatesFilter": states, "TypesFilter": types})["Groups"]
        own = [row for row in listed if row["GroupId"] == group.name]  # not other scenarios'
        t.note("ListGroups", 5, {"Groups": own}, f"{states} {types}")
    t.ask("DescribeGroups", 6, {"Groups": [group.name]}, "as classic")
    t.ask("DescribeGroups", 5, {"Groups": [group.name]}, "as classic")
    t.ask("DeleteGroups", 2, {"GroupsNames": [group.name]}, "with a member")
    group.leave("a")
    t.ask("DeleteGroups", 2, {"GroupsNames": [group.name]}, "empty")
    group.describe("deleted")


def consumer_group_offsets(t):
    group = Group(t)
    group.join("a")
    partition = {"PartitionIndex": 0, "CommittedOffset": 5, "CommittedMetadata": ""}
    topic = {"TopicId": group.topic_id, "Partitions": [partition]}
    commit = {"GroupId": group.name, "MemberId": "a", "Topics": [topic]}
    for label, more in (
        ("epoch 2", {"GenerationIdOrMemberEpoch": 2}),
        ("epoch 3", {"GenerationIdOrMemberEpoch": 3}),
        ("epoch 1", {"GenerationIdOrMemberEpoch": 1}),
        ("epoch -1", {"GenerationIdOrMemberEpoch": -1}),
        ("another member", {"GenerationIdOrMemberEpoch": 2, "MemberId": "b"}),
        ("no member", {"GenerationIdOrMemberEpoch": -1, "MemberId": ""}),
    ):
        t.ask("OffsetCommit", 10, {**commit, **more}, label)
    for member, epoch in (("a", 2), ("a", 1), ("a", 3), ("b", 2), (None, -1), ("", -1)):
        asked = {"GroupId": group.name, "MemberId": member, "MemberEpoch": epoch, "Topics": None}
        t.ask("OffsetFetch", 10, {"Groups": [asked], "RequireStable": True}, f"{member} {epoch}")
    deleted = {"Name": group.topic, "Partitions": [{"PartitionIndex": 0}]}
    t.ask("OffsetDelete", 0, {"GroupId": group.name, "Topics": [deleted]}, "subscribed")
    group.leave("a")
    t.ask("OffsetDelete", 0, {"GroupId": group.name, "Topics": [deleted]}, "empty")


def consumer_group_records(t):
    group = Group(t)
    group.join("a", InstanceId="one", RackId="r")
    group.join("b", ServerAssignor="range")
    group.beat("a", "revokes", InstanceId="one")
    group.beat("a", "goes for now", -2, InstanceId="one")
    group.join("c", "comes back", InstanceId="one")
    group.leave("b")
    group.leave("c", InstanceId="one")
    for record in _records(t, group.name):
        t.note("__consumer_offsets", 0, record, "record")


def _records(t, group):
    """Membership records of the group, decoded, as the log has them."""
    schemas = schema.load()
    found = []
    for partition in range(OFFSETS_PARTITIONS):
        asked = {"Partition": partition, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20}
        body = {"MaxWaitMs": 0, "MinBytes": 0, "Topics": [{"Topic": OFFSETS_TOPIC, "Partitions": [asked]}]}
        answer = t.quietly("Fetch", 12, body)["Responses"][0]["Partitions"][0]
        for one in batch.parse(answer["Records"] or b""):
            for record in one.records:
                kind = int.from_bytes(record.key[:2], "big")
                key_schema, value_schema = _SCHEMAS.get(kind, (None, None))
                if not key_schema:
                    continue
                key = wire.decode(schemas[key_schema], 0, record.key[2:])
                if key["GroupId"] != group:
                    continue
                value = record.value and wire.decode(schemas[value_schema], 0, record.value[2:])
                if value and "MetadataHash" in value:
                    value["MetadataHash"] = value["MetadataHash"] != 0  # of the topic's random id
                found.append({"Kind": kind, "Id": key, "Content": value})
    return found


_SCHEMAS = {
    kind: (f"ConsumerGroup{name}Key", f"ConsumerGroup{name}Value")
    for kind, name in (
        (3, "Metadata"), (4, "PartitionMetadata"), (5, "MemberMetadata"), (6, "TargetAssignmentMetadata"),
        (7, "TargetAssignmentMember"), (8, "CurrentMemberAssignment"), (16, "RegularExpression"),
    )
}  # fmt: skip
