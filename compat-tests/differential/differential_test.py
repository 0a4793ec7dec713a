# SPDX-License-Identifier: Apache-2.0
"""Runs every scenario against Apache Kafka and Milena and compares the answers field by field.

    run [OPTION...] [WORD...]    only scenarios whose name contains a WORD

--list prints the scenarios' names. --all prints every difference, not only the first few.
--print prints Apache Kafka's normalised answers.
Apache Kafka's answers are kept under build/ and asked for again when a scenario or the code behind it
changes; --fresh asks for all. --self-check compares Apache Kafka with a second Apache Kafka: it must find no difference, else a
scenario is not deterministic. --late=MS asks an Apache Kafka whose group coordinator commits that much later; who asks it
too early after an answer then sees it.
"""
import contextlib
import fnmatch
import hashlib
import importlib
import inspect
import pathlib
import pickle
import sys
import traceback

from milena_test import broker, oracle, schema

from accepted_differences import ACCEPTED
from compare import Normaliser, differences
from coordinator_errors import Seen, missing_tests
from session import ANSWER_SECONDS_MAX, Session

SETTINGS = {
    "num.partitions": "3", "auto.create.topics.enable": "true", "node.id": "1",
    # Some records are old: a broker that looks after retention would delete them.
    "log.retention.ms": "-1",
    "group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "500",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}  # fmt: skip
LATENESS = next((word.removeprefix("--late=") for word in sys.argv if word.startswith("--late=")), None)
SHOWN_DIFFERENCES_MAX = 12
# Listened for where Apache Kafka never answers; Milena does, and has all the time it wants.
SILENCE_SECONDS = {"kafka": 3.0, "milena": ANSWER_SECONDS_MAX}

_HERE = pathlib.Path(__file__).parent
_LISTS = [_HERE / "accepted_differences.py", _HERE / "coordinator_errors.py"]


def load_scenarios():
    """(name, function) of each public function in scenarios/*.py, in order of file and line."""
    found = []
    for path in sorted((_HERE / "scenarios").glob("*.py")):
        module = importlib.import_module(f"scenarios.{path.stem}")
        functions = inspect.getmembers(module, inspect.isfunction)
        own = [f for _, f in functions if f.__module__ == module.__name__ and f.__name__[0] != "_"]
        found += sorted(own, key=lambda f: (path.stem, f.__code__.co_firstlineno))
    return [(function.__name__, function) for function in found]


def served_versions(port):
    session = Session(port, "versions", {})
    answer = session.client.request("ApiVersions", 0, {})
    session.close()
    return {row["ApiKey"]: (row["MinVersion"], row["MaxVersion"]) for row in answer["ApiKeys"]}


def record(asked, name, scenario, versions):
    """The scenario's steps with normalised answers, and where it broke off, if it did."""
    session = Session(asked.port, name, versions, SILENCE_SECONDS[asked.name])
    broken = None
    try:
        scenario(session)
    except Exception:  # noqa: BLE001 - reported as a difference
        broken = traceback.format_exc()
    finally:
        session.close()
    view = Normaliser()
    for step in session.steps:
        step.answer = view.normalise(step)
    return session.steps, broken


class Oracle:
    """Apache Kafka's recordings: from the store while nothing that made them changed."""

    def __init__(self, stack):
        self._stack = stack
        self._broker = None
        self._store = schema.REPOSITORY / "build" / f"differential-{oracle.BROKER_VERSION}"
        self._store.mkdir(parents=True, exist_ok=True)
        self._code = "".join(path.read_text() for path in sorted(_HERE.glob("*.py")) if path not in _LISTS)

    def versions(self):
        return self._stored("versions", "", lambda kafka: served_versions(kafka.port))

    def record(self, name, scenario, versions):
        key = inspect.getsource(inspect.getmodule(scenario)) + repr(sorted(versions.items()))
        return self._stored(name, key, lambda kafka: record(kafka, name, scenario, versions))

    def _stored(self, name, key, ask):
        digest = hashlib.sha256((self._code + key).encode()).hexdigest()[:16]
        path = self._store / f"{name}-{digest}"
        if path.exists() and "--fresh" not in sys.argv and not LATENESS:
            return pickle.loads(path.read_bytes())
        if self._broker is None:
            late = {"group.coordinator.append.linger.ms": LATENESS} if LATENESS else {}
            self._broker = self._stack.enter_context(oracle.ApacheKafka(settings=SETTINGS | late))
        found = ask(self._broker)
        if LATENESS:
            return found
        path.write_bytes(pickle.dumps(found))
        return found


def accepted(name, question, path):
    return next(
        (entry for entry in ACCEPTED if all(map(_matches, (name, question, path), entry))), None
    )


def _matches(text, pattern):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


class Comparison:
    def __init__(self):
        self.used = set()
        self.seen = Seen()
        self.passed = self.failed = self.answers = 0

    def scenario(self, name, theirs, ours):
        (kafka_steps, kafka_broken), (milena_steps, milena_broken) = theirs, ours
        found = [f"broke off at Apache Kafka:\n{kafka_broken}"] if kafka_broken else []
        found += [f"broke off at Milena:\n{milena_broken}"] if milena_broken else []
        if len(kafka_steps) != len(milena_steps):
            found.append(f"{len(kafka_steps)} answers by Kafka, {len(milena_steps)} by Milena")
        for kafka_step, milena_step in zip(kafka_steps, milena_steps):
            if "--print" in sys.argv:
                print(f"    {kafka_step}: {kafka_step.answer}")
            self.answers += 1
            self.seen.add(kafka_step.api, kafka_step.answer, milena_step.answer)
            for path, kafka, milena in differences(kafka_step.answer, milena_step.answer):
                entry = accepted(name, str(kafka_step), path)
                if entry:
                    self.used.add(entry)
                else:
                    found.append(f"{kafka_step}: {path}: Kafka {kafka!r}, Milena {milena!r}")
        self._report(name, found, len(kafka_steps))

    def _report(self, name, found, steps):
        if not found:
            self.passed += 1
            print(f"ok     {name} ({steps} answers)", flush=True)
            return
        self.failed += 1
        print(f"FAILED {name} ({steps} answers, {len(found)} differences)")
        shown = found if "--all" in sys.argv else found[:SHOWN_DIFFERENCES_MAX]
        print("".join(f"    {one}\n" for one in shown), end="", flush=True)

    def stale_entries(self):
        for entry in ACCEPTED:
            if entry not in self.used:
                self.failed += 1
                print(f"FAILED accepted difference is gone: {entry[:3]}")

    def coordinator_errors(self):
        for problem in [*self.seen.problems(), *missing_tests()]:
            self.failed += 1
            print(f"FAILED coordinator_errors.py: {problem}")


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    chosen = [s for s in load_scenarios() if not words or any(word in s[0] for word in words)]
    if "--list" in sys.argv:
        print("\n".join(name for name, _ in chosen))
        return 0
    self_check = "--self-check" in sys.argv
    comparison = Comparison()
    with contextlib.ExitStack() as stack:
        kafka = Oracle(stack)
        other = oracle.ApacheKafka if self_check else broker.Milena
        milena = stack.enter_context(other(settings=SETTINGS))
        both = served_versions(milena.port)
        versions = {key: range_ for key, range_ in kafka.versions().items() if key in both}
        for name, scenario in chosen:
            theirs = kafka.record(name, scenario, versions)
            comparison.scenario(name, theirs, record(milena, name, scenario, versions))
    if not words and not self_check:
        comparison.stale_entries()
        comparison.coordinator_errors()
    print(f"differential: {comparison.answers} answers compared")
    print(f"differential: {comparison.passed} passed, {comparison.failed} failed")
    return 1 if comparison.failed else 0


if __name__ == "__main__":
    sys.exit(main())
