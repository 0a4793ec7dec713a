# SPDX-License-Identifier: Apache-2.0
"""A full disk: errors for producers, reads go on, writes resume when there is room again."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

from milena_test import batch, errors
from milena_test.suite import chosen_broker, expect, expect_equal

DISK_BYTES = 96 << 20
FILLER_BYTES = 32 << 20
RESUME_SECONDS_MAX = 60


@contextlib.contextmanager
def small_disk():
    """A tmpfs of DISK_BYTES. Mounting takes root; None when that is not given."""
    with tempfile.TemporaryDirectory(prefix="milena-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            yield None
            return
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(client, data):
    """Produces until it fails; returns the acknowledged offsets and the error's code."""
    acknowledged = []
    for _ in range(3 * DISK_BYTES // len(data)):
        answer = client.produce("full", 0, data, acks=1)
        if answer["ErrorCode"]:
            return acknowledged, answer["ErrorCode"]
        acknowledged.append(answer["BaseOffset"])
    raise AssertionError("the disk never became full")


def _await_room(client, data):
    deadline = time.monotonic() + RESUME_SECONDS_MAX
    while True:
        answer = client.produce("full", 0, data, acks=1)
        if answer["ErrorCode"] == 0:
            return answer["BaseOffset"]
        expect(time.monotonic() < deadline, f"writes did not resume: {answer}")
        time.sleep(0.1)


def _check_log(client, count):
    """All acknowledged batches of 10 records are there, and nothing but whole batches."""
    offsets = [record.offset for record in client.read_all("full", 0, 0, 4 << 20, False)]
    expect_equal(offsets, list(range(count * 10)), "offsets in the log")


def disk_full(_):
    if chosen_broker().name == "kafka":
        print("       skipped: Apache Kafka gives up a disk that is full")
        return
    data = batch.build([bytes(50_000)] * 10)
    with small_disk() as disk:
        if disk is None:
            print("       skipped: no permission to mount a small disk")
            return
        filler = disk / "filler"
        filler.write_bytes(bytes(FILLER_BYTES))
        with chosen_broker()(data=disk / "data") as broker, broker.client() as client:
            client.create_topic("full")
            acknowledged, code = _fill(client, data)
            expect_equal(errors.NAMES[code], "KAFKA_STORAGE_ERROR", "error of a full disk")
            _check_log(client, len(acknowledged))
            expect(client.produce("full", 0, data)["ErrorCode"] != 0, "still full")
            filler.unlink()
            offset = _await_room(client, data)
            expect_equal(offset, len(acknowledged) * 10, "offset of the first write after it")
            _check_log(client, len(acknowledged) + 1)
            broker.restart()
            with broker.client() as again:
                _check_log(again, len(acknowledged) + 1)


def add_to(suite):
    suite.add("disk full", disk_full)
