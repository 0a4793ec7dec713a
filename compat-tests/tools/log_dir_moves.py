# SPDX-License-Identifier: Apache-2.0
"""kafka-reassign-partitions and kafka-log-dirs: partitions move between data directories."""

import json
import tempfile
import time

from common import expect
from milena_test.suite import chosen_broker, expect_equal


def _expect_in(text, *wanted):
    for word in wanted:
        expect(word in text, f"{word!r} is not in:\n{text}")


def _reassign(tool, broker, option, file):
    arguments = [option, "--reassignment-json-file", file]
    if option == "--execute":
        arguments += ["--replica-alter-log-dirs-throttle", 1_000_000_000]
    return tool(broker, "reassign.ReassignPartitionsCommand", *arguments)


def _places(tool, broker, topic):
    """{partition: [(directory, is future)]}, as kafka-log-dirs tells."""
    text = tool(broker, "LogDirsCommand", "--describe", "--topic-list", topic)
    (line,) = [line for line in text.splitlines() if line.startswith("{")]
    found = {}
    for directory in json.loads(line)["brokers"][0]["logDirs"]:
        for row in directory["partitions"]:
            found.setdefault(row["partition"], []).append((directory["logDir"], row["isFuture"]))
    return found


def check(tool, fill, seconds_max):
    """On a broker of its own, as it has several directories."""
    topic = "tools-moves"
    with tempfile.TemporaryDirectory(prefix="milena-tools-") as folder:
        directories = [f"{folder}/data", f"{folder}/b"]
        options = {"log.dirs": ",".join(directories)}
        with chosen_broker()(data=directories[0], settings=options) as broker:
            fill(broker, topic, 1000, partitions=2)
            before = {name: where for name, [(where, _)] in _places(tool, broker, topic).items()}
            expect(sorted(before.values()) == sorted(directories), before)
            wanted = {name: directories[1 - directories.index(before[name])] for name in before}
            rows = [
                {"topic": topic, "partition": int(name[-1]), "replicas": [1], "log_dirs": [path]}
                for name, path in wanted.items()
            ]
            file = f"{folder}/moves.json"
            with open(file, "w") as out:
                json.dump({"version": 1, "partitions": rows}, out)
            _expect_in(_reassign(tool, broker, "--execute", file), "Successfully started moving log")
            deadline = time.monotonic() + seconds_max
            while "still in progress" in (text := _reassign(tool, broker, "--verify", file)):
                expect(time.monotonic() < deadline, text)
            _expect_in(text, "completed successfully", "Clearing broker-level throttles")
            moved = {name: [(path, False)] for name, path in wanted.items()}
            expect_equal(_places(tool, broker, topic), moved, "places")
            _expect_in(_reassign(tool, broker, "--cancel", file), "None of the specified partition moves")
            text = tool(broker, "consumer.ConsoleConsumer", "--topic", topic, "--from-beginning",
                        "--max-messages", 1000)  # fmt: skip
            expect(len(text.splitlines()) == 1000, f"{len(text.splitlines())} records")
