# SPDX-License-Identifier: Apache-2.0
"""Runs named cases and prints one counted line at the end: "12 passed, 0 failed"."""

import json
import sys
import time
import traceback


class Case:
    """client and scenario name its cell of the compatibility matrix; None where it has none."""

    def __init__(self, name, function, client, scenario, wide=False, reason=None):
        self.name, self.function, self.wide, self.reason = name, function, wide, reason
        self.cell = (client, scenario) if client and scenario else None


class Suite:
    """Collects cases (functions) and runs the chosen ones.

    All, or those whose name contains a WORD or --only=WORD; --client=WORD and --scenario=NAME choose by
    cell. A wide case runs with --wide alone: it belongs to the matrix, not to each run of the tests.
    --cells=FILE runs what has a cell, and appends a line of JSON a case.
    """

    def __init__(self, name, client=None, scenario=None):
        """client, scenario: the cell of the cases that do not tell theirs."""
        self.name, self.client, self.scenario = name, client, scenario
        self.cases = []
        self.passed = self.failed = 0

    def case(self, function):
        """Decorator: the function's name, with spaces, is the case's name."""
        self.add(function.__name__.replace("_", " "), function)
        return function

    def case_of(self, scenario):
        """Decorator: a case of this scenario."""

        def add(function):
            self.add(function.__name__.replace("_", " "), function, scenario=scenario)
            return function

        return add

    def add(self, name, function, client=None, scenario=None, wide=False):
        cell = client or self.client, scenario or self.scenario
        self.cases.append(Case(name, function, *cell, wide))

    def cannot(self, scenario, reason, client=None):
        """The client has no such feature: the matrix says so."""
        name = f"{client or self.client} cannot {scenario}"
        case = Case(name, None, client or self.client, scenario, reason=reason)
        self.cases.append(case)

    def chosen(self):
        """The cases to run."""
        return [case for case in self.cases if _is_chosen(case)]

    def run(self, *arguments):
        """Calls every chosen case with the arguments; returns the number of failures."""
        for case in self.chosen():
            self._run_one(case, arguments)
        print(f"{self.name}: {self.passed} passed, {self.failed} failed", flush=True)
        return self.failed

    def _run_one(self, case, arguments):
        if case.reason:
            _record(case, "cannot", 0, case.reason)
            return
        started = time.monotonic()
        try:
            case.function(*arguments)
        except Exception as problem:  # noqa: BLE001 - a failed case must not end the run
            self.failed += 1
            print(f"FAILED {case.name}\n{traceback.format_exc()}", flush=True)
            _record(case, "failed", time.monotonic() - started, _first_line(problem))
        else:
            self.passed += 1
            print(f"ok     {case.name} ({time.monotonic() - started:.2f} s)", flush=True)
            _record(case, "passed", time.monotonic() - started)


def _is_chosen(case):
    words = [
        word.removeprefix("--only=")
        for word in sys.argv[1:]
        if word.startswith("--only=") or word[:1] != "-"
    ]
    client, scenario = option("client", ""), option("scenario", "")
    if case.cell is None:
        if client or scenario or option("cells", ""):
            return False
    elif client not in case.cell[0] or scenario not in ("", case.cell[1]):
        return False
    if case.reason:
        return bool(option("cells", ""))
    if case.wide and "--wide" not in sys.argv:
        return False
    return not words or any(word in case.name for word in words)


def _first_line(problem):
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:300]


def _record(case, outcome, seconds, reason=""):
    path = option("cells", "")
    if not path or case.cell is None:
        return
    client, scenario = case.cell
    line = {
        "client": client, "scenario": scenario, "case": case.name, "outcome": outcome,
        "seconds": round(seconds, 1), "reason": reason, "broker": chosen_broker().name,
        "release": chosen_broker().release(), "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }  # fmt: skip
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


def await_true(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(0.01)


def chosen_broker():
    """The class under test: Milena, or Apache Kafka with --kafka, which proves a test right."""
    from . import broker, oracle

    return oracle.ApacheKafka if "--kafka" in sys.argv else broker.Milena


def option(name, default):
    """The number or text behind --name=..., as the type of default."""
    for word in sys.argv[1:]:
        if word.startswith(f"--{name}="):
            return type(default)(word.split("=", 1)[1])
    return default
