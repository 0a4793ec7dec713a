# SPDX-License-Identifier: Apache-2.0
"""Plays each scenario of corpus/ under each configuration: the broker must behave alike.

run [--configuration=NAME] [--jobs=2] [--kafka] [--list] [WORD...]

WORD: only scenarios with it in their name.
"""

import concurrent.futures
import functools
import os
import sys
import tempfile
import time
import traceback

import language
import steps_broker  # noqa: F401 - these modules define the verbs
import steps_crowd  # noqa: F401
import steps_offsets  # noqa: F401
import steps_records  # noqa: F401
import steps_sessions  # noqa: F401
import steps_topics  # noqa: F401
from milena_test.process import free_port
from milena_test.suite import chosen_broker, option
from world import Configuration, World

TINY_SEGMENTS = {"internal.segment.bytes": "1024", "index.interval.bytes": "100"}
CONFIGURATIONS = {
    "default": Configuration(),
    "one-thread": Configuration(settings={"num.network.threads": 1}),
    "many-threads": Configuration(settings={"num.network.threads": 12}),
    "tiny-segments": Configuration(topic=TINY_SEGMENTS),
    "synced": Configuration(settings={"log.flush.interval.messages": 1}),
    "two-directories": Configuration(directories=2),
    "restarts": Configuration(between="restart"),
    "crashes": Configuration(between="kill"),
    "crashes-of-tiny-segments": Configuration(between="kill", topic=TINY_SEGMENTS),
}
# What scenarios count on, in every configuration.
SETTINGS = {"num.partitions": 2, "log.segment.delete.delay.ms": 0}
LOG_LINES_SHOWN = 20


@functools.cache
def port():
    """This process's own: a broker that is down for a moment keeps it."""
    return free_port()


def alarms(broker):
    """The end of Milena's log, without what is usual."""
    if broker.name != "milena":
        return ""
    lines = [line for line in broker.log_tail(1 << 20).splitlines() if " INFO " not in line]
    return "\n".join(lines[-LOG_LINES_SHOWN:])


def play(configuration_name, scenario):
    """(seconds, what went wrong or None)."""
    started = time.monotonic()
    configuration = CONFIGURATIONS[configuration_name]
    with tempfile.TemporaryDirectory(prefix="milena-scenario-") as folder:
        directories = [os.path.join(folder, f"data{i}") for i in range(configuration.directories)]
        settings = {**SETTINGS, "log.dirs": ",".join(directories), **configuration.settings}
        broker = chosen_broker()(directories[0], settings, port())
        try:
            broker.start()
            world = World(broker, configuration)
            world.play(language.load(language.CORPUS / f"{scenario}.scenario"))
            world.end()
            problem = None
        except language.StepFailed as failure:
            problem = f"{failure}\n{alarms(broker)}"
        except Exception:  # noqa: BLE001 - one failed scenario must not end the run
            problem = f"{traceback.format_exc(limit=-3)}\n{alarms(broker)}"
        finally:
            if broker.process:
                broker.kill()
    return time.monotonic() - started, problem


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    names = sorted(path.stem for path in language.CORPUS.glob("*.scenario"))
    names = [name for name in names if not words or any(word in name for word in words)]
    only = option("configuration", "")
    runs = [(c, name) for c in CONFIGURATIONS for name in names if only in ("", c)]
    if "--list" in sys.argv:
        print("\n".join(f"{configuration}/{name}" for configuration, name in runs))
        return 0
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(option("jobs", os.cpu_count())) as pool:
        for run, (seconds, problem) in zip(runs, pool.map(play, *zip(*runs))):
            if problem:
                failed += 1
                print(f"FAILED {'/'.join(run)}: {problem}", flush=True)
            else:
                print(f"ok     {'/'.join(run)} ({seconds:.2f} s)", flush=True)
    print(f"scenarios: {len(runs) - failed} passed, {failed} failed")
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
