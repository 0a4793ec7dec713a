# SPDX-License-Identifier: Apache-2.0
"""The model of a message, parsed from its schema and checked.

Every error is a SchemaError "file: field: reason".
"""
import dataclasses
import json
import re

from versions import NONE, Versions

INTEGER_BITS = {"int8": (8, True), "int16": (16, True), "uint16": (16, False),
                "int32": (32, True), "uint32": (32, False), "int64": (64, True)}
NULLABLE_PRIMITIVES = {"string", "bytes", "records"}
PRIMITIVES = set(INTEGER_BITS) | NULLABLE_PRIMITIVES | {"bool", "float64", "uuid"}
MESSAGE_TYPES = {"request", "response", "header", "data", "metadata", "coordinator-key",
                 "coordinator-value"}
MESSAGE_KEYS = {"name", "type", "apiKey", "listeners", "validVersions", "flexibleVersions",
                "latestVersionUnstable", "commonStructs", "fields"}
FIELD_KEYS = {"name", "type", "versions", "nullableVersions", "taggedVersions", "tag",
              "flexibleVersions", "default", "ignorable", "mapKey", "entityType", "zeroCopy",
              "fields"}


class SchemaError(Exception):
    pass


@dataclasses.dataclass
class Field:
    name: str
    type: str                    # a primitive, or the name of a struct; of one element if is_array
    is_array: bool
    versions: Versions           # within those of the struct around it
    nullable_versions: Versions
    tagged_versions: Versions
    tag: int | None
    flexible_versions: Versions  # the message's, but for a few fields of headers
    default: object              # None (null), bool, int, float or str; "" for what has no literal
    struct: "Struct | None"


@dataclasses.dataclass
class Struct:
    name: str
    versions: Versions
    fields: list


@dataclasses.dataclass
class Message:
    name: str
    type: str
    api_key: int | None
    versions: Versions
    own_versions: Versions       # without those that were imported from an older release
    flexible_versions: Versions
    latest_version_unstable: bool
    structs: list                # nested structs, each before it is used
    body: Struct


def load(path, old_versions):
    """Nothing for a message that has no version any more. `old_versions`: {API: Versions}."""
    try:
        content = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise SchemaError(f"{path}: {error}") from None
    return Parser(path).message(content, old_versions)


class Parser:
    def __init__(self, file):
        self.file = file
        self.structs = {}   # parsed, each before it is used
        self.common = {}    # contents of commonStructs that are not parsed yet
        self.valid = NONE
        self.flexible = NONE

    def fail(self, field, reason):
        raise SchemaError(f"{self.file}: {field}: {reason}")

    def versions_of(self, content, key, where, default=NONE):
        if key not in content:
            return default
        try:
            return Versions.parse(content[key])
        except (ValueError, TypeError) as error:
            return self.fail(where, f"{key}: {error}")

    def check_keys(self, content, allowed, where):
        for key in content:
            if key not in allowed:
                self.fail(where, f"unknown property '{key}'")

    def message(self, content, old_versions):
        name = content.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            self.fail("name", f"'{name}' is not the name of a message")
        self.check_keys(content, MESSAGE_KEYS, name)
        if content.get("type") not in MESSAGE_TYPES:
            self.fail(name, f"unknown type '{content.get('type')}'")
        if content["type"] in ("request", "response") and "apiKey" not in content:
            self.fail(name, "a request or response needs an apiKey")
        self.valid = versions = self.versions_of(content, "validVersions", name)
        if not versions:
            return None
        self.flexible = self.versions_of(content, "flexibleVersions", name)
        self.common = {struct.get("name", "?"): struct
                       for struct in content.get("commonStructs", [])}
        while self.common:
            self.common_struct(next(iter(self.common)))
        body = Struct(name, versions, self.fields(content, versions, name))
        old = old_versions.get(re.sub("(Request|Response)$", "", name), NONE)
        own = Versions(old.highest + 1, versions.highest) if old else versions
        return Message(name, content["type"], content.get("apiKey"), versions, own, self.flexible,
                       content.get("latestVersionUnstable", False), list(self.structs.values()),
                       body)

    def common_struct(self, name):
        content = self.common.pop(name)
        self.check_keys(content, {"name", "versions", "fields"}, name)
        within = self.versions_of(content, "versions", name) & self.valid
        self.add_struct(name, within, content)

    def add_struct(self, name, versions, content):
        if name in self.structs:
            self.fail(name, "a struct of this name exists already")
        struct = Struct(name, versions, self.fields(content, versions, name))
        self.structs[name] = struct
        return struct

    def fields(self, content, within, where):
        """Those that exist in the versions `within`."""
        if not isinstance(content.get("fields"), list):
            self.fail(where, "no list of fields")
        fields = [self.field(field, within, where) for field in content["fields"]]
        names = [field.name.lower() for field in fields]
        for field in fields:
            if names.count(field.name.lower()) > 1:
                self.fail(f"{where}.{field.name}", "two fields have this name")
        self.check_tags(fields, where)
        return [field for field in fields if field.versions]

    def check_tags(self, fields, where):
        tags = [field.tag for field in fields if field.tag is not None]
        if sorted(tags) != list(range(len(tags))):
            self.fail(where, f"the tags {sorted(tags)} are not 0, 1, 2 ...")

    def field(self, content, within, owner):
        where = f"{owner}.{content.get('name', '?')}"
        self.check_keys(content, FIELD_KEYS, where)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", content.get("name", "")):
            self.fail(where, "not the name of a field")
        tagged = self.versions_of(content, "taggedVersions", where)
        if "versions" not in content and not tagged:
            self.fail(where, "no versions")
        versions = self.versions_of(content, "versions", where, tagged) & within
        type_name, is_array = self.type_of(content, where)
        field = Field(
            name=content["name"], type=type_name, is_array=is_array, versions=versions,
            nullable_versions=self.versions_of(content, "nullableVersions", where) & versions,
            tagged_versions=tagged & versions, tag=content.get("tag"),
            flexible_versions=self.versions_of(content, "flexibleVersions", where, self.flexible),
            default=None, struct=self.struct_of(content, type_name, versions, where))
        self.check_field(field, content, where)
        field.default = self.default_of(field, content, where)
        return field

    def type_of(self, content, where):
        text = content.get("type", "")
        match = re.fullmatch(r"(\[\])?([A-Za-z][A-Za-z0-9]*)", text)
        if not match or (match[2] not in PRIMITIVES and not match[2][0].isupper()):
            self.fail(where, f"unknown type '{text}'")
        return match[2], bool(match[1])

    def struct_of(self, content, type_name, versions, where):
        if type_name in PRIMITIVES:
            if "fields" in content:
                self.fail(where, f"a {type_name} has no fields")
            return None
        if "fields" in content:
            return self.add_struct(type_name, versions, content)
        if type_name in self.common:
            self.common_struct(type_name)
        if type_name not in self.structs:
            self.fail(where, f"no struct is called '{type_name}'")
        return self.structs[type_name]

    def check_field(self, field, content, where):
        nullable = field.is_array or field.struct or field.type in NULLABLE_PRIMITIVES
        if field.nullable_versions and not nullable:
            self.fail(where, f"a {field.type} cannot be null")
        if ("tag" in content) != ("taggedVersions" in content):
            self.fail(where, "tag and taggedVersions go together")
        if not field.flexible_versions.covers(field.tagged_versions):
            self.fail(where, "tagged in a version that is not flexible")
        if field.tagged_versions and field.type == "records":
            self.fail(where, "records cannot be tagged")
        if field.is_array and field.type in ("bool", "bytes", "records", "float64"):
            self.fail(where, f"arrays of {field.type} are not supported")

    def default_of(self, field, content, where):
        value = content.get("default", "")
        if value is None:
            self.fail(where, 'null as a default is written "null"')
        if value == "null":
            if not field.nullable_versions:
                self.fail(where, "null is the default of a field that cannot be null")
            return None
        if field.is_array or field.struct or field.type in ("bytes", "records", "uuid"):
            if value != "":
                self.fail(where, f"default '{value}' is neither empty nor null")
            return None if field.type == "records" else ""
        return self.literal(field.type, value, where)

    def literal(self, type_name, value, where):
        """The default of a bool, number or string."""
        text = str(value).lower()
        if type_name == "string":
            return str(value)
        if type_name == "bool":
            if text not in ("", "true", "false"):
                self.fail(where, f"default '{value}' is not a bool")
            return text == "true"
        try:
            if type_name == "float64":
                return float(text or 0)
            number = int(text or "0", 0)
        except ValueError:
            return self.fail(where, f"default '{value}' is not a number")
        bits, signed = INTEGER_BITS[type_name]
        lowest = -(1 << bits - 1) if signed else 0
        highest = lowest + (1 << bits) - 1
        if not lowest <= number <= highest:
            self.fail(where, f"default {number} does not fit {type_name}")
        return number
