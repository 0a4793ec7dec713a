# SPDX-License-Identifier: Apache-2.0
"""What every client's test shares: the records, the check of what came back, where programs live.

A client program in any language knows two words:
    produce ADDRESS TOPIC CODEC COUNT    sends the records 0 .. COUNT-1 below to partition 0
    consume ADDRESS TOPIC COUNT          prints the topic's first COUNT records, one line each:
                                         offset|timestamp|key|value|name=value,name=value
"~" stands for null in a key or value.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from milena_test import schema
from milena_test.suite import Suite, chosen_broker, expect, option

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
COUNT = option("records", 20000)
PROGRAM_SECONDS_MAX = 600
BUILD = schema.REPOSITORY / "build" / "clients"
FIRST_TIMESTAMP = 1_700_000_000_000
NULL = "~"


def expected_line(i):
    key = NULL if i % 5 == 0 else f"key-{i % 1000}"
    value = NULL if i % 11 == 0 and i % 5 else f"value-{i}-{'x' * (i % 50)}"
    headers = f"number={i},empty=" if i % 3 == 0 else ""
    return f"{i}|{FIRST_TIMESTAMP + i}|{key}|{value}|{headers}"


def check_lines(lines, count, expected=expected_line, view=str):
    """Compares view(line) as they come; a difference names the first record that differs."""
    found = 0
    for line in lines:
        line, wanted = view(line.rstrip("\n")), expected(found)
        expect(line == wanted, f"record {found}: {line[:300]!r}, expected {wanted[:300]!r}")
        found += 1
    expect(found == count, f"{found} records, expected {count}")


def run(command, **options):
    """Runs a program to its end; its output is shown when it fails."""
    options = {"timeout": PROGRAM_SECONDS_MAX, "capture_output": True, "text": True, **options}
    done = subprocess.run([str(word) for word in command], **options)
    if done.returncode != 0:
        output = f"{(done.stdout or '')[-3000:]}\n{(done.stderr or '')[-3000:]}"
        raise AssertionError(f"{command} ended with {done.returncode}:\n{output}")
    return done.stdout


def consume_and_check(command, count, expected=expected_line, view=str):
    """Runs a consumer and checks its lines while it prints them."""
    words = [str(word) for word in command]
    complaints = tempfile.TemporaryFile()  # a pipe that nobody reads would stop it
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
        try:
            check_lines(process.stdout, count, expected, view)
        except AssertionError as problem:
            process.kill()
            raise AssertionError(f"{words}: {problem}\n{tail(complaints)}") from problem
    expect(process.returncode == 0, f"{words} ended with {process.returncode}:\n{tail(complaints)}")


def tail(file, size=3000):
    """The end of what programs have written to the file."""
    file.seek(max(0, file.seek(0, 2) - size))
    return file.read().decode(errors="replace")


def codec_cases(suite, program, label="", count=COUNT, client=None, wide=(), codecs=CODECS):
    """Adds a case a codec: what the program produced comes back equal when it consumes."""
    for codec in codecs:

        def case(broker, codec=codec):
            topic = f"{label or suite.name}-{codec}".replace(" ", "-")
            with broker.client() as client:
                client.create_topic(topic, configs={"retention.ms": -1})  # the records are old
            run([*program, "produce", broker.address, topic, codec, count])
            consume_and_check([*program, "consume", broker.address, topic, count], count)

        suite.add(f"{label} {codec}".strip(), case, client, "codecs", codec in wide)


def main(suite, settings=None):
    """Runs the suite against a broker of its own."""
    if not suite.chosen():
        return 0
    with chosen_broker()(settings=settings) as broker:
        failed = suite.run(broker)
    return 1 if failed else 0


def chosen_versions(client, usual, wide=()):
    """The versions to test: the wide ones with --wide, and of all, those that --client=WORD names."""
    versions = [*usual, *(wide if "--wide" in sys.argv else ())]
    return [version for version in versions if option("client", "") in f"{client} {version}"]


def virtual_environment(name, *packages):
    """A Python environment with packages, made once; its interpreter."""
    folder = BUILD / f"python-{name}"
    python = folder / "bin" / "python"
    done = folder / ".complete"
    if not done.exists():
        run([sys.executable, "-m", "venv", "--clear", folder])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        done.write_text("\n".join(packages))
    return python


def recipe(name):
    """What docs/testing.md shows behind the mark of that name: the text there is what is tested."""
    text = (schema.REPOSITORY / "docs" / "testing.md").read_text()
    return re.search(rf"<!-- recipe: {name} -->\n```\w+\n(.*?)```", text, re.S)[1]


def folder_of(file):
    return pathlib.Path(file).resolve().parent
