# SPDX-License-Identifier: Apache-2.0
"""Moves partitions from one data directory to another, while they are written."""

import random
import threading
import time

from milena_test import log_dirs
from milena_test.client import Client, ConnectionClosed
from milena_test.suite import expect_equal


class Mover(threading.Thread):
    """Moves partitions of a topic to directories drawn at random until the broker dies."""

    def __init__(self, port, topic, partitions, directories):
        super().__init__(daemon=True)
        self.port, self.topic, self.partitions = port, topic, partitions
        self.directories = directories
        self.moves = 0
        self.problem = None

    def run(self):
        try:
            with Client(self.port, timeout=60) as client:
                while True:
                    partition = random.randrange(self.partitions)
                    path = random.choice(self.directories)
                    code = log_dirs.move(client, self.topic, partition, path)
                    expect_equal(code, 0, f"move of {partition} to {path}")
                    self.moves += 1
                    time.sleep(random.uniform(0, 0.05))
        except (ConnectionClosed, OSError, EOFError):
            pass
        except Exception as problem:  # noqa: BLE001 - shown by who waits for the thread
            self.problem = problem
