# SPDX-License-Identifier: Apache-2.0
"""JoinGroup, SyncGroup, Heartbeat, LeaveGroup: one member, several, static ones."""
from members import Member, describe, describe_new, make_stable, prepare, until_described, until_joining

# A time that is waited for, and in which a few requests must be answered also by a busy machine.
SHORT_MS = 6000


def classic_each_version(t):
    for version in t.versions("JoinGroup"):
        group = t.name(f"v{version}")
        prepare(t, group)
        with Member(t, group, "one", version) as one:
            one.enter()
            one.joined("joins")
            describe_new(t, group, "joined")
            sync, beat = min(version, 5), min(version, 4)
            one.sync([(one, b"all")], "leads", sync)
            one.sync((), "once more", sync)
            one.heartbeat("alive", beat)
            describe(t, group, "stable")
            one.join("again, as leader")
            one.heartbeat("before it syncs", beat)
            one.join("again, in the same generation")
            one.sync([(one, b"more")], "leads again", sync)
            one.leave("goes", min(version, 5))
            one.leave("is gone", min(version, 5))
            describe(t, group, "empty")
            one.heartbeat("after it left", beat)
            one.sync((), "after it left", sync)
            one.join("after it left")


def classic_join_refused(t):
    group = t.name("group")
    prepare(t, group, "")
    for version in t.versions("JoinGroup"):
        with Member(t, group, "one", version) as one:
            one.join("no group", GroupId="")
            one.join("short session", SessionTimeoutMs=499)
            one.join("long session", SessionTimeoutMs=1_800_001)
            one.join("no protocols", Protocols=[])
            one.join("no type", ProtocolType="")
            one.join("unknown", MemberId="nobody")
            one.join("unknown group", MemberId="nobody", GroupId=t.name("missing"))
            if version >= 5:
                one.join("unknown static", MemberId="nobody", GroupInstanceId="i")
    describe_new(t, group)
    describe(t, t.name("missing"))


def classic_join_inconsistent(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two") as two:
        make_stable(t, group, one)
        two.join("other protocol", Protocols=[{"Name": "roundrobin", "Metadata": b""}])
        two.join("other type", ProtocolType="connect")
        two.join("none", Protocols=[])
        one.join("other protocol", Protocols=[{"Name": "roundrobin", "Metadata": b""}])
        one.heartbeat()


def classic_pending_member(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two") as two:
        one.join("asks for an id")
        describe_new(t, group, "pending alone")
        one.join("with an instance id", GroupInstanceId="i")
        one.heartbeat("pending", GenerationId=0)
        one.sync((), "pending", GenerationId=0)
        one.leave("pending")
        one.join("after it left")
        one.id = ""
        make_stable(t, group, one)
        two.join("asks for an id")
        describe(t, group, "still stable")
        two.leave("pending")
        one.heartbeat()


def classic_two_members(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two", protocols=[("range", b"2")]) as two:
        make_stable(t, group, one, two)
        describe(t, group, "stable")
        two.join("follower, the same")
        two.heartbeat()
        one.heartbeat("old generation", GenerationId=one.generation - 1)
        one.sync((), "old generation", GenerationId=one.generation - 1)
        two.sync((), "follower, again")
        two.leave()
        describe(t, group, "one left")
        one.heartbeat("must join")
        one.sync((), "must join")
        one.join("is alone")
        describe(t, group, "alone")
        one.leave()
        describe(t, group, "empty")


def classic_leader_fails_before_sync(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two") as two:
        one.enter()
        one.joined()
        two.enter()
        until_joining(t, group, 2)
        one.join()
        two.joined()
        two.send_sync()
        one.heartbeat("before it syncs")
        describe(t, group, "no assignments yet")
        one.leave()
        two.synced("its leader has left")
        two.join("leads now")
        two.sync([(two, b"all")])


def classic_leader_changes_its_mind(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two") as two:
        one.enter()
        one.joined()
        two.enter()
        until_joining(t, group, 2)
        one.join()
        two.joined()
        two.send_sync()
        until_described(t, group, lambda found: found["GroupState"] == "CompletingRebalance")
        one.protocols = [("range", b"something else")]
        one.send_join()
        two.synced("must join again")
        two.join()
        one.joined()


def classic_follower_wants_something_else(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two") as two:
        make_stable(t, group, one, two)
        two.protocols = [("range", b"something else")]
        two.send_join()
        until_joining(t, group, 2)
        one.heartbeat()
        one.join()
        two.joined()
        one.sync([(one, b"1")])
        two.sync((), "without a share")


def classic_session_ends(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two", SessionTimeoutMs=SHORT_MS) as two:
        make_stable(t, group, one, two)
        until_described(t, group, lambda found: len(found["Members"]) == 1)
        describe(t, group, "one is left")
        two.heartbeat("is gone")
        one.heartbeat("must join")
        one.join()


def classic_rebalance_timeout(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one", RebalanceTimeoutMs=SHORT_MS) as one, \
         Member(t, group, "two", RebalanceTimeoutMs=SHORT_MS - 1000) as two:  # fmt: skip
        make_stable(t, group, one)
        two.enter()
        two.joined("one did not come in time")
        one.heartbeat("is out")
        two.sync([(two, b"all")])


def classic_sync_timeout(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one", RebalanceTimeoutMs=SHORT_MS) as one, \
         Member(t, group, "two", RebalanceTimeoutMs=SHORT_MS - 1000) as two:  # fmt: skip
        one.enter()
        one.joined()
        two.enter()
        until_joining(t, group, 2)
        one.join()
        two.joined()
        one.sync([(one, b"1"), (two, b"2")])
        until_described(t, group, lambda found: len(found["Members"]) == 1)
        two.sync((), "too late")
        one.heartbeat("must join")


def classic_votes(t):
    names = ["range", "roundrobin", "sticky", "cooperative-sticky", "a", "b"]
    for number, lists in enumerate([(names, names[::-1]), (["x", "a", "b"], ["b", "a"], ["b", "a", "y"]),
                                    (["sticky", "range"], ["range", "sticky"])]):  # fmt: skip
        group = t.name(str(number))
        prepare(t, group)
        members = [
            Member(t, group, f"m{i}", protocols=[(name, f"{i} {name}".encode()) for name in chosen])
            for i, chosen in enumerate(lists)
        ]
        members[0].enter()
        members[0].joined()
        for count in range(2, len(members) + 1):
            members[count - 1].enter()
            until_joining(t, group, count)
            for member in members[: count - 1]:
                member.send_join()
            for member in members[:count]:
                member.joined(f"generation {count}")
        for member in members:
            member.close()


def classic_sync_refused(t):
    group = t.name("group")
    prepare(t, group, "")
    with Member(t, group, "one") as one:
        for version in t.versions("SyncGroup"):
            one.sync((), "no group", version, GroupId="")
            one.sync((), "unknown group", version)
        one.enter()
        one.joined()
        for version in t.versions("SyncGroup"):
            one.sync((), "unknown", version, MemberId="nobody")
            one.sync((), "wrong generation", version, GenerationId=7)
            one.sync((), "none", version, GenerationId=-1)
            if version >= 3:
                one.sync((), "unknown static", version, GroupInstanceId="i")
        for kind, name in [("connect", "range"), ("consumer", "other"), (None, "range"), ("consumer", None)]:
            one.sync((), f"{kind} {name}", ProtocolType=kind, ProtocolName=name)


def classic_heartbeat_refused(t):
    group = t.name("group")
    prepare(t, group, "")
    with Member(t, group, "one") as one:
        make_stable(t, group, one)
        for version in t.versions("Heartbeat"):
            one.heartbeat("no group", version, GroupId="")
            one.heartbeat("unknown group", version, GroupId=t.name("missing"))
            one.heartbeat("unknown", version, MemberId="nobody")
            one.heartbeat("wrong generation", version, GenerationId=9)
            if version >= 3:
                one.heartbeat("unknown static", version, GroupInstanceId="i")


def classic_leave_refused(t):
    group = t.name("group")
    prepare(t, group, "")
    with Member(t, group, "one") as one:
        make_stable(t, group, one)
        for version in t.versions("LeaveGroup"):
            one.leave("no group", version, GroupId="")
            one.leave("unknown group", version, GroupId=t.name("missing"))
            if version < 3:
                one.leave("unknown", version, MemberId="nobody")
            else:
                one.leave("nobody at all", version, Members=[])
                rows = [{"MemberId": m, "GroupInstanceId": i} for m, i in
                        [("nobody", None), ("", None), ("", "i"), ("nobody", "i"), (one.id, "i")]]  # fmt: skip
                one.leave("unknown", version, Members=rows)
        one.heartbeat("still there")


def classic_leave_many(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one") as one, Member(t, group, "two", instance="i") as two, \
         Member(t, group, "three") as three:  # fmt: skip
        make_stable(t, group, one, two)
        three.join("asks for an id")
        rows = [{"MemberId": m, "GroupInstanceId": i} for m, i in
                [(one.id, None), (one.id, None), ("", "i"), ("", "i"), (three.id, None)]]  # fmt: skip
        one.leave("all", Members=rows)
        describe(t, group)


def static_each_version(t):
    for version in [v for v in t.versions("JoinGroup") if v >= 5]:
        group = t.name(f"v{version}")
        prepare(t, group)
        with Member(t, group, "one", version, instance="i") as one, \
             Member(t, group, "two", version, instance="i") as two:  # fmt: skip
            make_stable(t, group, one)
            two.join("takes its place, and leads")
            describe(t, group, "the new one")
            one.heartbeat("fenced")
            one.join("fenced")
            one.sync((), "fenced")
            one.leave("fenced")
            two.heartbeat()
            two.sync((), "its share")
            two.join("leads, again")
            two.sync([(two, b"new")])
            two.leave("by its instance", Members=[{"MemberId": "", "GroupInstanceId": "i"}])
            describe(t, group, "empty")


def static_follower_comes_back(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one", instance="i") as one, Member(t, group, "two", instance="j") as two, \
         Member(t, group, "back", instance="j") as back:  # fmt: skip
        make_stable(t, group, one, two)
        back.join("takes the place of two")
        back.sync((), "has its share")
        two.heartbeat("fenced")
        one.heartbeat("nothing has changed")
        describe(t, group)


def static_fences_who_waits(t):
    group = t.name("group")
    prepare(t, group)
    with Member(t, group, "one", instance="i") as one, Member(t, group, "two", instance="j") as two, \
         Member(t, group, "back", instance="j") as back:  # fmt: skip
        make_stable(t, group, one)
        two.send_join()
        until_joining(t, group, 2)
        back.send_join()
        two.joined("fenced")
        one.join()
        back.joined()
        back.send_sync()
        until_described(t, group, lambda found: found["GroupState"] == "CompletingRebalance")
        two.id = ""
        two.send_join()
        back.synced("fenced")
        one.join()
        two.joined()


def static_changes_the_protocol(t):
    group = t.name("group")
    prepare(t, group)
    both = [("range", b"r"), ("roundrobin", b"rr")]
    with Member(t, group, "one", instance="i", protocols=both) as one, \
         Member(t, group, "back", instance="i", protocols=both[::-1]) as back:  # fmt: skip
        make_stable(t, group, one)
        back.join("prefers another")
        back.sync([(back, b"all")])
        describe(t, group)


def static_misses_a_rebalance(t):
    group = t.name("group")
    prepare(t, group)
    times = {"RebalanceTimeoutMs": SHORT_MS}
    with Member(t, group, "one", instance="i", **times) as one, \
         Member(t, group, "two", instance="j", **times) as two:  # fmt: skip
        make_stable(t, group, one, two)
        two.protocols = [("range", b"something else")]
        two.join("without one, which stays in the group")
        describe(t, group)
        one.heartbeat("old generation")
        one.join("late")
