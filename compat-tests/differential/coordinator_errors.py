# SPDX-License-Identifier: Apache-2.0
"""Every error that Apache Kafka's coordinators answer, but for those of authorization; what produces it here.

ANSWERED: scenarios in which Apache Kafka and Milena both answer it; a run of all scenarios compares this list with
what was seen, in both directions. ELSEWHERE: what depends on the moment, or on a setting of the whole node, is
produced by the unit tests that are named; they exist, and expect that code.
"""

import re

from milena_test import errors, schema

ANSWERED = {
    "JoinGroup": "UNKNOWN_SERVER_ERROR INVALID_GROUP_ID UNKNOWN_MEMBER_ID INVALID_SESSION_TIMEOUT "
    "INCONSISTENT_GROUP_PROTOCOL MEMBER_ID_REQUIRED FENCED_INSTANCE_ID",
    "SyncGroup": "UNKNOWN_SERVER_ERROR INVALID_GROUP_ID UNKNOWN_MEMBER_ID ILLEGAL_GENERATION "
    "INCONSISTENT_GROUP_PROTOCOL REBALANCE_IN_PROGRESS FENCED_INSTANCE_ID",
    "Heartbeat": "INVALID_GROUP_ID UNKNOWN_MEMBER_ID ILLEGAL_GENERATION REBALANCE_IN_PROGRESS FENCED_INSTANCE_ID",
    "LeaveGroup": "INVALID_GROUP_ID UNKNOWN_MEMBER_ID FENCED_INSTANCE_ID",
    "DescribeGroups": "GROUP_ID_NOT_FOUND",
    "DeleteGroups": "GROUP_ID_NOT_FOUND NON_EMPTY_GROUP",
    "ListGroups": "",
    "OffsetCommit": "FENCED_INSTANCE_ID GROUP_ID_NOT_FOUND ILLEGAL_GENERATION OFFSET_METADATA_TOO_LARGE "
    "REBALANCE_IN_PROGRESS STALE_MEMBER_EPOCH UNKNOWN_MEMBER_ID UNKNOWN_SERVER_ERROR "
    "UNKNOWN_TOPIC_ID UNKNOWN_TOPIC_OR_PARTITION UNSUPPORTED_VERSION",
    "OffsetFetch": "STALE_MEMBER_EPOCH UNKNOWN_MEMBER_ID UNKNOWN_TOPIC_ID UNSTABLE_OFFSET_COMMIT",
    "OffsetDelete": "GROUP_ID_NOT_FOUND GROUP_SUBSCRIBED_TO_TOPIC INVALID_GROUP_ID NON_EMPTY_GROUP "
    "UNKNOWN_TOPIC_OR_PARTITION",
    "TxnOffsetCommit": "FENCED_INSTANCE_ID GROUP_ID_NOT_FOUND ILLEGAL_GENERATION INVALID_GROUP_ID "
    "INVALID_PRODUCER_EPOCH INVALID_PRODUCER_ID_MAPPING INVALID_TXN_STATE "
    "OFFSET_METADATA_TOO_LARGE TRANSACTION_ABORTABLE UNKNOWN_MEMBER_ID UNKNOWN_SERVER_ERROR "
    "UNKNOWN_TOPIC_ID UNKNOWN_TOPIC_OR_PARTITION",
    "ConsumerGroupHeartbeat": "FENCED_INSTANCE_ID FENCED_MEMBER_EPOCH GROUP_ID_NOT_FOUND INVALID_REGULAR_EXPRESSION "
    "INVALID_REQUEST UNKNOWN_MEMBER_ID UNRELEASED_INSTANCE_ID UNSUPPORTED_ASSIGNOR",
    "ConsumerGroupDescribe": "GROUP_ID_NOT_FOUND INVALID_GROUP_ID",
    "FindCoordinator": "INVALID_REQUEST",
    "InitProducerId": "CONCURRENT_TRANSACTIONS INVALID_PRODUCER_EPOCH INVALID_REQUEST "
    "INVALID_TRANSACTION_TIMEOUT PRODUCER_FENCED",
    "AddPartitionsToTxn": "INVALID_PRODUCER_EPOCH INVALID_PRODUCER_ID_MAPPING INVALID_REQUEST "
    "OPERATION_NOT_ATTEMPTED PRODUCER_FENCED TRANSACTION_ABORTABLE UNKNOWN_TOPIC_OR_PARTITION",
    "AddOffsetsToTxn": "INVALID_PRODUCER_EPOCH INVALID_PRODUCER_ID_MAPPING INVALID_REQUEST PRODUCER_FENCED",
    "EndTxn": "INVALID_PRODUCER_EPOCH INVALID_PRODUCER_ID_MAPPING INVALID_REQUEST INVALID_TXN_STATE "
    "PRODUCER_FENCED",
    "WriteTxnMarkers": "INVALID_PRODUCER_EPOCH TRANSACTION_COORDINATOR_FENCED UNKNOWN_TOPIC_OR_PARTITION",
    "DescribeTransactions": "INVALID_REQUEST TRANSACTIONAL_ID_NOT_FOUND",
    "ListTransactions": "INVALID_REGULAR_EXPRESSION",
}

_GROUPS = [
    "JoinGroup", "SyncGroup", "LeaveGroup", "DescribeGroups", "DeleteGroups", "OffsetCommit", "OffsetFetch",
    "OffsetDelete", "TxnOffsetCommit", "ConsumerGroupHeartbeat", "ConsumerGroupDescribe",
]  # fmt: skip
_TRANSACTIONS = [
    "InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "DescribeTransactions",
]  # fmt: skip
_WRITERS = [
    "JoinGroup", "SyncGroup", "LeaveGroup", "DeleteGroups", "OffsetCommit", "OffsetDelete", "TxnOffsetCommit",
    "ConsumerGroupHeartbeat", "InitProducerId", "AddPartitionsToTxn", "EndTxn",
]  # fmt: skip
_LOADING = "handlers/coordinator_states_test.cc BeingLoaded"
_NOT_HERE = "handlers/coordinator_states_test.cc NotHere"
_COMMIT_FAILS = "coordinator/shard_test.cc AFailedCommitEndsTheCoordinator"  # whatever the event was
_TRANSACTION = "coordinator/transaction_test.cc"

ELSEWHERE = [
    *((api, "COORDINATOR_LOAD_IN_PROGRESS", _LOADING) for api in [*_GROUPS, *_TRANSACTIONS]),
    ("ListGroups", "COORDINATOR_LOAD_IN_PROGRESS", _LOADING),
    ("ListTransactions", "COORDINATOR_LOAD_IN_PROGRESS", _LOADING),
    *((api, "NOT_COORDINATOR", _NOT_HERE) for api in [*_GROUPS, "Heartbeat", *_TRANSACTIONS]),
    *((api, "COORDINATOR_NOT_AVAILABLE", _COMMIT_FAILS) for api in _WRITERS),
    ("AddOffsetsToTxn", "COORDINATOR_NOT_AVAILABLE", _NOT_HERE),
    ("WriteTxnMarkers", "NOT_LEADER_OR_FOLLOWER", "handlers/coordinator_states_test.cc MarkersWaitForTheGroups"),
    ("JoinGroup", "GROUP_MAX_SIZE_REACHED", "coordinator/classic_join_test.cc AFullGroupTakesNobody"),
    ("JoinGroup", "REBALANCE_IN_PROGRESS", "coordinator/classic_join_test.cc OnlyTheLastJoinOfAMemberWaits"),
    ("ConsumerGroupHeartbeat", "GROUP_MAX_SIZE_REACHED", "coordinator/consumer_group_test.cc AFullGroupTakesNobody"),
    *(
        (api, "CONCURRENT_TRANSACTIONS", f"{_TRANSACTION} NothingElseHappensBeforeTheEnd")
        for api in ("InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn")
    ),
    ("InitProducerId", "UNKNOWN_SERVER_ERROR", f"{_TRANSACTION} UsedUpEpochsGiveANewId"),
]


class Seen:
    """The errors in answers of both brokers to the same request of a coordinator."""

    def __init__(self):
        self.codes = {api: set() for api in ANSWERED}

    def add(self, api, one, other):
        if api in self.codes:
            both = set(_codes(one)) & set(_codes(other))
            self.codes[api] |= {errors.NAMES[code] for code in both if code}

    def problems(self):
        for api, names in ANSWERED.items():
            listed, seen = set(names.split()), self.codes[api]
            if listed - seen:
                yield f"{api}: both should have answered {' '.join(sorted(listed - seen))}"
            if seen - listed:
                yield f"{api}: not in the list is {' '.join(sorted(seen - listed))}"


def missing_tests():
    """What ELSEWHERE names and does not exist, or does not expect its code."""
    for api, code, place in ELSEWHERE:
        path, name = place.split(" ")
        text = (schema.REPOSITORY / "tests" / path).read_text()
        body = re.search(rf"^TEST_F\(\w+, {name}\) {{\n(.*?)^}}", text, re.M | re.S)
        if not body or not re.search(rf"\b{code}\b", body[1]):
            yield f"{api}: {code} is not expected by {place}"


def _codes(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("ErrorCode") and isinstance(inner, int):
                yield inner
            yield from _codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _codes(inner)
