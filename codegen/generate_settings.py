#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C++ and documentation of the settings file.

    generate_settings.py SETTINGS.json --cpp DIR     registry.cc, broker_settings.h, broker_settings.cc
    generate_settings.py SETTINGS.json --docs FILE   the page for people
    generate_settings.py SETTINGS.json --check FILE  fails if that page is not current

An entry of the file has: name, type, default (null: none; absent: required), importance, doc, and where
they apply: range [least, most], one_of, one_of_any_case, rule (a check by name), dynamic (per-broker or
cluster-wide), internal, effective (the broker acts on it), synonyms (settings of the broker that stand
for it, first wins), broker (the setting of the broker that holds where a topic or group sets nothing).
"""
import argparse
import json
import pathlib
import sys

SCOPES = {"broker": "Broker", "topic": "Topic", "group": "Group", "client-metrics": "ClientMetrics"}
TITLES = {"broker": "Broker", "topic": "Topic", "group": "Group", "client-metrics": "Client metrics"}
TYPES = {
    "boolean": "bool", "int": "int32_t", "short": "int16_t", "long": "int64_t", "double": "double",
    "string": "std::string", "class": "std::string", "password": "std::string",
    "list": "std::vector<std::string>",
}
# Checks by name, and what they ask for.
RULES = {
    "none": "",
    "list": "nothing twice",
    "non_empty_list": "one element or more, nothing twice",
    "non_empty": "not empty",
    "non_null": "",
    "gzip_level": "1 to 9, or -1",
    "throttled_replicas": "`*` or partition:broker,...",
    "offset_reset": "earliest, latest, by_duration:(ISO 8601)",
    "quorum_voters": "id@host:port,...",
    "bootstrap_servers": "host:port,...",
}
KNOWN = {"name", "type", "default", "importance", "doc", "range", "one_of", "one_of_any_case", "rule",
         "dynamic", "internal", "effective", "synonyms", "broker"}
DYNAMIC = {None: "kReadOnly", "per-broker": "kPerBroker", "cluster-wide": "kClusterWide"}
NOTE = "// Made by codegen/generate_settings.py from server/settings/settings.json.\n"


class BadEntry(Exception):
    """An entry of the settings file that can't be right."""


def camel(text):
    return "".join(part.capitalize() for part in text.replace("-", "_").split("_"))


def literal(text):
    return json.dumps(text, ensure_ascii=True)


def truth(value):
    return "true" if value else "false"


def check_entry(scope, entry, brokers):
    unknown = set(entry) - KNOWN
    for wrong, problem in [
        (unknown, "unknown field " + ", ".join(sorted(unknown))),
        (entry.get("type") not in TYPES, f"unknown type {entry.get('type')}"),
        (entry.get("rule", "list") not in RULES, f"unknown rule {entry.get('rule')}"),
        (entry.get("dynamic") not in DYNAMIC, f"unknown mode {entry.get('dynamic')}"),
        (entry.get("importance") not in ("high", "medium", "low"), "importance: high, medium or low"),
        (not entry.get("doc"), "no documentation"),
        (entry.get("broker", "node.id") not in brokers, "unknown setting of the broker"),
    ]:
        if wrong:
            raise BadEntry(f"{scope}: {entry.get('name', '?')}: {problem}")


def load(path):
    scopes = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    if list(scopes) != list(SCOPES):
        raise BadEntry(f"scopes must be {', '.join(SCOPES)}")
    brokers = {entry["name"] for entry in scopes["broker"]}
    for scope, entries in scopes.items():
        names = [entry["name"] for entry in entries]
        if names != sorted(set(names)):
            raise BadEntry(f"{scope}: entries must be in the order of their names, each once")
        for entry in entries:
            check_entry(scope, entry, brokers)
    return scopes


def number(value):
    return "std::nullopt" if value is None else str(float(value))


def string_list(names):
    return "{" + ", ".join(literal(name) for name in names) + "}"


def registry_row(scope, entry):
    choices = entry.get("one_of") or entry.get("one_of_any_case") or []
    least, most = entry.get("range", [None, None])
    default = entry.get("default")
    synonyms = [entry["broker"]] if "broker" in entry else entry.get("synonyms", [])
    mode = DYNAMIC[entry.get("dynamic")] if scope == "broker" else "kClusterWide"
    members = {
        "name": literal(entry["name"]),
        "scope": f"SettingScope::k{SCOPES[scope]}",
        "type": f"SettingType::k{camel(entry['type'])}",
        "default_value": "std::nullopt" if default is None else literal(default),
        "required": truth("default" not in entry),
        "minimum": number(least),
        "maximum": number(most),
        "choices": string_list(choices),
        "any_case": truth("one_of_any_case" in entry),
        "rule": f"SettingRule::k{camel(entry.get('rule', 'none'))}",
        "importance": f"Importance::k{camel(entry['importance'])}",
        "dynamic": f"DynamicMode::{mode}",
        "internal": truth(entry.get("internal")),
        "effective": truth(entry.get("effective")),
        "synonyms": string_list(synonyms),
        "documentation": literal(entry["doc"]),
    }
    return "    {" + ",\n     ".join(f".{name} = {value}" for name, value in members.items()) + "},\n"


def table_name(scope):
    return scope.replace("-", "_") + "_table"


def registry_source(scopes):
    out = [NOTE, '#include "server/settings/setting.h"\n\nnamespace milena {\n\n']
    for scope, entries in scopes.items():
        out.append(f"static std::span<const Setting> {table_name(scope)}() {{\n"
                   "    static const Setting table[] = {\n")
        out += [registry_row(scope, entry) for entry in entries]
        out.append("    };\n    return table;\n}\n\n")
    out.append("std::span<const Setting> settings_of(SettingScope scope) {\n    switch (scope) {\n")
    for scope, enumerator in SCOPES.items():
        out.append(f"        case SettingScope::k{enumerator}:\n"
                   f"            return {table_name(scope)}();\n")
    out.append("    }\n    return {};\n}\n\n}  // namespace milena\n")
    return "".join(out)


def member_type(entry):
    plain = TYPES[entry["type"]]
    return f"std::optional<{plain}>" if entry.get("default", "") is None else plain


def member_name(entry):
    return entry["name"].replace(".", "_").replace("-", "_")


def struct_header(entries):
    members = [f"    {member_type(e)} {member_name(e)}{{}};\n" for e in entries]
    return (NOTE + "#pragma once\n\n#include <cstdint>\n#include <optional>\n#include <string>\n"
            "#include <vector>\n\nnamespace milena {\n\n"
            "/// Every setting of the broker, parsed. Members have Kafka's names with '_' for '.';\n"
            "/// optional where Kafka's default is null.\nstruct BrokerSettings {\n" +
            "".join(members) + "};\n\n}  // namespace milena\n")


def struct_source(entries):
    lines = [f"    take(values[{i}], settings.{member_name(e)});\n" for i, e in enumerate(entries)]
    return (NOTE + '#include "server/settings/fill.h"\n\nnamespace milena {\n\n'
            "BrokerSettings make_broker_settings(std::span<const SettingValue> values) {\n"
            "    BrokerSettings settings;\n" + "".join(lines) +
            "    return settings;\n}\n\n}  // namespace milena\n")


def valid_values(entry):
    if "range" in entry:
        least, most = entry["range"]
        return f"{least} or more" if most is None else f"{least} to {most}"
    choices = entry.get("one_of") or entry.get("one_of_any_case")
    return ", ".join(choices) if choices else RULES[entry.get("rule", "none")]


def docs_row(scope, entry):
    name = f"`{entry['name']}`"
    name = f"**{name}**" if entry.get("effective") else name
    default = entry.get("default", "(required)")
    default = "null" if default is None else default
    change = entry.get("dynamic", "no") if scope == "broker" else "yes"
    return (f"| {name} | {entry['type']} | {default} | {valid_values(entry)} | {change} | "
            f"{entry['doc']} |\n")


def docs_page(scopes):
    out = ["# Settings\n\nNames, types, defaults and valid values are those of Apache Kafka 4.4. "
           "**Bold**: Milena acts on it; the others are accepted and shown, and the log warns where one\n"
           "is set. This page is made from `server/settings/settings.json` by "
           "`codegen/generate_settings.py`.\n"]
    for scope, entries in scopes.items():
        out.append(f"\n## {TITLES[scope]}\n\n| name | type | default | valid | at run time | meaning |\n"
                   "|---|---|---|---|---|---|\n")
        out += [docs_row(scope, entry) for entry in entries if not entry.get("internal")]
    return "".join(out)


def write_if_changed(path, text):
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings")
    parser.add_argument("--cpp", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        scopes = load(arguments.settings)
    except (BadEntry, json.JSONDecodeError) as error:
        sys.exit(f"{arguments.settings}: {error}")
    if arguments.cpp:
        write_if_changed(arguments.cpp / "registry.cc", registry_source(scopes))
        write_if_changed(arguments.cpp / "broker_settings.h", struct_header(scopes["broker"]))
        write_if_changed(arguments.cpp / "broker_settings.cc", struct_source(scopes["broker"]))
    if arguments.docs:
        write_if_changed(arguments.docs, docs_page(scopes))
    if arguments.check and arguments.check.read_text(encoding="utf-8") != docs_page(scopes):
        sys.exit(f"{arguments.check} is not current; --docs {arguments.check} makes it so")


if __name__ == "__main__":
    main()
