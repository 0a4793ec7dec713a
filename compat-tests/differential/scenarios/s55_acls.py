# SPDX-License-Identifier: Apache-2.0
"""DescribeAcls, CreateAcls, DeleteAcls of brokers without an authorizer."""

ANY, TOPIC, CLUSTER, LITERAL, ALLOW = 1, 2, 4, 3, 3
CODES = {"type": TOPIC, "pattern": LITERAL, "operation": ANY, "permission": ALLOW}


def _filter(name, codes, principal=None):
    return {
        "ResourceTypeFilter": codes["type"], "ResourceNameFilter": name, "PatternTypeFilter": codes["pattern"],
        "PrincipalFilter": principal, "HostFilter": None, "Operation": codes["operation"],
        "PermissionType": codes["permission"],
    }  # fmt: skip


def _creation(name, codes):
    return {
        "ResourceType": codes["type"], "ResourceName": name, "ResourcePatternType": codes["pattern"],
        "Principal": "User:someone", "Host": "*", "Operation": codes["operation"],
        "PermissionType": codes["permission"],
    }  # fmt: skip


def _strange_codes():
    """One of the codes is what Kafka calls unknown, or stands for any, or isn't known."""
    for name in CODES:
        for code in (0, 1, 100, -1):
            yield f"{name} {code}", {**CODES, name: code}


def describe_acls(t):
    for version in t.versions("DescribeAcls"):
        t.ask("DescribeAcls", version, _filter(None, CODES), "all of topics")
        t.ask("DescribeAcls", version, _filter("a", CODES, "User:someone"), "some")
        for label, codes in _strange_codes():
            t.ask("DescribeAcls", version, _filter(None, codes), label)


def create_acls(t):
    for version in t.versions("CreateAcls"):
        t.ask("CreateAcls", version, {"Creations": []}, "none")
        two = [_creation(name, CODES) for name in ("a", "")]
        t.ask("CreateAcls", version, {"Creations": two}, "two")
        cluster = _creation("other", {**CODES, "type": CLUSTER})
        t.ask("CreateAcls", version, {"Creations": [cluster]}, "cluster")
        for label, codes in _strange_codes():
            body = {"Creations": [two[0], _creation("a", codes)]}
            t.ask("CreateAcls", version, body, label)


def delete_acls(t):
    for version in t.versions("DeleteAcls"):
        t.ask("DeleteAcls", version, {"Filters": []}, "none")
        two = [_filter(name, CODES) for name in ("a", None)]
        t.ask("DeleteAcls", version, {"Filters": two}, "two")
        for label, codes in _strange_codes():
            body = {"Filters": [two[0], _filter("a", codes)]}
            t.ask("DeleteAcls", version, body, label)
