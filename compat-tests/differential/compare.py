# SPDX-License-Identifier: Apache-2.0
"""Normalises answers (ids, times, ports, order) and finds where two of them differ."""
import re
import time

from milena_test import batch

# Values that each broker draws for itself, replaced by their order of appearance; and "no such".
_NO_ID = {
    "TopicId": ("AAAAAAAAAAAAAAAAAAAAAA",), "ReplicaDirectoryId": ("AAAAAAAAAAAAAAAAAAAAAA",),
    "ClusterId": (None,), "SessionId": (0,), "ProducerId": (-1,),
}  # fmt: skip
# Values that depend on the machine or the moment: only their kind (set or unset) is compared.
_LOCAL = {"Port", "TotalBytes", "UsableBytes", "LogDir", "FinalizedFeaturesEpoch"}
_QUORUM = {"LogEndOffset", "HighWatermark", "LeaderEpoch"}
# Ids of members end in a random UUID, or are one in base64.
_MEMBER_IDS = {"MemberId", "Leader"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[A-Za-z0-9_-]{22}$")
# Settings of the broker's own place.
_LOCAL_SETTINGS = {"listeners", "log.dirs", "controller.quorum.voters"}
# Texts: Milena must say something where Kafka does, in its own words.
_TEXTS = {"ErrorMessage", "BatchIndexErrorMessage", "Documentation"}
# Arrays of structs with one of these are sets: Kafka's order is that of a hash map.
_KEYS = ("Name", "TopicName", "Topic", "ResourceName", "ApiKey", "NodeId", "BrokerId", "Feature", "GroupId")
_INDEXES = ("PartitionIndex", "Partition", "Index", "ResourceType", "CoordinatorKey", "Key")
_ORDERED = {"Synonyms"}
_HALF_A_DAY_MS = 12 * 3600 * 1000


class Normaliser:
    def __init__(self):
        self._seen = {}

    def normalise(self, step):
        return self._value(step.api, "", step.answer)

    def _value(self, api, name, value):
        if isinstance(value, dict):
            if value.get("Name") in _LOCAL_SETTINGS:
                value = {**value, "Value": "local"}
            return {key: self._value(api, key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return self._array(api, name, value)
        if name in _NO_ID and value not in _NO_ID[name]:
            order = self._seen.setdefault(name, {})
            return f"{name} number {order.setdefault(value, len(order) + 1)}"
        if name in _MEMBER_IDS and value is not None:
            order = self._seen.setdefault("MemberId", {})
            return _UUID.sub(lambda found: f"#{order.setdefault(found[0], len(order) + 1)}", value)
        if name in _LOCAL or (api == "DescribeQuorum" and name in _QUORUM):
            return "unset" if value in (None, -1, "") else "set"
        if name == "Records":
            return self._records(api, value)
        if isinstance(value, int) and abs(value - time.time() * 1000) < _HALF_A_DAY_MS:
            return "now"
        return value

    def _array(self, api, name, values):
        if name == "Members" and api != "LeaveGroup":
            values = sorted(values, key=_member_sort_key)
        elif name not in _ORDERED and values and isinstance(values[0], dict):
            values = sorted(values, key=sort_key)
        return [self._value(api, name, value) for value in values]

    def _records(self, api, value):
        if value is None:
            return None
        found = batch.parse(value)
        return [self._value(api, "Batch", _batch_fields(one)) for one in found]


def _batch_fields(one):
    fields = {name: value for name, value in vars(one).items() if name != "records"}
    fields["ProducerId"] = fields.pop("producer_id")
    if one.attributes & batch.LOG_APPEND_TIME or one.producer_id >= 0:
        del fields["crc"]  # covers the time of the append, the id of the producer
    fields["records"] = [vars(record) for record in one.records]
    return fields


def _member_sort_key(member):
    return repr({**member, "MemberId": _UUID.sub("", member["MemberId"])})


def sort_key(struct):
    return [str(struct[key]) for key in _KEYS if key in struct] + [
        f"{struct[key]:>12}" for key in _INDEXES if key in struct
    ]


def _label(struct, index):
    for key in _KEYS + _INDEXES:
        if isinstance(struct, dict) and struct.get(key) not in (None, ""):
            return struct[key]
    return index


def differences(kafka, milena, path=""):
    """Yields (path, Kafka's value, Milena's value); '<none>' stands for a missing part."""
    if isinstance(kafka, dict) and isinstance(milena, dict):
        for key in sorted(kafka.keys() | milena.keys(), key=str):
            inner = f"{path}.{key}" if path else str(key)
            theirs, ours = kafka.get(key, "<none>"), milena.get(key, "<none>")
            if key in _TEXTS and (ours not in (None, "", "<none>") or theirs in (None, "")):
                continue
            yield from differences(theirs, ours, inner)
    elif isinstance(kafka, list) and isinstance(milena, list):
        yield from _array_differences(kafka, milena, path)
    elif kafka != milena or type(kafka) is not type(milena):
        yield path, kafka, milena


def _array_differences(kafka, milena, path):
    theirs = {str(_label(value, i)) + _index(value): value for i, value in enumerate(kafka)}
    ours = {str(_label(value, i)) + _index(value): value for i, value in enumerate(milena)}
    if len(theirs) != len(kafka) or len(ours) != len(milena):  # labels are not unique
        theirs, ours = dict(enumerate(kafka)), dict(enumerate(milena))
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        yield from differences(
            theirs.get(key, "<none>"), ours.get(key, "<none>"), f"{path}[{key}]"
        )


def _index(value):
    """Tells apart structs of one name."""
    return f"#{value['ResourceType']}" if isinstance(value, dict) and "ResourceType" in value else ""
