# SPDX-License-Identifier: Apache-2.0
"""Kafka's message schemas, read from protocol/schemas/: what fields a message has at a version."""

import json
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
NO_VERSIONS = (0, -1)
MAX_VERSION = 32767


def parse_versions(text, within=(0, MAX_VERSION)):
    """'3-5' -> (3, 5), '3+' -> (3, end of within), '3' -> (3, 3), 'none' -> an empty range."""
    if text in (None, "none", ""):
        return NO_VERSIONS
    if text.endswith("+"):
        return (int(text[:-1]), within[1])
    first, _, last = text.partition("-")
    return (int(first), int(last or first))


def contains(versions, version):
    return versions[0] <= version <= versions[1]


class Field:
    """One field: its type ('int32', '[]string', or a struct) and the versions that have it."""

    def __init__(self, source, structs, parent_flexible):
        self.name = source["name"][0].upper() + source["name"][1:]  # a few are in lower case
        self.is_array = source["type"].startswith("[]")
        self.type = source["type"].removeprefix("[]")
        self.versions = parse_versions(source.get("versions", "0+"))
        self.nullable = parse_versions(source.get("nullableVersions"))
        self.tagged = parse_versions(source.get("taggedVersions"))
        self.flexible = (
            parse_versions(source["flexibleVersions"])
            if "flexibleVersions" in source
            else parent_flexible
        )
        self.tag = source.get("tag")
        self.struct = None
        if self.type[0].isupper():
            own = source.get("fields")
            self.struct = (
                Struct(self.type, own, structs, parent_flexible) if own else structs[self.type]
            )
        self.default = self._default(source.get("default"))

    def _default(self, text):
        if self.is_array or self.struct or self.type in ("bytes", "records"):
            return None if text in (None, "null") and (text or self.type == "records") else _EMPTY
        if self.type == "string":
            return None if text == "null" else (text or "")
        if self.type == "bool":
            return str(text).lower() == "true"
        if self.type == "uuid":
            return "AAAAAAAAAAAAAAAAAAAAAA"
        if self.type == "float64":
            return float(text or 0)
        return int(str(text or 0), 0)

    def default_value(self, version):
        """A fresh default: arrays are empty, structs hold their fields' defaults."""
        if self.default is not _EMPTY:
            return self.default
        if self.is_array:
            return []
        return self.struct.defaults(version) if self.struct else b""


_EMPTY = object()


class Struct:
    def __init__(self, name, fields, structs, flexible):
        self.name = name
        self.fields = [Field(field, structs, flexible) for field in fields or []]
        self.names = {field.name for field in self.fields}
        self._plans = {}

    def plan(self, version):
        """(plain fields in wire order, tagged fields by tag) at a version."""
        if version not in self._plans:
            present = [f for f in self.fields if contains(f.versions, version)]
            tagged = sorted(
                (f for f in present if contains(f.tagged, version)), key=lambda field: field.tag
            )
            plain = [f for f in present if not contains(f.tagged, version)]
            self._plans[version] = (plain, tagged)
        return self._plans[version]

    def defaults(self, version):
        plain, tagged = self.plan(version)
        return {field.name: field.default_value(version) for field in plain + tagged}


class Message(Struct):
    """A top-level schema: a request, response, header, record or coordinator value."""

    def __init__(self, source):
        valid = parse_versions(source.get("validVersions"))
        self.valid = valid
        self.flexible = parse_versions(source.get("flexibleVersions"), within=(0, MAX_VERSION))
        self.api_key = source.get("apiKey")
        self.kind = source["type"]
        self.listeners = source.get("listeners", [])
        self.latest_unstable = source.get("latestVersionUnstable", False)
        structs = {}
        for common in source.get("commonStructs", []):
            structs[common["name"]] = Struct(common["name"], [], structs, self.flexible)
        for common in source.get("commonStructs", []):
            target = structs[common["name"]]
            target.fields = [Field(f, structs, self.flexible) for f in common["fields"]]
            target.names = {field.name for field in target.fields}
        super().__init__(source["name"], source.get("fields"), structs, self.flexible)

    def is_flexible(self, version):
        return contains(self.flexible, version)

    def versions(self):
        return range(self.valid[0], self.valid[1] + 1)


class Schemas:
    """All schemas of one folder (searched recursively), by name and by API key."""

    def __init__(self, folder):
        self.by_name = {}
        self.by_key = {}
        for path in sorted(pathlib.Path(folder).rglob("*.json")):
            source = json.loads(path.read_text())
            if not isinstance(source, dict) or "name" not in source or "type" not in source:
                continue
            message = Message(source)
            self.by_name.setdefault(message.name, message)
            if message.kind in ("request", "response") and message.api_key is not None:
                self.by_key[(message.api_key, message.kind)] = message
        if not self.by_name:
            raise FileNotFoundError(f"no message schemas below {folder}")

    def __getitem__(self, name):
        return self.by_name[name]

    def request(self, api):
        """api: a key (0) or a name ('Produce')."""
        if isinstance(api, int):
            return self.by_key[(api, "request")]
        return self.by_name[api + "Request"]

    def response(self, api):
        return self.by_key[(self.request(api).api_key, "response")]

    def requests(self):
        """Requests that have at least one version, by API key."""
        found = (m for (_, kind), m in sorted(self.by_key.items()) if kind == "request")
        return [message for message in found if message.valid != NO_VERSIONS]


_loaded = None


def load():
    """The repository's schemas ($MILENA_SCHEMAS names another folder), read once."""
    global _loaded
    if _loaded is None:
        _loaded = Schemas(os.environ.get("MILENA_SCHEMAS", REPOSITORY / "protocol" / "schemas"))
    return _loaded
