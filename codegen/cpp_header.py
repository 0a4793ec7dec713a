# SPDX-License-Identifier: Apache-2.0
"""The header of a message: one struct for all its versions."""
import cpp_types
from cpp_types import cpp_type, initializer, member_name, snake_case

METHODS = """\
    void decode(Reader& reader, int16_t version);
    void encode(Writer& writer, int16_t version) const;
    size_t encoded_size(int16_t version) const;
    void print(Printer& printer) const;
    bool operator==(const {name}& other) const;
"""


def header(message):
    name = message.name
    sizes = {}
    nested = "".join(nested_struct(struct, sizes, message) for struct in message.structs)
    if nested:
        space = snake_case(name)
        nested = f"namespace {space} {{\n\n{nested}}}  // namespace {space}\n\n"
    return (f"""\
// Generated from {name}.json. Contract: protocol/message.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/records.h"

namespace milena::protocol {{

class Printer;
class Reader;
class Writer;

{nested}struct {name} {{
{constants(message)}
{aliases(message)}{members(message.body)}
{header_version(message)}    std::string to_string() const;
{METHODS.format(name=name)}}};

}}  // namespace milena::protocol
""")


def constants(message):
    lines = [("std::string_view", "kName", cpp_types.quoted(message.name))]
    if message.api_key is not None:
        lines.append(("int16_t", "kApiKey", message.api_key))
    flexible = message.flexible_versions
    lines += [
        ("int16_t", "kMinVersion", message.versions.lowest),
        ("int16_t", "kKafkaMinVersion", message.own_versions.lowest),
        ("int16_t", "kMaxVersion", message.versions.highest),
        ("int16_t", "kFirstFlexibleVersion", flexible.lowest if flexible else "INT16_MAX"),
        ("bool", "kLatestVersionUnstable", "true" if message.latest_version_unstable else "false")]
    return "".join(f"    static constexpr {kind} {name} = {value};\n"
                   for kind, name, value in lines)


def nested_struct(struct, sizes, message):
    sizes[struct.name] = cpp_types.struct_size_min(struct, sizes, message.flexible_versions)
    return (f"struct {struct.name} {{\n"
            f"    static constexpr size_t kSizeMin = {sizes[struct.name]};\n\n"
            f"{members(struct)}\n{METHODS.format(name=struct.name)}}};\n\n")


def aliases(message):
    """Structs lie beside the message, for clang cannot make an optional of a nested one."""
    lines = "".join(f"    using {struct.name} = {snake_case(message.name)}::{struct.name};\n"
                    for struct in message.structs)
    return lines + "\n" if lines else ""


def members(struct):
    return "".join(f"    {cpp_type(field)} {member_name(field)}{initializer(field)};\n"
                   for field in struct.fields)


def header_version(message):
    """The version of the header that goes before a request or response."""
    if message.type not in ("request", "response"):
        return ""
    first, later = (1, 2) if message.type == "request" else (0, 1)
    flexible = cpp_types.condition(message.flexible_versions, message.versions)
    if message.name == "ApiVersionsResponse":
        flexible = "false"  # read before the client knows what the broker speaks
    value = {"true": str(later), "false": str(first)}.get(
        flexible, f"{flexible} ? {later} : {first}")
    unused = "" if "version" in value else "/*version*/"
    return (f"    static constexpr int16_t header_version(int16_t {unused or 'version'}) {{\n"
            f"        return {value};\n    }}\n")
