# SPDX-License-Identifier: Apache-2.0
"""Groups that change their protocol while they have members, both ways, and while they have none."""
from milena_test import schema, wire

from members import Member, describe_new
from scenarios.s64_consumer_groups import Group

VERSION = 3


def _embedded(name, body):
    """As members of the classic protocol tell each other."""
    return VERSION.to_bytes(2, "big") + wire.encode(schema.load()[name], VERSION, body)


def _owned(topic, partitions):
    return [{"Topic": topic, "Partitions": list(partitions)}] if partitions else []


def _subscription(topic, *owned):
    body = {"Topics": [topic], "UserData": None, "OwnedPartitions": _owned(topic, owned)}
    return _embedded("ConsumerProtocolSubscription", {**body, "GenerationId": -1, "RackId": None})


def _assignment(topic, *partitions):
    body = {"AssignedPartitions": _owned(topic, partitions), "UserData": None}
    return _embedded("ConsumerProtocolAssignment", body)


def _classic(t, group, client="one", **more):
    return Member(t, group.name, client, protocols=[("range", _subscription(group.topic))], **more)


def _owning(member, group, *partitions):
    member.protocols = [("range", _subscription(group.topic, *partitions))]


def _describe(t, group, label):
    group.describe(label)
    t.ask("DescribeGroups", 6, {"Groups": [group.name]}, label)


def group_upgraded_and_back(t):
    group = Group(t)
    with _classic(t, group) as one:
        one.enter()
        one.joined("alone")
        one.sync([(one, _assignment(group.topic, 0, 1, 2, 3))], "has all")
        group.join("a", "upgrades")
        _describe(t, group, "upgraded")
        one.heartbeat("must join")
        one.sync((), "must join")
        one.heartbeat("another generation", GenerationId=77)
        one.heartbeat("another member", MemberId="nobody")
        _owning(one, group, 0, 1, 2, 3)
        one.join("gives up")
        one.sync((), "owns what it keeps")
        one.heartbeat("has to join again")
        _owning(one, group, 0, 1)
        one.join("has given up")
        one.sync((), "the same")
        one.sync((), "other protocol", ProtocolName="roundrobin")
        one.heartbeat("is calm")
        group.beat("a", "gets the rest")
        _describe(t, group, "mixed")
        one.join("other protocols", Protocols=[{"Name": "mine", "Metadata": b""}])
        one.join("other type", ProtocolType="connect")
        one.join("malformed", Protocols=[{"Name": "range", "Metadata": b"\xff\xff"}])
        group.leave("a", "downgrades")
        t.until(
            "DescribeGroups", 6, {"Groups": [group.name]},
            lambda a: a["Groups"][0]["GroupState"].startswith("Prep"), "downgraded",
        )
        group.describe("downgraded")
        one.heartbeat("must join")
        one.join("leads again")
        one.sync([(one, _assignment(group.topic, 0, 1, 2, 3))], "has all again")
        one.leave("goes")


def group_with_two_protocols(t):
    """Six partitions, so that two and three members get the same number each: who gets one more is up to the hash of
    ids, which are drawn."""
    group = Group(t, partitions=6)
    group.join("a")
    with _classic(t, group) as one, _classic(t, group, "two", version=3) as two:
        one.join("is told its id")
        one.join("joins")
        one.sync((), "owns nothing yet")
        group.beat("a", "is told to give up")
        group.beat("a", "has given up", TopicPartitions=group.owned(*range(6)))
        two.join("an old one joins")
        _describe(t, group, "three")
        two.leave("goes")
        two.leave("is gone")
        one.leave("goes")
        _describe(t, group, "one is left")
        group.leave("a")


def group_without_members(t):
    group = Group(t)
    with _classic(t, group) as one:
        one.enter()
        one.joined("classic")
        one.leave("goes")
        group.join("a", "takes the empty group")
        group.describe("consumer group")
        group.leave("a")
        one.join("takes it back", MemberId="")
        one.join("takes it back")
        describe_new(t, group.name, "classic again")
        one.leave("goes")


def group_not_upgraded(t):
    group = Group(t)
    with Member(t, group.name, "one", type_="connect") as one:
        one.enter()
        one.joined("of another type")
        group.join("a", "is refused")
        one.leave("goes")
    with Member(t, group.name, "two") as two:
        two.enter()
        two.joined("says nonsense")
        group.join("a", "is refused, too")
        two.leave("goes")


def group_downgraded_by_a_static_member(t):
    """It takes the place of the last one that spoke the consumer protocol."""
    group = Group(t)
    group.join("a", InstanceId="i")
    with _classic(t, group, instance="i") as one:
        one.send_join()
        one.joined("takes its place")
        _describe(t, group, "downgraded")
        one.sync([(one, _assignment(group.topic, 0, 1, 2, 3))], "has all")
        group.beat("a", "is replaced", InstanceId="i")
        one.heartbeat("is calm")
        _describe(t, group, "classic")
        one.leave("goes")
