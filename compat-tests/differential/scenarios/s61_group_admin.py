# SPDX-License-Identifier: Apache-2.0
"""DescribeGroups, ListGroups and DeleteGroups of classic groups."""
from members import Member, describe, describe_new, make_stable, prepare


def _list(t, version, label, **filters):
    """Records the scenario's own groups."""
    answer = t.quietly("ListGroups", version, filters)
    answer["Groups"] = [row for row in answer["Groups"] if row["GroupId"].startswith(t.name(""))]
    t.note("ListGroups", version, answer, label)


def describe_groups(t):
    group, missing = t.name("group"), t.name("missing")
    prepare(t, group, missing, "")
    with Member(t, group, "one", instance="i") as one, Member(t, group, "two") as two:
        make_stable(t, group, one, two)
        for version in t.versions("DescribeGroups"):
            for asked in (False, True) if version >= 3 else (None,):
                more = {} if asked is None else {"IncludeAuthorizedOperations": asked}
                t.ask("DescribeGroups", version, {"Groups": [group, missing], **more}, f"two {asked}")
                t.ask("DescribeGroups", version, {"Groups": [], **more}, f"none {asked}")
                t.ask("DescribeGroups", version, {"Groups": [""], **more}, f"empty {asked}")
        two.leave()
        t.ask_each_version("DescribeGroups", {"Groups": [group]}, "rebalancing")
        one.join()
        t.ask_each_version("DescribeGroups", {"Groups": [group]}, "completing")


def list_groups(t):
    stable, empty, completing, connect = (t.name(word) for word in ("stable", "empty", "completing", "connect"))
    prepare(t, stable, empty, completing, connect)
    with Member(t, stable, "one") as one, Member(t, empty, "two") as two, \
         Member(t, completing, "three") as three, Member(t, connect, "four", type_="connect") as four:  # fmt: skip
        make_stable(t, stable, one)
        make_stable(t, empty, two)
        two.leave()
        three.enter()
        three.joined()
        make_stable(t, connect, four)
        for version in t.versions("ListGroups"):
            _list(t, version, "all")
            states = [["Stable"], ["stable", "EMPTY"], ["CompletingRebalance"], ["Dead"], ["x"], [""]]
            for wanted in states if version >= 4 else ():
                _list(t, version, f"states {wanted}", StatesFilter=wanted)
            for wanted in [["classic"], ["Classic"], ["consumer"], ["x"], ["", "CLASSIC"]] if version >= 5 else ():
                _list(t, version, f"types {wanted}", TypesFilter=wanted)
                _list(t, version, f"stable of types {wanted}", TypesFilter=wanted, StatesFilter=["Stable"])


def delete_groups(t):
    for version in t.versions("DeleteGroups"):
        stable, empty, missing = (t.name(f"{word}-{version}") for word in ("stable", "empty", "missing"))
        prepare(t, stable, empty, missing, "")
        with Member(t, stable, "one") as one, Member(t, empty, "two") as two, Member(t, empty, "old") as old:
            make_stable(t, stable, one)
            make_stable(t, empty, two)
            two.leave()
            names = [stable, empty, missing, empty, ""]
            t.ask("DeleteGroups", version, {"GroupsNames": names}, "some")
            t.ask("DeleteGroups", version, {"GroupsNames": []}, "none")
            describe(t, empty, "deleted")
            t.ask("DeleteGroups", version, {"GroupsNames": [empty]}, "again")
            old.join("makes it anew")
            describe_new(t, empty, "anew")
            one.heartbeat("not deleted")
        _list(t, 5, f"after v{version}")
