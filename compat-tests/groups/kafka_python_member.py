# SPDX-License-Identifier: Apache-2.0
"""A member of a group in kafka-python; what it says is in groups_test.py."""

import importlib
import select
import sys
import time

import kafka
from kafka import ConsumerRebalanceListener, KafkaConsumer

# How long the first connection may take: by default two seconds in release 2.
_FIRST = "bootstrap_timeout_ms" if kafka.__version__ >= "3" else "api_version_auto_timeout_ms"
PATIENCE = {_FIRST: 120000}
ASSIGNORS = {
    "range": "RangePartitionAssignor", "roundrobin": "RoundRobinPartitionAssignor",
    "cooperative-sticky": "CooperativeStickyAssignor",  # from release 3 on
}  # fmt: skip


def say(*words):
    print(*words, flush=True)


def assignor(strategy):
    module = importlib.import_module(f"kafka.coordinator.assignors.{strategy.replace('-', '_')}")
    return getattr(module, ASSIGNORS[strategy])


class Listener(ConsumerRebalanceListener):
    def __init__(self, strategy):
        self.keeps, self.owned = strategy == "cooperative-sticky", set()

    def on_partitions_assigned(self, assigned):
        self.owned = {partition.partition for partition in assigned} | (self.owned if self.keeps else set())
        say("assigned", *sorted(self.owned))

    def on_partitions_revoked(self, revoked):
        if self.keeps:
            self.owned -= {partition.partition for partition in revoked}
            say("assigned", *sorted(self.owned))


def main(address, topic, group, strategy, session_ms, instance="-"):
    options = PATIENCE | ({} if instance == "-" else {"group_instance_id": instance})
    consumer = KafkaConsumer(
        bootstrap_servers=address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=int(session_ms),
        heartbeat_interval_ms=300,
        metadata_max_age_ms=1000,
        partition_assignment_strategy=[assignor(strategy)],
        **options,
    )
    consumer.subscribe([topic], listener=Listener(strategy))
    # A leader that joins before it knows the topic joins again when it does, and kafka-python 3.0 loses
    # that second join for good if a poll's time ends within it.
    consumer.partitions_for_topic(topic)
    while not select.select([sys.stdin], [], [], 0)[0]:
        polled = consumer.poll(timeout_ms=100)
        for records in polled.values():
            for record in records:
                say("read", time.monotonic_ns(), record.partition, record.offset)
        if polled:
            consumer.commit()
    consumer.close()
    say("closed")


if __name__ == "__main__":
    main(*sys.argv[1:])
