# SPDX-License-Identifier: Apache-2.0
"""The source of a message: decode, encode, size, print, compare."""
import dataclasses
import re

from cpp_types import condition, is_optional, literal, member_name, quoted, snake_case
from versions import Versions

INTEGERS = {"int8": "int8_t", "int16": "int16_t", "uint16": "uint16_t", "int32": "int32_t",
            "uint32": "uint32_t", "int64": "int64_t"}


@dataclasses.dataclass
class Place:
    """Where code is written: in which struct, for which versions."""
    where: str          # Message or Message.Struct
    versions: Versions


def source(message):
    parts = [struct_source(f"{snake_case(message.name)}::{struct.name}",
                           f"{message.name}.{struct.name}", struct, message)
             for struct in message.structs]
    parts.append(struct_source(message.name, message.name, message.body, message))
    return f"""\
// Generated from {message.name}.json.
#include "protocol/messages/{snake_case(message.name)}.h"

#include "protocol/message_codec.h"

namespace milena::protocol {{

{"".join(parts)}std::string {message.name}::to_string() const {{
    Printer printer;
    print(printer);
    return std::string(kName) + printer.take();
}}

}}  // namespace milena::protocol
"""


def struct_source(path, where, struct, message):
    place = Place(where, struct.versions)
    flexible = condition(message.flexible_versions, struct.versions)
    return (function(f"void {path}::decode(Reader& reader, int16_t version)", flexible,
                     decode_body(struct, place, flexible), ("reader",))
            + function(f"void {path}::encode(Writer& writer, int16_t version) const", flexible,
                       encode_body(struct, place, flexible), ("writer",))
            + function(f"size_t {path}::encoded_size(int16_t version) const", flexible,
                       size_body(struct, place, flexible), ())
            + function(f"void {path}::print(Printer& printer) const", "false",
                       print_body(struct), ())
            + function(f"bool {path}::operator==(const {struct.name}& other) const",
                       "false", equal_body(struct), ("other",)))


def mentions(code, name):
    """Whether code speaks of a parameter or local, not of a member or in a string."""
    return re.search(rf"(?<![.>])\b{name}\b", re.sub('"[^"]*"', "", code)) is not None


def function(signature, flexible, body, parameters):
    """Unused parameters lose their names, an unused `flexible` is left out."""
    text = "".join(f"    {line}\n" for line in body)
    uses_flexible = mentions(text, "flexible")
    uses = text + (flexible if uses_flexible else "")
    for name in parameters + ("version",):
        if not mentions(uses, name):
            signature = signature.replace(f" {name}", "")
    if uses_flexible:
        kind = "constexpr bool" if flexible in ("true", "false") else "const bool"
        text = f"    {kind} flexible = {flexible};\n" + text
    return f"{signature} {{\n{text}}}\n\n"


# Names of parameters and locals in the code below.
LOCALS = {"reader", "writer", "version", "flexible", "tags", "tag", "size", "printer", "other"}


def member(field):
    """The field, as a member function speaks of it."""
    name = member_name(field)
    return f"this->{name}" if name in LOCALS else name


def guarded(test, statement):
    if test == "true":
        return [statement]
    if test == "false":
        return []
    return [f"if ({test}) {statement}"]


def plain_versions(field):
    """Where the field stands in its place, not among the tagged ones."""
    tagged = field.tagged_versions
    if not tagged:
        return field.versions
    return Versions(field.versions.lowest, tagged.lowest - 1)


def flexible_of(field, place):
    """`flexible`, but for the few fields that have flexible versions of their own."""
    return "flexible" if field.flexible_versions.highest > 0 or \
        field.flexible_versions.covers(place.versions) else "false"


def nullable_of(field):
    return condition(field.nullable_versions, field.versions)


# ---- decode ----

def decode_body(struct, place, flexible):
    lines = []
    for field in struct.fields:
        test = condition(plain_versions(field), place.versions)
        lines += guarded(test, decode_value(field, place))
    if flexible != "false":
        lines += decode_tags(struct, place, flexible)
    return lines


def decode_value(field, place):
    name, where = member(field), quoted(f"{place.where}.{member_name(field)}")
    flexible, nullable = flexible_of(field, place), nullable_of(field)
    if field.is_array:
        if is_optional(field):
            return (f"decode_nullable_array(reader, {flexible}, {nullable}, version, {where}, "
                    f"{name});")
        return f"decode_array(reader, {flexible}, version, {where}, {name});"
    if field.struct:
        return decode_struct(field, name, where, nullable)
    if field.type == "records":
        return f"{name} = reader.read_records({flexible}, {nullable}, {where});"
    if field.type in ("string", "bytes"):
        if is_optional(field):
            return f"{name} = reader.read_nullable_{field.type}({flexible}, {nullable}, {where});"
        return f"{name} = reader.read_{field.type}({flexible}, {where});"
    if field.type in INTEGERS:
        return f"{name} = reader.read<{INTEGERS[field.type]}>({where});"
    return f"{name} = reader.read_{field.type}({where});"


def decode_struct(field, name, where, nullable):
    if not is_optional(field):
        return f"{name}.decode(reader, version);"
    present = f"reader.read_{presence(field)}({where})"
    if nullable != "true":
        present = f"!({nullable}) || {present}"
    return (f"{{ {name}.reset(); if ({present}) {name}.emplace().decode(reader, version); }}")


def presence(field):
    """What goes before a nullable struct: a byte, or a varint if it is tagged."""
    return "tagged_presence" if field.tagged_versions else "presence"


def decode_tags(struct, place, flexible):
    where = quoted(place.where)
    tagged = [field for field in struct.fields if field.tagged_versions]
    if not tagged:
        return guarded("flexible" if flexible != "true" else "true",
                       f"reader.skip_tagged_fields({where});")
    lines = ["if (flexible) {",
             f"    uint32_t tags = reader.read_tag_count({where});",
             "    for (; tags > 0 && reader.ok(); --tags) {",
             f"        const Reader::Tag tag = reader.begin_tag({where});",
             "        switch (tag.number) {"]
    for field in tagged:
        lines += decode_tag(field, place)
    return lines + ["            default: reader.skip_tag();",
                    "        }",
                    f"        reader.end_tag(tag, {where});",
                    "    }",
                    "}"]


def decode_tag(field, place):
    test = tagged_test(field, place)
    value = decode_value(field, place)
    if test != "true":
        value = f"if ({test}) {{ {value} }} else reader.skip_tag();"
    return [f"            case {field.tag}: {value} break;"]


# ---- encode ----

def encode_body(struct, place, flexible):
    lines = []
    for field in struct.fields:
        test = condition(plain_versions(field), place.versions)
        lines += guarded(test, encode_value(field, place))
    if flexible == "false":
        return lines
    tagged = tagged_in_order(struct)
    if not tagged:
        return lines + guarded("flexible" if flexible != "true" else "true",
                               "writer.write_unsigned_varint(0);")
    lines += ["if (flexible) {", "    uint32_t tags = 0;"]
    lines += [f"    if ({is_set(field, place)}) ++tags;" for field in tagged]
    lines.append("    writer.write_unsigned_varint(tags);")
    for field in tagged:
        lines += [f"    if ({is_set(field, place)}) {{",
                  f"        writer.write_tag({field.tag}, {size_of_value(field, place)});",
                  f"        {encode_value(field, place)}",
                  "    }"]
    return lines + ["}"]


def tagged_in_order(struct):
    return sorted((field for field in struct.fields if field.tagged_versions),
                  key=lambda field: field.tag)


def tagged_test(field, place):
    """Whether the version has the tagged field, where it is known to be flexible."""
    return condition(field.tagged_versions, place.versions & field.flexible_versions)


def is_set(field, place):
    """Whether a tagged field differs from its default, and so is sent."""
    name, test = member(field), tagged_test(field, place)
    differs = differs_from_default(field, name)
    return differs if test == "true" else f"{test} && {differs}"


def differs_from_default(field, name):
    if is_optional(field):
        if field.default is None:
            return f"{name}.has_value()"
        if field.is_array or field.type == "bytes":
            return f"!({name} && {name}->empty())"
        default = quoted(field.default) if field.type == "string" else f"{field.type}{{}}"
        return f"!({name} && *{name} == {default})"
    if field.is_array or field.type == "bytes":
        return f"!{name}.empty()"
    if field.struct:
        return f"!({name} == {field.type}{{}})"
    if field.type == "uuid":
        return f"!{name}.is_zero()"
    if field.type == "string":
        return f"{name} != {quoted(field.default)}"
    if field.type == "bool":
        return f"!{name}" if field.default else name
    return f"{name} != {literal(field)}"


def encode_value(field, place):
    name = member(field)
    flexible, nullable = flexible_of(field, place), nullable_of(field)
    if field.is_array:
        if is_optional(field):
            return f"encode_nullable_array(writer, {flexible}, {nullable}, version, {name});"
        return f"encode_array(writer, {flexible}, version, {name});"
    if field.struct:
        if not is_optional(field):
            return f"{name}.encode(writer, version);"
        value = f"if ({name}) {name}->encode(writer, version);"
        write_presence = f"writer.write_{presence(field)}({name}.has_value());"
        if nullable == "true":
            return f"{{ {write_presence} {value} }}"
        return (f"{{ if ({nullable}) {write_presence} {value} "
                f"else if (!({nullable})) {field.type}{{}}.encode(writer, version); }}")
    if field.type == "records" or is_optional(field):
        kind = field.type if field.type == "records" else f"nullable_{field.type}"
        return f"writer.write_{kind}({flexible}, {nullable}, {name});"
    if field.type in ("string", "bytes"):
        return f"writer.write_{field.type}({flexible}, {name});"
    if field.type in INTEGERS:
        return f"writer.write({name});"
    return f"writer.write_{field.type}({name});"


# ---- size ----

FIXED_SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8,
               "float64": 8, "uuid": 16}


def size_body(struct, place, flexible):
    fixed, lines = 0, []
    for field in struct.fields:
        test = condition(plain_versions(field), place.versions)
        if test == "true" and field.type in FIXED_SIZES and not field.is_array:
            fixed += FIXED_SIZES[field.type]
        else:
            lines += guarded(test, f"size += {size_of_value(field, place)};")
    if flexible != "false":
        lines += size_of_tags(struct, place, flexible)
    if not lines:
        return [f"return {fixed};"]
    return [f"size_t size = {fixed};"] + lines + ["return size;"]


def size_of_tags(struct, place, flexible):
    tagged = tagged_in_order(struct)
    if not tagged:
        return guarded("flexible" if flexible != "true" else "true", "size += 1;")
    lines = ["if (flexible) {", "    uint32_t tags = 0;"]
    for field in tagged:
        lines += [f"    if ({is_set(field, place)}) {{",
                  "        ++tags;",
                  f"        size += tagged_field_size({field.tag}, {size_of_value(field, place)});",
                  "    }"]
    return lines + ["    size += unsigned_varint_size(tags);", "}"]


def size_of_value(field, place):
    name = member(field)
    flexible, nullable = flexible_of(field, place), nullable_of(field)
    if field.is_array:
        kind = "nullable_array_size" if is_optional(field) else "array_size"
        return f"{kind}({flexible}, version, {name})"
    if field.struct:
        if not is_optional(field):
            return f"{name}.encoded_size(version)"
        value = f"({name} ? {name}->encoded_size(version) : 0)"
        if nullable == "true":
            return f"1 + {value}"
        return (f"({nullable} ? 1 + {value} "
                f": {name}.value_or({field.type}{{}}).encoded_size(version))")
    if field.type == "records" or is_optional(field):
        kind = field.type if field.type == "records" else f"nullable_{field.type}"
        return f"{kind}_size({flexible}, {nullable}, {name})"
    if field.type in ("string", "bytes"):
        return f"{field.type}_size({flexible}, {name})"
    return str(FIXED_SIZES[field.type])


# ---- print, compare ----

def print_body(struct):
    return (["printer.begin();"]
            + [f"printer.field({quoted(member_name(field))}, {member(field)});"
               for field in struct.fields]
            + ["printer.end();"])


def equal_body(struct):
    tests = [f"equal({member(field)}, other.{member_name(field)})" for field in struct.fields]
    return [f"return {' && '.join(tests) or 'true'};"]
