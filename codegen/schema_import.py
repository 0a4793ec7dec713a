# SPDX-License-Identifier: Apache-2.0
"""Reads Kafka's published schemas, keeps their facts, merges in old versions, writes them out.

A published schema is JSON with comments and prose. A release that drops old versions narrows
`validVersions` and drops the fields that only those versions had; merging puts both back. So for
every field, its versions = the old release's, within the old versions, and the new release's, within
its own.
"""
import collections
import dataclasses
import json
import re

from versions import NONE, NO_LIMIT, Versions

MESSAGE_FACTS = ["name", "type", "apiKey", "listeners", "validVersions", "flexibleVersions",
                 "latestVersionUnstable"]
STRUCT_FACTS = ["name", "versions"]
FIELD_FACTS = ["name", "type", "versions", "nullableVersions", "taggedVersions", "tag",
               "flexibleVersions", "default", "ignorable", "mapKey", "entityType", "zeroCopy"]
VERSION_FACTS = ["versions", "nullableVersions", "taggedVersions", "flexibleVersions"]


@dataclasses.dataclass
class OldVersions:
    release: str
    apis: dict  # name of the API -> Versions


def load_old_versions(path):
    content = json.loads(path.read_text())
    return OldVersions(content["release"], {
        api: Versions.parse(text) for api, text in content["apis"].items()})


def parse(text):
    """One published schema, reduced to its facts."""
    string_or_comment = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*')
    return message_facts(json.loads(string_or_comment.sub(lambda m: m[1] or "", text)))


def message_facts(message):
    facts = {key: message[key] for key in MESSAGE_FACTS if key in message}
    if message.get("commonStructs"):
        facts["commonStructs"] = [struct_facts(struct) for struct in message["commonStructs"]]
    if "fields" in message:
        facts["fields"] = [field_facts(field) for field in message["fields"]]
    return facts


def struct_facts(struct):
    facts = {key: struct[key] for key in STRUCT_FACTS if key in struct}
    facts["fields"] = [field_facts(field) for field in struct["fields"]]
    return facts


def field_facts(field):
    facts = {key: field[key] for key in FIELD_FACTS if key in field}
    if "default" in facts and facts["default"] is None:
        del facts["default"]  # Kafka means null only by "null"; its generator reads null as nothing
    if field.get("fields"):
        facts["fields"] = [field_facts(inner) for inner in field["fields"]]
    return facts


def merge_old_versions(schemas, old_schemas, old):
    """`schemas` with the old versions that `old` lists."""
    merged = dict(schemas)
    for api, versions in old.apis.items():
        for name in (f"{api}Request", f"{api}Response"):
            merged[name] = merge_message(schemas[name], old_schemas[name], versions)
    return merged


def merge_message(new, old, old_versions):
    new_versions = Versions.parse(new["validVersions"])
    old_versions &= Versions.parse(old["validVersions"])
    if old_versions & new_versions:
        raise ValueError(f"{new['name']}: old_versions.json lists versions that the release has")
    merged = dict(new)
    merged["validVersions"] = str(new_versions.join(old_versions))
    merged["flexibleVersions"] = merge_range(new, old, "flexibleVersions", new_versions,
                                             old_versions)
    merged["fields"] = merge_fields(new["fields"], old["fields"], new_versions, old_versions)
    old_structs = {struct["name"]: struct for struct in old.get("commonStructs", [])}
    for struct in merged.get("commonStructs", []):
        if struct["name"] in old_structs:
            struct["fields"] = merge_fields(struct["fields"], old_structs[struct["name"]]["fields"],
                                            new_versions, old_versions)
    return merged


def merge_fields(new_fields, old_fields, new_versions, old_versions):
    """In wire order: an old field that is gone stands behind the field it stood behind."""
    old_by_name = {field["name"]: field for field in old_fields}
    new_names = {field["name"] for field in new_fields}
    gone_behind = collections.defaultdict(list)
    predecessor = None
    for field in old_fields:
        if field["name"] in new_names:
            predecessor = field["name"]
        elif Versions.parse(field["versions"]) & old_versions:
            gone_behind[predecessor].append(narrowed(field, old_versions))
    merged = gone_behind[None]
    for field in new_fields:
        merged.append(merge_field(field, old_by_name.get(field["name"]), new_versions,
                                  old_versions))
        merged += gone_behind[field["name"]]
    return merged


def narrowed(field, versions):
    """A field that only the old release has."""
    facts = dict(field)
    facts["versions"] = str(Versions.parse(field["versions"]) & versions)
    if "fields" in field:
        facts["fields"] = [narrowed(inner, versions) for inner in field["fields"]
                           if Versions.parse(inner["versions"]) & versions]
    return facts


def merge_field(new, old, new_versions, old_versions):
    merged = dict(new)
    for key in VERSION_FACTS:
        if old and (key in new or key in old):
            merged[key] = merge_range(new, old, key, new_versions, old_versions)
            if merged[key] == "none":
                del merged[key]
    if "fields" in new:
        merged["fields"] = merge_fields(new["fields"], (old or {}).get("fields", []), new_versions,
                                        old_versions)
    return merged


def merge_range(new, old, key, new_versions, old_versions):
    new_range = Versions.parse(new.get(key, "none"))
    new_part = new_range & new_versions
    old_part = Versions.parse(old.get(key, "none")) & old_versions
    if not old_part:
        return str(Versions(max(new_range.lowest, new_versions.lowest), new_range.highest)
                   if new_range else NONE)
    both = old_part.join(new_part)
    open_end = new_part and new_range.highest == NO_LIMIT
    return str(Versions(both.lowest, NO_LIMIT) if open_end else both)


def format_schema(message):
    """JSON, one field a line, so that a new release is a readable diff."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in message.items()
             if key not in ("commonStructs", "fields")]
    if "commonStructs" in message:
        structs = ",\n".join(format_with_fields(struct, STRUCT_FACTS, 4)
                             for struct in message["commonStructs"])
        lines.append(f'  "commonStructs": [\n{structs}\n  ]')
    if "fields" in message:
        lines.append(f'  "fields": {format_fields(message["fields"], 2)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def format_fields(fields, indent):
    if not fields:
        return "[]"
    lines = ",\n".join(format_with_fields(field, FIELD_FACTS, indent + 2) for field in fields)
    return f"[\n{lines}\n{' ' * indent}]"


def format_with_fields(value, keys, indent):
    facts = [f"{json.dumps(key)}: {json.dumps(value[key])}" for key in keys if key in value]
    if "fields" in value:
        facts.append(f'"fields": {format_fields(value["fields"], indent)}')
    return " " * indent + "{" + ", ".join(facts) + "}"
