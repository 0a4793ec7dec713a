# SPDX-License-Identifier: Apache-2.0
"""For tests: functions that fill every message with values, in the fields that a version has."""
from cpp_types import condition, is_optional, member_name, snake_case
from cpp_source import nullable_of

HEADER = """\
// Generated. Tests fill messages with it; what `filler` must offer: tests/protocol/filler.h.
#pragma once

#include "protocol/messages/all_messages.h"

namespace milena::protocol {{

class Filler;

{declarations}
}}  // namespace milena::protocol
"""

SOURCE = """\
// Generated.
#include "protocol/message_filler/message_filler.h"

#include "tests/protocol/filler.h"

namespace milena::protocol {{

{definitions}}}  // namespace milena::protocol
"""


def structs_of(message):
    """(C++ name, struct) of the message and all in it."""
    for struct in message.structs:
        yield f"{snake_case(message.name)}::{struct.name}", struct
    yield message.name, message.body


def files(messages):
    """{file name: content}"""
    all_structs = [pair for message in messages for pair in structs_of(message)]
    declarations = "".join(f"void fill({name}& message, int16_t version, Filler& filler);\n"
                           for name, _ in all_structs)
    definitions = "".join(definition(name, struct) for name, struct in all_structs)
    return {"message_filler.h": HEADER.format(declarations=declarations),
            "message_filler.cc": SOURCE.format(definitions=definitions)}


def definition(name, struct):
    lines = []
    for field in struct.fields:
        nullable = nullable_of(field) if is_optional(field) or field.type == "records" else "false"
        call = f"filler.fill(message.{member_name(field)}, version, {nullable});"
        test = condition(field.versions, struct.versions)
        lines.append(call if test == "true" else f"if ({test}) {call}")
    body = "".join(f"    {line}\n" for line in lines)
    parameters = ("[[maybe_unused]] {0}& message, [[maybe_unused]] int16_t version, "
                  "[[maybe_unused]] Filler& filler").format(name)
    return f"void fill({parameters}) {{\n{body}}}\n\n"
