# SPDX-License-Identifier: Apache-2.0
"""A group goes from the classic protocol to the consumer protocol and back, member by member, while records flow;
under each group.consumer.migration.policy. Its members are an old Java, a new one, and librdkafka."""

import collections
import threading
import time

from common import expect, folder_of
from milena_test import batch, errors, schema, wire
from milena_test.client import Client
from milena_test.suite import chosen_broker, expect_equal

HERE = folder_of(__file__)
MEMBERS = 2
FEED_RECORDS, FEED_SECONDS = 5, 0.05
UPGRADES, DOWNGRADES = ("upgrade", "bidirectional"), ("downgrade", "bidirectional")


class Flow(threading.Thread):
    """Appends to each partition now and then."""

    def __init__(self, port, topic, partitions):
        super().__init__(daemon=True)
        self.port, self.topic, self.partitions = port, topic, partitions
        self.appended, self.problem = 0, None  # of each partition
        self._stopped = threading.Event()

    def run(self):
        try:
            records = batch.build([b"value"] * FEED_RECORDS)
            with Client(self.port) as client:
                while not self._stopped.wait(FEED_SECONDS):
                    for partition in range(self.partitions):
                        answer = client.produce(self.topic, partition, records)
                        expect(answer["ErrorCode"] == 0, f"{answer}")
                    self.appended += FEED_RECORDS
        except Exception as problem:  # noqa: BLE001 - reported by the test
            self.problem = problem

    def stop(self):
        self._stopped.set()
        self.join()
        expect(self.problem is None, f"feeding: {self.problem!r}")


class Reads:
    """What all members have read and committed, in the order of time."""

    def __init__(self, members):
        self.events = sorted(event for member in members for event in member.events)

    def places(self):
        return {place for _, what, place in self.events if what == "read"}

    def check(self):
        """Nothing is read again once a commit behind it was acknowledged."""
        committed = collections.defaultdict(int)
        for _, what, (partition, offset) in self.events:
            if what == "committed":
                committed[partition] = max(committed[partition], offset)
            else:
                behind = committed[partition]
                expect(offset >= behind, f"{partition}:{offset} is read, {behind} was committed")


def migrate(make_world, classic, consumer, policy, settings):
    """classic, consumer: the programs of members of each protocol."""
    settings = {**settings, "group.consumer.migration.policy": policy}
    with chosen_broker()(settings=settings) as broker:
        with make_world(broker, classic, f"migrate {policy}", "range") as world:
            flow = Flow(broker.port, world.topic, world.partitions)
            flow.start()
            try:
                go_both_ways(world, classic, consumer, policy)
            finally:
                flow.stop()
            everyone = world.members + world.gone
            wanted = {(p, o) for p in range(world.partitions) for o in range(flow.appended)}
            world.until(lambda: Reads(everyone).places() >= wanted, f"{len(wanted)} records are read")
            Reads(everyone).check()


def go_both_ways(world, classic, consumer, policy):
    for _ in range(MEMBERS):
        world.start()
        world.until_shared()
    until_type(world, "classic")
    if policy not in UPGRADES:
        refuse_consumers(world)
        drop_all(world)
    world.speak("consumer", consumer)
    replace(world, world.members)
    until_type(world, "consumer")
    if policy == "disabled":
        return refuse_classic(world)
    world.speak("cooperative-sticky", classic)
    # Without downgrades one has to stay, as in Kafka: classic members alone are given nothing new.
    replace(world, world.members if policy in DOWNGRADES else world.members[:-1])
    until_type(world, "classic" if policy in DOWNGRADES else "consumer")


def replace(world, members):
    """Each makes place for one of the other protocol; all the while somebody reads. Of an empty group, all come anew."""
    if not members:
        for _ in range(MEMBERS):
            world.start()
            world.until_shared()
    for member in list(members):
        world.start()
        world.until_shared()
        world.drop(member, type(member).stop)
        world.until_shared()
        until_more_is_read(world)


def drop_all(world):
    for member in list(world.members):
        world.drop(member, type(member).stop)


def refuse_classic(world):
    subscription = {"Topics": [world.topic], "UserData": None, "OwnedPartitions": [], "GenerationId": -1, "RackId": None}
    metadata = b"\0\3" + wire.encode(schema.load()["ConsumerProtocolSubscription"], 3, subscription)
    body = {
        "GroupId": world.group, "MemberId": "", "SessionTimeoutMs": 60_000, "RebalanceTimeoutMs": 60_000,
        "ProtocolType": "consumer", "Protocols": [{"Name": "range", "Metadata": metadata}],
    }  # fmt: skip
    with world.broker.client() as client:
        answer = client.request("JoinGroup", 9, body)
    expect_equal(errors.NAMES[answer["ErrorCode"]], "INCONSISTENT_GROUP_PROTOCOL", "a classic newcomer's join")
    until_more_is_read(world)
    world.until_shared()


def refuse_consumers(world):
    """Who speaks the consumer protocol can't be in the group; its members do not notice."""
    body = {
        "GroupId": world.group, "MemberId": "newcomer", "MemberEpoch": 0, "InstanceId": None, "RackId": None,
        "RebalanceTimeoutMs": 60_000, "SubscribedTopicNames": [world.topic], "SubscribedTopicRegex": None,
        "ServerAssignor": None, "TopicPartitions": [],
    }  # fmt: skip
    with world.broker.client() as client:
        answer = client.request("ConsumerGroupHeartbeat", 1, body)
    expect_equal(errors.NAMES[answer["ErrorCode"]], "GROUP_ID_NOT_FOUND", "a newcomer's heartbeat")
    until_more_is_read(world)
    world.until_shared()
    until_type(world, "classic")


def until_more_is_read(world):
    before = [len(member.events) for member in world.members]

    def more():
        return all(len(member.events) > count for member, count in zip(world.members, before))

    world.until(more, "every member reads on")


def until_type(world, wanted):
    found = []

    def is_wanted():
        with world.broker.client() as client:
            body = {"StatesFilter": [], "TypesFilter": []}
            groups = client.request("ListGroups", 5, body)["Groups"]
        found[:] = [group["GroupType"] for group in groups if group["GroupId"] == world.group]
        return found == [wanted]

    world.until(is_wanted, f"the group is of the type {wanted}")
