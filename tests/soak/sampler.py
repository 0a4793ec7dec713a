# SPDX-License-Identifier: Apache-2.0
"""What a broker takes while it runs: memory, open files, threads."""

import os
import pathlib
import statistics
import threading

from milena_test.suite import expect

EVERY_SECONDS = 0.5
SETTLED = 0.4  # of the time that is watched
GROWTH_MAX = 1.1
# On top: what one more connection, segment or batch takes for a moment.
MARGINS = {"megabytes": 8.0, "files": 40, "threads": 1}


class Sampler(threading.Thread):
    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker = broker
        self.samples = {name: [] for name in MARGINS}
        self._stopped = threading.Event()

    def run(self):
        while not self._stopped.wait(EVERY_SECONDS):
            process = pathlib.Path(f"/proc/{self.broker.pid}")
            try:
                row = {
                    "megabytes": self.broker.resident_bytes() / 1e6,
                    "files": len(os.listdir(process / "fd")),
                    "threads": len(os.listdir(process / "task")),
                }
            except (OSError, ValueError):
                return  # it is gone, which somebody else notices
            for name, found in row.items():
                self.samples[name].append(found)

    def stop(self):
        """Says what was seen."""
        self._stopped.set()
        self.join()
        parts = []
        for name, found in self.samples.items():
            early, late = self._early_and_late(found)
            parts.append(f"{name} {early:.0f} then {late:.0f} (most {max(found):.0f})")
        return ", ".join(parts)

    @staticmethod
    def _early_and_late(found):
        """Medians of the parts right after it has settled, and at the end."""
        settled = found[int(len(found) * SETTLED) :]
        part = max(len(settled) // 3, 1)
        return statistics.median(settled[:part]), statistics.median(settled[-part:])

    def check(self, what):
        for name, found in self.samples.items():
            early, late = self._early_and_late(found)
            most = early * GROWTH_MAX + MARGINS[name]
            expect(late <= most, f"{what}: {name} grew from {early:.1f} to {late:.1f}: {found[-60:]}")
