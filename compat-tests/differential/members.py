# SPDX-License-Identifier: Apache-2.0
"""Members of classic groups: each has a connection of its own, so that its request may wait."""
from milena_test.client import Client

NO_COORDINATOR_YET = (14, 15, 16)
MEMBER_ID_REQUIRED = 79
SESSION_MS = 60_000
PROTOCOLS = [("range", b"what I want")]


def prepare(t, *groups):
    """Waits until the groups have coordinators."""
    find = {"KeyType": 0, "CoordinatorKeys": list(groups)}
    t.wait_for(
        lambda: not any(row["ErrorCode"] for row in t.quietly("FindCoordinator", 6, find)["Coordinators"]),
        f"coordinators of {groups}",
    )
    described = {"Groups": list(groups)}
    t.wait_for(
        lambda: not any(
            row["ErrorCode"] in NO_COORDINATOR_YET
            for row in t.quietly("DescribeGroups", None, described)["Groups"]
        ),
        f"loaded coordinators of {groups}",
    )


class Member:
    """client is its client id, too. version is of JoinGroup; the other requests are as new."""

    def __init__(self, t, group, client, version=9, instance=None, protocols=None, type_="consumer", **fields):
        self.t, self.group, self.client, self.version = t, group, client, version
        self.instance, self.type, self.fields = instance, type_, fields
        self.protocols = protocols or PROTOCOLS
        self.id, self.generation = "", -1
        self.connection = Client(t.port, timeout=120, client_id=client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def close(self):
        self.connection.close()

    def _record(self, api, version, answer, label):
        self.t.note(api, version, answer, f"{self.client} {label}".strip())
        return answer

    def _who(self, api, version):
        body = {"GroupId": self.group, "MemberId": self.id}
        first = {"JoinGroup": 5, "SyncGroup": 3, "Heartbeat": 3}[api]
        return {**body, "GroupInstanceId": self.instance} if version >= first else body

    # JoinGroup --------------------------------------------------------------------------------------

    def send_join(self, **fields):
        asked = {"SessionTimeoutMs": SESSION_MS, "ProtocolType": self.type, **self.fields}
        asked["Protocols"] = [{"Name": name, "Metadata": data} for name, data in self.protocols]
        if self.version >= 1:
            asked.setdefault("RebalanceTimeoutMs", SESSION_MS)
        self.connection.send("JoinGroup", self.version, {**self._who("JoinGroup", self.version), **asked, **fields})

    def joined(self, label=""):
        _, answer = self.connection.receive("JoinGroup", self.version)
        if answer["ErrorCode"] in (0, MEMBER_ID_REQUIRED):
            self.id, self.generation = answer["MemberId"], answer["GenerationId"]
        return self._record("JoinGroup", self.version, answer, label)

    def join(self, label="", **fields):
        self.send_join(**fields)
        return self.joined(label)

    def enter(self, label=""):
        """Gets an id, and sends the join that waits for the others."""
        if self.version >= 4 and self.instance is None:
            self.join(f"{label} asks for an id".strip())
        self.send_join()

    # The others -------------------------------------------------------------------------------------

    def send_sync(self, shares=(), version=5, **fields):
        asked = {"GenerationId": self.generation}
        asked["Assignments"] = [{"MemberId": member.id, "Assignment": share} for member, share in shares]
        if version >= 5:
            asked |= {"ProtocolType": self.type, "ProtocolName": self.protocols[0][0]}
        self.connection.send("SyncGroup", version, {**self._who("SyncGroup", version), **asked, **fields})

    def synced(self, label="", version=5):
        _, answer = self.connection.receive("SyncGroup", version)
        return self._record("SyncGroup", version, answer, label)

    def sync(self, shares=(), label="", version=5, **fields):
        self.send_sync(shares, version, **fields)
        return self.synced(label, version)

    def heartbeat(self, label="", version=4, **fields):
        body = {**self._who("Heartbeat", version), "GenerationId": self.generation, **fields}
        answer = self.connection.request("Heartbeat", version, body)
        return self._record("Heartbeat", version, answer, label)

    def leave(self, label="", version=5, **fields):
        if version < 3:
            body = {"GroupId": self.group, "MemberId": self.id}
        else:
            body = {"GroupId": self.group, "Members": [{"MemberId": self.id, "GroupInstanceId": self.instance}]}
        answer = self.connection.request("LeaveGroup", version, {**body, **fields})
        return self._record("LeaveGroup", version, answer, label)


def describe(t, group, label=""):
    return t.ask("DescribeGroups", None, {"Groups": [group]}, label)


def until_described(t, group, condition):
    """Until condition(the group's description) holds: what was sent before has been looked at."""
    t.wait_for(
        lambda: condition(t.quietly("DescribeGroups", None, {"Groups": [group]})["Groups"][0]),
        f"description of {group}",
    )


def describe_new(t, group, label=""):
    """Apache Kafka answers the join that makes a group before others can see the group."""
    until_described(t, group, lambda found: found["GroupState"] != "Dead")
    return describe(t, group, label)


def until_joining(t, group, members):
    until_described(t, group, lambda found: len(found["Members"]) == members and found["GroupState"][0] == "P")


def make_stable(t, group, *members):
    """All join and get shares by their names; the first one leads."""
    first, *others = members
    first.enter()
    first.joined()
    for count, other in enumerate(others, 2):
        other.enter()
        until_joining(t, group, count)
        for member in members[: count - 1]:
            member.send_join()
        for member in members[:count]:
            member.joined(f"generation {count}")
    for other in others:
        other.send_sync()
    first.sync([(member, member.client.encode()) for member in members])
    for other in others:
        other.synced()
