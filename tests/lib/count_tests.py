# SPDX-License-Identifier: Apache-2.0
"""Counts the single tests in a ctest log, in which each test is a program with many of them.

    count_tests.py LOG       prints "PASSED FAILED", then the names of those programs that failed
"""

import re
import sys

# Of one program: how it says how many passed and how many failed.
_GTEST_PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?\.$", re.M)
_GTEST_FAILED = re.compile(r"^\[  FAILED  \] (\d+) tests?, listed below:$", re.M)
_UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
_UNITTEST_FAILED = re.compile(r"^FAILED \((.*)\)$", re.M)
_SUITE = re.compile(r"^[\w -]+: (\d+) passed, (\d+) failed$", re.M)

_PROGRAM = re.compile(
    r"^\d+/\d+ Testing: (?P<name>.+?)\n(?P<output>.*?)"
    r"^Test time = .*?\n-+\n(?:Test (?P<end>\w+)|(?P<other>.*))",
    re.M | re.S,
)  # fmt: skip


def count_program(output):
    """(passed, failed) as the program itself says; a program that says nothing is (0, 0)."""
    passed = sum(int(n) for n in _GTEST_PASSED.findall(output))
    failed = sum(int(n) for n in _GTEST_FAILED.findall(output))
    for ran, bad in zip(_UNITTEST_RAN.findall(output), _UNITTEST_FAILED.findall(output) or [""]):
        broken = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", bad))
        passed, failed = passed + int(ran) - broken, failed + broken
    for good, bad in _SUITE.findall(output):
        passed, failed = passed + int(good), failed + int(bad)
    return passed, failed


def count(log):
    """(passed, failed, names of failed programs)."""
    passed, failed, names = 0, 0, []
    for program in _PROGRAM.finditer(log):
        good, bad = count_program(program["output"])
        if program["end"] == "Passed":
            good = good or (0 if bad else 1)
        elif program["end"] != "Skipped":
            bad = bad or 1  # it crashed, or says nothing
            names.append(program["name"])
        passed, failed = passed + good, failed + bad
    return passed, failed, names


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        passed, failed, names = count(log.read())
    print(passed, failed)
    print("\n".join(names))


if __name__ == "__main__":
    main()
