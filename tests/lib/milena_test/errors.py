# SPDX-License-Identifier: Apache-2.0
"""Kafka's error codes by name, read from the broker's own list."""

import re

from . import schema

_PATTERN = re.compile(r"MILENA_ERROR\((\w+), (-?\d+), (\w+)\)")
_LIST = (schema.REPOSITORY / "base" / "error_codes.def").read_text()

CODES = {name: int(code) for name, code, _ in _PATTERN.findall(_LIST)}
NAMES = {code: name for name, code in CODES.items()}
RETRIABLE = {int(code) for _, code, retriable in _PATTERN.findall(_LIST) if retriable == "true"}


class KafkaError(Exception):
    def __init__(self, code, context="", message=None):
        super().__init__(f"{context}: {NAMES.get(code, code)} {message or ''}".strip())
        self.code = code
        self.name = NAMES.get(code, str(code))


def check(code, context="", message=None):
    if code != 0:
        raise KafkaError(code, context, message)
