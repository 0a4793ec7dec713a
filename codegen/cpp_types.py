# SPDX-License-Identifier: Apache-2.0
"""Names, types and defaults of C++ for the fields of a schema."""
import re

CPP_PRIMITIVES = {
    "bool": "bool", "int8": "int8_t", "int16": "int16_t", "uint16": "uint16_t",
    "int32": "int32_t", "uint32": "uint32_t", "int64": "int64_t", "float64": "double",
    "uuid": "Uuid", "string": "std::string_view", "bytes": "BytesView", "records": "Records"}
# How many bytes one takes at least; variable ones take a length of one byte.
PRIMITIVE_SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
                   "int64": 8, "float64": 8, "uuid": 16}
KEYWORDS = {"namespace", "operator", "default", "delete", "template", "register", "union", "class",
            "enum", "switch", "struct", "private", "public", "protected", "new", "this", "static"}


def snake_case(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", name)
    return name.lower()


def member_name(field):
    name = snake_case(field.name)
    return name + "_" if name in KEYWORDS else name


def is_optional(field):
    return bool(field.nullable_versions) and field.type != "records" or (
        bool(field.nullable_versions) and field.is_array)


def cpp_type(field):
    name = CPP_PRIMITIVES.get(field.type, field.type)
    if field.is_array:
        name = f"std::vector<{name}>"
    return f"std::optional<{name}>" if is_optional(field) else name


def initializer(field):
    """What follows the member's name in its declaration."""
    if is_optional(field):
        return "{}" if field.default is None else "{std::in_place}"
    if field.is_array or field.struct or field.type in ("uuid", "bytes", "records"):
        return "{}"  # every member has one: so designated initializers may leave any of them out
    if field.type == "string":
        return f" = {quoted(field.default)}" if field.default else "{}"
    return f" = {literal(field)}"


def literal(field):
    if field.type == "bool":
        return "true" if field.default else "false"
    if field.default == -(1 << 63):
        return "INT64_MIN"
    return repr(field.default)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def size_min(field, structs_size_min):
    """The fewest bytes that the field takes where it is there and not tagged."""
    if field.is_array or field.nullable_versions or field.type in ("string", "bytes", "records"):
        return 1
    if field.struct:
        return structs_size_min[field.type]
    return PRIMITIVE_SIZES[field.type]


def struct_size_min(struct, structs_size_min, flexible):
    """The fewest bytes that the struct takes in any of its versions; at least 1."""
    sizes = []
    for version in range(struct.versions.lowest, struct.versions.highest + 1):
        size = 1 if version in flexible else 0
        for field in struct.fields:
            if version in field.versions and version not in field.tagged_versions:
                size += size_min(field, structs_size_min)
        sizes.append(size)
    return max(min(sizes, default=1), 1)


def condition(versions, within):
    """C++ for "version is one of `versions`", known to be one of `within`."""
    common = versions & within
    if not common:
        return "false"
    if common == within:
        return "true"
    parts = []
    if common.lowest == common.highest:
        return f"version == {common.lowest}"
    if common.lowest > within.lowest:
        parts.append(f"version >= {common.lowest}")
    if common.highest < within.highest:
        parts.append(f"version <= {common.highest}")
    return " && ".join(parts)
