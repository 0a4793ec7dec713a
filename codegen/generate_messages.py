#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes C++ for all message schemas.

    generate_messages.py SCHEMAS OUT          write OUT/<message>.h, .cc and all_messages.h
    generate_messages.py SCHEMAS OUT --fill   write OUT/message_filler.h and .cc, for tests
    generate_messages.py SCHEMAS OUT --list   print the files that would be written, one a line

A file whose content would not change is not touched.
"""
import argparse
import pathlib
import sys

import cpp_filler
import cpp_header
import cpp_source
import schema
import schema_import
from cpp_types import snake_case

ALL_MESSAGES = """\
// Generated. Every message, for tests and tools.
#pragma once

{includes}
namespace milena::protocol {{

/// Calls `visitor.template operator()<M>()` for every message M.
template <class Visitor>
void for_each_message(Visitor&& visitor) {{
{calls}}}

}}  // namespace milena::protocol
"""


def load_messages(directory):
    old = schema_import.load_old_versions(directory / "old_versions.json").apis
    messages = {}
    for path in sorted(directory.glob("*/*.json")):
        message = schema.load(path, old)
        if message is None:
            continue
        if message.name in messages:
            raise schema.SchemaError(f"{path}: {message.name}: two schemas have this name")
        messages[message.name] = message
    return list(messages.values())


def all_messages(messages):
    return ALL_MESSAGES.format(
        includes="".join(f'#include "protocol/messages/{snake_case(message.name)}.h"\n'
                         for message in messages),
        calls="".join(f"    visitor.template operator()<{message.name}>();\n"
                      for message in messages))


def files(messages):
    """{file name: content}"""
    content = {"all_messages.h": all_messages(messages)}
    for message in messages:
        name = snake_case(message.name)
        content[f"{name}.h"] = cpp_header.header(message)
        content[f"{name}.cc"] = cpp_source.source(message)
    return content


def write_if_changed(path, content):
    if not path.exists() or path.read_text() != content:
        path.write_text(content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("schemas", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="only print the names of the files")
    parser.add_argument("--fill", action="store_true", help="the functions that tests fill with")
    arguments = parser.parse_args()
    try:
        messages = load_messages(arguments.schemas)
        content = cpp_filler.files(messages) if arguments.fill else files(messages)
    except schema.SchemaError as error:
        sys.exit(str(error))
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        if arguments.list:
            print(arguments.out / name)
        else:
            write_if_changed(arguments.out / name, text)


if __name__ == "__main__":
    main()
