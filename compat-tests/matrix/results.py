# SPDX-License-Identifier: Apache-2.0
"""What the cases of the matrix came to: lines of JSON, as the test library appends them; the newest of
a case counts."""

import json
import re

PASSED, FAILED, CANNOT, KAFKA_TOO = "passed", "failed", "cannot", "fails with Apache Kafka too"


def read(path):
    """(client, scenario) -> case's name -> its newest line."""
    cells = {}
    if path.exists():
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            cells.setdefault((line["client"], line["scenario"]), {})[line["case"]] = line
    return cells


class Cell:
    """A client's scenario with Milena, and with Apache Kafka as far as that ran."""

    def __init__(self, milena, kafka):
        self.lines = milena
        self.failed = [line for line in milena if line["outcome"] == FAILED]
        self.passed = [line for line in milena if line["outcome"] == PASSED]
        names = {line["case"] for line in milena}  # a case that is no more may still have a line
        self.kafka_failed = {line["case"] for line in kafka if line["outcome"] == FAILED} & names
        self.kafka_passed = {line["case"] for line in kafka if line["outcome"] == PASSED} & names

    @property
    def outcome(self):
        if self.failed:
            others = [line for line in self.failed if line["case"] not in self.kafka_failed]
            return FAILED if others else KAFKA_TOO
        return PASSED if self.passed else CANNOT

    @property
    def reason(self):
        told = self.failed or ([] if self.passed else self.lines)
        return told[0]["reason"] if told else ""

    @property
    def counted(self):
        return f"{len(self.passed)}/{len(self.passed) + len(self.failed)}"

    @property
    def kafka_counted(self):
        """Empty where Apache Kafka was not asked."""
        asked = len(self.kafka_passed) + len(self.kafka_failed)
        return f"{len(self.kafka_passed)}/{asked}" if asked else ""


class Results:
    """All cells that ran."""

    def __init__(self, folder):
        milena, kafka = read(folder / "milena.jsonl"), read(folder / "kafka.jsonl")
        self.cells = {
            key: Cell([*cases.values()], [*kafka.get(key, {}).values()]) for key, cases in milena.items()
        }
        self.releases = {
            side: sorted({line["release"] for cases in found.values() for line in cases.values()})
            for side, found in (("Milena", milena), ("Apache Kafka", kafka))
        }
        self.dates = sorted(line["date"] for cases in milena.values() for line in cases.values())

    def clients(self):
        """In order: by name, an older version above a newer one."""
        return sorted({client for client, _ in self.cells}, key=_client_order)

    def passing(self):
        return {key for key, cell in self.cells.items() if cell.outcome == PASSED}

    def of_outcome(self, *outcomes):
        """(client, scenario, cell) of these outcomes, in order."""
        found = [(*key, cell) for key, cell in self.cells.items() if cell.outcome in outcomes]
        return sorted(found, key=lambda one: (_client_order(one[0]), one[1]))


def _client_order(client):
    name, _, version = client.rpartition(" ")
    return name, [int(part) for part in re.findall(r"\d+", version)]
