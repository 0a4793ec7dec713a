# SPDX-License-Identifier: Apache-2.0
"""The language of corpus/*.scenario: one step a line, "#" begins a comment.

    VERB WORD... OPTION=VALUE... [-> EXPECTED...]

    produce orders/0 a b k:c codec=lz4      -> 0        three records, the last one with a key
    offsets orders/0                        -> 0..3
    delete-records orders/0 before=9        -> OFFSET_OUT_OF_RANGE

A step's outcome is a list of words; an error of Kafka's is its name. EXPECTED must equal it word
for word; "nothing" stands for no word. Without an arrow, only an error fails the step. {1..3} stands
for 1 2 3, as in a shell. $name keeps the outcome's word when it appears first, and stands for it
from then on; !$name must differ from it.

The verbs are the functions of the modules steps_*.py.
"""

import dataclasses
import itertools
import pathlib
import re

CORPUS = pathlib.Path(__file__).parent / "corpus"
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_OPTION = re.compile(r"([a-z][a-z0-9.-]*?)([+-]?)=(.*)")


class StepFailed(AssertionError):
    """The outcome isn't what the scenario expects."""


@dataclasses.dataclass
class Option:
    name: str
    operation: str  # "", "+" or "-", which only configurations have
    value: str


@dataclasses.dataclass
class Step:
    line: int
    text: str
    verb: str
    words: list
    options: list
    expected: list | None


def load(path):
    steps = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = re.split(r"(?:^|\s)#", line)[0].strip()
        if text:
            steps.append(parse(text, number))
    return steps


def parse(text, line=0):
    action, arrow, expected = text.partition("->")
    verb, *rest = action.split()
    words, options = [], []
    for word in rest:
        option = _OPTION.fullmatch(word)
        if option:
            options.append(Option(*option.groups()))
        else:
            words += expand(word)
    wanted = [one for word in expected.split() for one in expand(word)]
    return Step(line, text, verb, words, options, wanted if arrow else None)


def expand(word):
    """v{1..3} -> v1 v2 v3."""
    found = _RANGE.search(word)
    if not found:
        return [word]
    first, last = map(int, found.groups())
    heads = (f"{word[: found.start()]}{n}" for n in range(first, last + 1))
    tails = expand(word[found.end() :])
    return [head + tail for head, tail in itertools.product(heads, tails)]


def substitute(word, variables):
    """Words of an action may hold variables that are set."""
    return re.sub(r"\$(\w+)", lambda found: variables[found[1]], word)


def compare(step, outcome, variables):
    """Raises StepFailed unless outcome is what the step expects; sets new variables."""
    expected = [] if step.expected == ["nothing"] else step.expected
    if len(outcome) != len(expected):
        raise StepFailed(f"{shorten(outcome)}, expected {shorten(expected)}")
    for actual, wanted in zip(outcome, expected):
        if not _matches(actual, wanted, variables):
            raise StepFailed(f"{shorten(outcome)}, where {actual} should be {wanted}")


def _matches(actual, wanted, variables):
    if wanted.startswith("!$"):
        return actual != variables[wanted[2:]]
    if wanted.startswith("$"):
        return actual == variables.setdefault(wanted[1:], actual)
    return actual == wanted


def shorten(words, most=20):
    shown = " ".join(words[:most])
    return (shown + (f" ... ({len(words)} words)" if len(words) > most else "")) or "nothing"
