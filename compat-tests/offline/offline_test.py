# SPDX-License-Identifier: Apache-2.0
"""milena dump, verify and records, on directories of Milena and of Apache Kafka, whole and damaged."""

import contextlib
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "disk"))

import content  # noqa: E402
import damages  # noqa: E402
import history  # noqa: E402
from common import Suite, expect, run  # noqa: E402
from milena_test import oracle  # noqa: E402
from milena_test.broker import Milena, binary  # noqa: E402
from milena_test.suite import expect_equal  # noqa: E402

suite = Suite("offline")
KINDS = {"Milena": Milena, "Apache Kafka": oracle.ApacheKafka}


def tool(*words):
    """(exit status, lines of output, text of errors)."""
    done = subprocess.run([binary(), *map(str, words)], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout.splitlines(), done.stderr


@contextlib.contextmanager
def directory(kind, crashed=False):
    """A data directory that a broker of this kind filled and left."""
    with tempfile.TemporaryDirectory(prefix="milena-offline-") as folder:
        data = pathlib.Path(folder) / "data"
        with kind(data=data) as broker:
            content.fill(broker)
            seen = content.read(broker)
            history.add(broker)
            if crashed:
                broker.kill()
        yield data, seen


def fingerprint(data):
    """Of every name and every byte."""
    files = sorted(path for path in data.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def expect_whole(data):
    before = fingerprint(data)
    status, lines, errors = tool("verify", "--records", data)
    expect(status == 0, f"verify: {status}, {errors}\n" + "\n".join(lines[-20:]))
    expect(lines[-1].startswith("checked ") and ": 0 damages," in lines[-1], lines[-1])
    expect(fingerprint(data) == before, "verify changed files")


def expect_counted_alike(data):
    """Batches and records of each log, as DumpLogSegments counts them."""
    logs = sorted(log for log in data.glob("*-0/*.log") if log.stat().st_size > 0)[:40]
    theirs = run(oracle.tool_command("DumpLogSegments", "--deep-iteration", "--files", ",".join(map(str, logs))))
    status, ours, errors = tool("dump", "--records", *logs)
    expect_equal((status, errors), (0, ""), "dump")
    kinds = [line.split(" ", 1)[0] for line in ours]
    expect_equal(kinds.count("batch"), theirs.count("baseOffset: "), "batches")
    expect_equal(kinds.count("record"), theirs.count("| offset: "), "records")
    positions = re.findall(r"position: (\d+) ", theirs)
    expect_equal(re.findall(r"batch position=(\d+) ", "\n".join(ours)), positions, "positions")


def expect_decoded(data):
    metadata = sorted((data / "__cluster_metadata-0").glob("*.log"))
    status, lines, errors = tool("dump", "--records", *metadata)
    expect_equal((status, errors), (0, ""), "dump of metadata")
    for record in ("TopicRecord v0 (name=\"disk-rolled\"", "PartitionRecord v", "RegisterBrokerRecord v"):
        expect(any(record in line for line in lines), f"no {record}")
    offsets = [log for log in data.glob("__consumer_offsets-*/*.log") if log.stat().st_size]
    _, lines, _ = tool("dump", "--records", *offsets)
    expect(any('OffsetCommitKey v0 (group="offline-group"' in line for line in lines), "no offset")
    states = [log for log in data.glob("__transaction_state-*/*.log") if log.stat().st_size]
    _, lines, _ = tool("dump", "--records", *states)
    expect(any('TransactionLogKey v0 (transactional_id="offline")' in line for line in lines), "no transaction")
    every_file = [path for path in data.rglob("*") if path.is_file() and path.name != "bootstrap.checkpoint"]
    status, lines, _ = tool("dump", *every_file)
    expect(status == 0, "\n".join(line for line in lines if line.startswith("damage")))


def expect_records(data, seen):
    _, lines, errors = tool("records", data, "disk-rolled", "--format", "json")
    expect_equal(errors, "", "records")
    found = [json.loads(line) for line in lines]
    expected = [
        (index, offset, timestamp, key and key.decode(), value and value.decode(),
         [(name, value and value.decode()) for name, value in headers])
        for index, (_, records) in sorted(seen["disk-rolled"][2].items())
        for offset, timestamp, key, value, headers in records
    ]  # fmt: skip
    read = [
        (one["partition"], one["offset"], one["timestamp"], one["key"], one["value"],
         [(header["key"], header["value"]) for header in one["headers"]])
        for one in found
    ]  # fmt: skip
    expect(read == expected, f"{len(read)} records, {len(expected)} expected")
    _, lines, _ = tool("records", data, "disk-trimmed-0", "--format", "%o\\n", "--limit", 2)
    expect_equal(lines, ["123", "124"], "where the log begins")
    _, lines, _ = tool("records", data, "disk-rolled-0", "--from", 4321, "--limit", 1, "--format", "%t-%p %o %%")
    expect_equal(lines, ["disk-rolled-0 4321 %"], "one record")


def expect_transactions(data):
    _, lines, _ = tool("records", "--read-committed", data, history.TOPIC, "--format", "%s\\n")
    expect_equal(lines, history.COMMITTED, "committed records")
    _, lines, _ = tool("records", data, history.TOPIC, "--format", "%s\\n")
    expect_equal(len(lines), 2 * len(history.COMMITTED) + 1, "all records")


def expect_damage_reported(data):
    for damage in damages.ALL:
        copy = data.with_name("copy")
        shutil.copytree(data, copy)
        place, what = damage(copy)
        status, lines, errors = tool("verify", copy)
        expect_equal((status, errors), (1, ""), f"{damage.__name__}: verify")
        reported = [line for line in lines if line.startswith("damage ")]
        wanted = [line for line in reported if line.startswith(f"damage {place}: ") and what in line]
        expect(wanted, f"{damage.__name__}: no '{what}' of {place} in\n" + "\n".join(reported[:30]))
        shutil.rmtree(copy)


def whole(kind):
    with directory(kind) as (data, seen):
        expect_whole(data)
        expect_counted_alike(data)
        expect_decoded(data)
        expect_records(data, seen)
        expect_transactions(data)
        if kind is Milena:
            expect_damage_reported(data)


def crashed(kind):
    with directory(kind, crashed=True) as (data, _):
        expect_whole(data)


for name, kind in KINDS.items():
    for check in (whole, crashed):
        suite.add(f"{check.__name__} directory of {name}", lambda _, check=check, kind=kind: check(kind))


@suite.case
def damage_is_dumped_and_passed(_):
    with directory(Milena) as (data, _seen):
        log = damages.segment(data / "disk-rolled-0")
        batches = len(damages.positions(log)) - 1
        place, _ = damages.no_batch_in_the_middle(data)
        status, lines, _ = tool("dump", log)
        expect_equal(status, 1, "exit status")
        expect(any(line.startswith(f"damage {place}: ") for line in lines), f"no {place}")
        expect_equal(sum(line.startswith("batch ") for line in lines), batches - 1, "batches")


@suite.case
def wrong_usage_is_told(_):
    for words in (["verify"], ["dump"], ["records", "/nowhere", "topic"], ["dump", "--nonsense", "x"],
                  ["verify", "/nowhere"], ["records", ".", "topic", "--format", "%q"]):  # fmt: skip
        status, lines, errors = tool(*words)
        expect_equal((status, lines), (2, []), f"{words}: {errors}")
        expect(errors.startswith(f"milena {words[0]}: "), errors)


if __name__ == "__main__":
    sys.exit(min(suite.run(None), 1))
