# SPDX-License-Identifier: Apache-2.0
"""Runs named cases and prints one counted line at the end: "12 passed, 0 failed"."""

import sys
import time
import traceback


class Suite:
    """Collects cases (functions); runs those whose name contains a WORD or --only=WORD, or all."""

    def __init__(self, name):
        self.name = name
        self.cases = []
        self.passed = self.failed = 0

    def case(self, function):
        """Decorator: the function's name, with spaces, is the case's name."""
        self.add(function.__name__.replace("_", " "), function)
        return function

    def add(self, name, function):
        self.cases.append((name, function))

    def run(self, *arguments):
        """Calls every chosen case with the arguments; returns the number of failures."""
        words = [
            word.removeprefix("--only=")
            for word in sys.argv[1:]
            if word.startswith("--only=") or word[:1] != "-"
        ]
        for name, function in self.cases:
            if not words or any(word in name for word in words):
                self._run_one(name, function, arguments)
        print(f"{self.name}: {self.passed} passed, {self.failed} failed", flush=True)
        return self.failed

    def _run_one(self, name, function, arguments):
        started = time.monotonic()
        try:
            function(*arguments)
        except Exception:  # noqa: BLE001 - a failed case must not end the run
            self.failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
        else:
            self.passed += 1
            print(f"ok     {name} ({time.monotonic() - started:.2f} s)", flush=True)


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


def chosen_broker():
    """The class under test: Milena, or Apache Kafka with --kafka, which proves a test right."""
    from . import broker, oracle

    return oracle.ApacheKafka if "--kafka" in sys.argv else broker.Milena


def option(name, default):
    """The number behind --name=..., as the type of default."""
    for word in sys.argv[1:]:
        if word.startswith(f"--{name}="):
            return type(default)(word.split("=", 1)[1])
    return default
