# SPDX-License-Identifier: Apache-2.0
"""Groups with members as a data directory can hold them: of the consumer protocol (by name, by regular expression,
static), of the classic one (also static), and of both in one group."""

import time

from milena_test import coordinator, errors, schema, wire

TOPICS = ["members-one", "members-two"]
PARTITIONS = 4
CONSUMER, CLASSIC, BOTH = "members-consumer", "members-classic", "members-both"
MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS = 79, 27
SECONDS_MAX = 120.0
SESSION_MS = 600_000
SETTINGS = {
    # Members must not run out of time while one broker is stopped and the other one starts.
    "group.consumer.session.timeout.ms": str(SESSION_MS),
    "group.consumer.max.session.timeout.ms": str(SESSION_MS),
    "group.initial.rebalance.delay.ms": "0",
}


def until(ask, is_good):
    deadline = time.monotonic() + SECONDS_MAX
    while not is_good(answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time; the last answer is {answer}")
        time.sleep(0.05)
    return answer


class Consumer:
    """A member of the consumer protocol; does what it is told by its assignment."""

    def __init__(self, group, member, instance=None, regex=None, topics=()):
        self.group, self.member, self.instance = group, member, instance
        self.subscription = {"SubscribedTopicNames": list(topics), "SubscribedTopicRegex": regex}
        self.epoch, self.owned = 0, []

    def _beat(self, client, epoch, **more):
        nothing = {
            "RebalanceTimeoutMs": -1, "RackId": None, "ServerAssignor": None, "SubscribedTopicNames": None,
            "SubscribedTopicRegex": None, "TopicPartitions": None,
        }  # fmt: skip
        body = {"GroupId": self.group, "MemberId": self.member, "InstanceId": self.instance, **nothing}
        answer = client.request("ConsumerGroupHeartbeat", 1, {**body, "MemberEpoch": epoch, **more})
        errors.check(answer["ErrorCode"], f"heartbeat of {self.member}", answer["ErrorMessage"])
        self.epoch = answer["MemberEpoch"]
        if answer["Assignment"] is not None:
            self.owned = answer["Assignment"]["TopicPartitions"]
        return answer

    def join(self, client):
        self.owned = []
        full = {"RebalanceTimeoutMs": SESSION_MS, "TopicPartitions": [], **self.subscription}
        self._beat(client, 0, **full)

    def beat(self, client):
        """Tells what it owns, which is what it was assigned last."""
        self._beat(client, self.epoch, TopicPartitions=self.owned)

    def leave(self, client, for_a_while=False):
        self._beat(client, -2 if for_a_while else -1)

    def partitions(self):
        return sorted((topic["TopicId"], p) for topic in self.owned for p in topic["Partitions"])


def embedded(name, body):
    """As members of the classic protocol tell each other."""
    return b"\0\3" + wire.encode(schema.load()[name], 3, body)


def share_of(partitions):
    topic = {"Topic": TOPICS[0], "Partitions": partitions}
    return embedded("ConsumerProtocolAssignment", {"AssignedPartitions": [topic], "UserData": None})


class Classic:
    """A member of the classic protocol that subscribes to the first topic."""

    def __init__(self, group, instance=None):
        self.group, self.instance = group, instance
        self.id, self.generation, self.owned = "", -1, b""

    def who(self):
        return {"GroupId": self.group, "MemberId": self.id, "GroupInstanceId": self.instance}

    def join(self, client):
        subscription = {"Topics": TOPICS[:1], "UserData": None, "OwnedPartitions": [], "GenerationId": -1,
                        "RackId": None}  # fmt: skip
        metadata = embedded("ConsumerProtocolSubscription", subscription)
        body = {"SessionTimeoutMs": SESSION_MS, "RebalanceTimeoutMs": SESSION_MS, "ProtocolType": "consumer",
                "Protocols": [{"Name": "range", "Metadata": metadata}]}  # fmt: skip
        answer = client.request("JoinGroup", 9, {**self.who(), **body})
        if answer["ErrorCode"] == MEMBER_ID_REQUIRED:
            self.id = answer["MemberId"]
            answer = client.request("JoinGroup", 9, {**self.who(), **body})
        errors.check(answer["ErrorCode"], f"join {self.group}")
        self.id, self.generation = answer["MemberId"], answer["GenerationId"]
        leads = answer["Leader"] == self.id
        share = share_of(list(range(PARTITIONS)))  # these groups have one member
        shares = [{"MemberId": self.id, "Assignment": share}] if leads else []
        body = {"GenerationId": self.generation, "ProtocolType": "consumer", "ProtocolName": "range",
                "Assignments": shares}  # fmt: skip
        answer = client.request("SyncGroup", 5, {**self.who(), **body})
        errors.check(answer["ErrorCode"], f"sync {self.group}")
        self.owned = answer["Assignment"]

    def beat(self, client, expected=0):
        answer = client.request("Heartbeat", 4, {**self.who(), "GenerationId": self.generation})
        if answer["ErrorCode"] != expected:
            errors.check(answer["ErrorCode"], f"heartbeat in {self.group}")

    def commit(self, client, offset):
        row = {"PartitionIndex": 0, "CommittedOffset": offset, "CommittedLeaderEpoch": -1, "CommittedMetadata": ""}
        topics = [{"Name": TOPICS[0], "Partitions": [row]}]
        body = {**self.who(), "GenerationIdOrMemberEpoch": self.generation, "Topics": topics}
        answer = client.request("OffsetCommit", 9, body)["Topics"][0]["Partitions"][0]
        errors.check(answer["ErrorCode"], f"commit in {self.group}")


class World:
    def __init__(self):
        names = {"topics": TOPICS[:1]}
        self.consumers = [
            Consumer(CONSUMER, "by-name", topics=TOPICS),
            Consumer(CONSUMER, "by-pattern", regex="members-t.*"),
            Consumer(CONSUMER, "static", instance="the-static-one", topics=TOPICS),
        ]
        self.mixed = Consumer(BOTH, "modern", **names)
        self.classic, self.static = Classic(CLASSIC), Classic(f"{CLASSIC}-static", "the-static-one")
        self.old = Classic(BOTH)

    def fill(self, client):
        for topic in TOPICS:
            client.create_topic(topic, PARTITIONS)
        self.await_coordinators(client)
        for member in (self.classic, self.static, self.old):
            member.join(client)
        for number, member in enumerate((self.classic, self.static)):
            member.commit(client, 10 + number)
        for consumer in [*self.consumers, self.mixed]:
            consumer.join(client)
        self.old.join(client)  # its group has become one of the consumer protocol
        self.settle(client)

    def await_coordinators(self, client):
        groups = [CONSUMER, CLASSIC, f"{CLASSIC}-static", BOTH]
        coordinator.find(client, coordinator.GROUP, groups)
        until(
            lambda: client.request("DescribeGroups", 5, {"Groups": groups})["Groups"],
            lambda rows: not any(row["ErrorCode"] in coordinator.NOT_READY for row in rows),
        )

    def settle(self, client):
        """Until every partition of both topics has an owner and nobody's epoch is behind."""

        def go_on():
            for consumer in [*self.consumers, self.mixed]:
                consumer.beat(client)
            answer = client.request("Heartbeat", 4, {**self.old.who(), "GenerationId": self.old.generation})
            if answer["ErrorCode"] == REBALANCE_IN_PROGRESS:
                self.old.join(client)
            return [group["GroupState"] for group in self.describe(client)]

        until(go_on, lambda states: states == ["Stable", "Stable"])
        owned = sorted(p for consumer in self.consumers for p in consumer.partitions())
        assert len(set(owned)) == len(owned) == PARTITIONS * len(TOPICS), owned

    def describe(self, client):
        body = {"GroupIds": [CONSUMER, BOTH], "IncludeAuthorizedOperations": False}
        groups = client.request("ConsumerGroupDescribe", 1, body)["Groups"]
        for group in groups:
            group["Members"].sort(key=lambda member: member["MemberId"])
            for member in group["Members"]:
                member["SubscribedTopicNames"].sort()
                for assignment in (member["Assignment"], member["TargetAssignment"]):
                    assignment["TopicPartitions"].sort(key=lambda topic: topic["TopicName"])
                    for topic in assignment["TopicPartitions"]:
                        topic["Partitions"].sort()
        return sorted(groups, key=lambda group: group["GroupId"])

    def read(self, client):
        """All that a broker tells of these groups."""
        self.await_coordinators(client)
        classic = [CLASSIC, f"{CLASSIC}-static"]
        listed = client.request("ListGroups", 5, {"StatesFilter": [], "TypesFilter": []})["Groups"]
        fetched = [{"GroupId": group, "Topics": None} for group in classic]
        body = {"Groups": fetched, "RequireStable": True}
        offsets = client.request("OffsetFetch", 8, body)["Groups"]
        return {
            "consumer groups": self.describe(client),
            "classic groups": client.request("DescribeGroups", 5, {"Groups": classic})["Groups"],
            "list": sorted((tuple(group.values()) for group in listed), key=str),
            "offsets": sorted(offsets, key=lambda group: group["GroupId"]),
        }

    def go_on(self, client):
        """Members go on as if nothing had been; one goes for a while, one is new."""
        for member in (self.classic, self.static, self.old):
            member.beat(client)
        epochs = [consumer.epoch for consumer in self.consumers]
        for consumer in [*self.consumers, self.mixed]:
            consumer.beat(client)
        assert epochs == [consumer.epoch for consumer in self.consumers], "an epoch has changed"
        static = next(consumer for consumer in self.consumers if consumer.instance)
        owned = static.partitions()
        static.leave(client, for_a_while=True)
        static.member += "-again"
        static.join(client)
        assert static.partitions() == owned, "the static member has other partitions"
        self.consumers.append(Consumer(CONSUMER, f"new-{len(self.consumers)}", topics=TOPICS))
        self.consumers[-1].join(client)
        self.settle(client)
        self.classic.commit(client, 100 + len(self.consumers))
        for member in (self.classic, self.static):
            generation, owned = member.generation, member.owned
            if member is self.static:
                member.id = ""
            member.join(client)
            assert member.generation >= generation and member.owned == owned, member.owned
