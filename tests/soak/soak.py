# SPDX-License-Identifier: Apache-2.0
"""A broker under mixed load for minutes, killed now and then: nothing is lost, and it takes no more with time.

run [--minutes=0.75] [--seed=N] [--kafka] [WORD...]

Load: a queue under retention and a reader that it overtakes; a table under compaction; topics that come and go; groups
of three kinds that transfer in transactions while their members come and go (the crash test's). All in tiny segments.
Each of them knows what must be there; Apache Kafka's own tool reads the files at the end.
"""

import collections
import pathlib
import random
import re
import sys
import tempfile
import time

import exactly_once
import loads
from sampler import Sampler
from milena_test.suite import Suite, chosen_broker, expect, expect_equal, option

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "compat-tests" / "disk"))

MINUTES = option("minutes", 0.75)
MINUTES_OF_A_LIFE = 4
SECONDS_MAX = 120.0
TABLE_BYTES_MAX = 3_000_000
SETTINGS = {
    **exactly_once.SETTINGS,
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "1000",
    "log.cleaner.backoff.ms": "500",
    "log.segment.delete.delay.ms": "1000",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
}
# What a broker says that was killed while it wrote.
EXPECTED_IN_LOG = re.compile(r"cut \d+ bytes that are no valid batch|and is dropped|lacks an index")
exactly_once.FEED_RECORDS, exactly_once.FEED_SECONDS = 2, 0.5

suite = Suite("soak")


class Load:
    """All that goes on beside the groups."""

    def __init__(self, broker):
        self.broker = broker
        with broker.client() as client:
            for kind in (loads.QueueWriter, loads.TableWriter):
                client.create_topic(kind.topic_name, 1, kind.configs)
            loads.shrink_internal_topics(client)
        self.writers = [loads.QueueWriter(broker.port), loads.TableWriter(broker.port)]
        self.reader, self.churn = loads.QueueReader(broker.port), loads.TopicChurn(broker.port)

    def start(self):
        for thread in (*self.writers, self.reader, self.churn):
            thread.start()

    def check(self):
        for thread in (*self.writers, self.reader, self.churn):
            expect(thread.problem is None, f"{type(thread).__name__}: {thread.problem!r}")

    def after_crash(self):
        for at, writer in enumerate(self.writers):
            writer.join()
            expect(writer.problem is None, f"{writer.topic}: {writer.problem!r}")
            self.writers[at] = type(writer)(self.broker.port, writer)
            self.writers[at].start()

    def stop(self):
        for writer in self.writers:
            writer.stop()
            writer.join()
            expect(writer.problem is None, f"{writer.topic}: {writer.problem!r}")
            expect(not writer.unanswered, f"{writer.topic}: the last records were not answered")
        self.reader.stop()
        self.churn.stop()
        queue, table = (writer.next_number for writer in self.writers)
        print(f"       {queue} records in the queue, {self.reader.read} read ({self.reader.overtaken} times overtaken); "
              f"{table} in the table; {self.churn.deleted} topics", flush=True)  # fmt: skip

    def check_all(self):
        queue, table = self.writers
        with self.broker.client() as client:
            loads.check_queue(client, queue)
            found = loads.check_table(client)
            alive = {key: loads.number_in(record) for key, record in found.items() if record.value is not None}
            expect_equal(alive, loads.expected_table(table), "the table")
            left = [name for name in loads.names(client) if name.startswith("churn-")]
            for name in left:  # made or half deleted when the broker was killed
                client.request("DeleteTopics", 4, {"TopicNames": [name], "TimeoutMs": 60000})
        self.await_small_disk()

    def await_small_disk(self):
        """What was deleted leaves the disk, and compaction keeps up."""
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            churned = [path.name for path in self.broker.data.glob("churn-*")]
            table = log_bytes(self.broker, loads.TABLE)
            queue = log_bytes(self.broker, loads.QUEUE)
            if not churned and table < TABLE_BYTES_MAX and queue < 2 * loads.QUEUE_BYTES:
                return
            left = f"{churned[:3]}, {table} bytes of the table, {queue} of the queue"
            expect(time.monotonic() < deadline, f"still on the disk: {left}")
            time.sleep(0.2)


def log_bytes(broker, topic):
    sizes = 0
    for file in (broker.data / f"{topic}-0").glob("*.log"):
        try:
            sizes += file.stat().st_size
        except FileNotFoundError:
            pass  # deleted meanwhile
    return sizes


def live(world, load, seconds, what):
    sampler = Sampler(world.broker)
    sampler.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        world.until_progress()
        load.check()
        time.sleep(min(1.0, max(end - time.monotonic(), 0)))
    print(f"       {what}: {sampler.stop()}", flush=True)
    if chosen_broker().name == "milena":
        sampler.check(what)


def run(minutes, seed):
    print(f"       seed {seed}", flush=True)
    lives = max(2, round(minutes / MINUTES_OF_A_LIFE))
    with (
        tempfile.TemporaryDirectory(prefix="milena-soak-") as name,
        chosen_broker()(data=pathlib.Path(name) / "data", settings=SETTINGS) as broker,
    ):
        folder = pathlib.Path(name) / "histories"
        folder.mkdir()
        load = Load(broker)
        with exactly_once.World(broker, folder, random.Random(seed)) as world:
            load.start()
            for number in range(lives):
                if number > 0:
                    world.crash()
                    load.after_crash()
                    world.check_offsets(f"life {number}")
                live(world, load, minutes * 60 / lives, f"life {number}")
            world.stop_members()
            load.stop()
            world.check_all()
        load.check_all()
        check_log(broker)
        expect(broker.stop() == broker.clean_exit_status, "clean stop")
        check_files(broker)


def check_log(broker):
    """Nothing that nobody expects; Apache Kafka's log is its own affair."""
    if broker.name != "milena":
        return
    lines = broker.log.read_text(errors="replace").splitlines()
    bad = [line for line in lines if re.search(r" (WARN|ERROR|FATAL) ", line)]
    unexpected = [line for line in bad if not EXPECTED_IN_LOG.search(line)]
    kinds = collections.Counter(re.sub(r"\d+", "N", line) for line in unexpected)
    expect(not unexpected, f"in the log: {kinds.most_common(5)}")


def check_files(broker):
    import disk_test  # Apache Kafka's tool over files; needs its jars

    logs = [file for file in broker.data.glob("*/*.log") if not file.parent.name.startswith("__cluster")]
    disk_test.dump(sorted(file for file in logs if file.stat().st_size))


@suite.case
def minutes_of_everything():
    run(MINUTES, option("seed", random.randrange(1 << 30)))


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
