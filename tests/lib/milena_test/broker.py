# SPDX-License-Identifier: Apache-2.0
"""Starts Milena: build/release/milena, or $MILENA_BINARY."""

import functools
import os
import subprocess
import sys
import time

from . import schema
from .process import NO_RETENTION, BrokerProcess


def binary():
    return os.environ.get("MILENA_BINARY", str(schema.REPOSITORY / "build" / "release" / "milena"))


class Milena(BrokerProcess):
    name = "milena"

    @staticmethod
    @functools.cache
    def release():
        """As the binary tells it: 0.1.0."""
        told = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True)
        return told.stdout.split()[1]

    def environment(self):
        """Without KAFKA_...: they would be settings."""
        return {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}

    def command(self):
        settings = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "log.dirs": str(self.data),
            **NO_RETENTION,
            **self.settings,
        }
        words = [binary()]
        for key, value in settings.items():
            words += ["--set", f"{key}={value}"]
        return words


def main():
    """Runs the broker until interrupted: a way to try something by hand."""
    settings = dict(word.split("=", 1) for word in sys.argv[1:])
    with Milena(settings=settings) as broker:
        print(broker.address, broker.data, flush=True)
        while broker.process.poll() is None:
            time.sleep(0.5)


if __name__ == "__main__":
    main()
