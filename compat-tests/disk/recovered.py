# SPDX-License-Identifier: Apache-2.0
"""Data directories that were recovered after power failures, by power_test beside the binary."""

import os
import pathlib
import shutil

from common import run
from milena_test.broker import binary

CHECKPOINT = "log-start-offset-checkpoint"
STATE_OF_A_STOP = [".kafka_cleanshutdown", "recovery-point-offset-checkpoint"]


def make(folder):
    """The directories, one for each history."""
    program = pathlib.Path(binary()).with_name("power_test")
    output = pathlib.Path(folder) / "recovered"
    environment = {**os.environ, "MILENA_POWER_OUTPUT": str(output)}
    run([program, "--gtest_filter=RecoveredFilesTest.*"], env=environment)
    return sorted(output.glob("*/data"))


def adopt(kind, directory, data):
    """Makes data a node's that has these logs, and has died: whoever starts must recover them."""
    logs = sorted(path for path in directory.glob("topic*-0"))
    with kind(data=data) as broker, broker.client() as client:
        for log in logs:
            client.create_topic(log.name.removesuffix("-0"), 1)
    for log in logs:
        for file in log.iterdir():
            if file.name != "partition.metadata":
                shutil.copy(file, data / log.name / file.name)
    shutil.copy(directory / CHECKPOINT, data / CHECKPOINT)
    for name in STATE_OF_A_STOP:
        (data / name).unlink(missing_ok=True)
