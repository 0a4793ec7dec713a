# SPDX-License-Identifier: Apache-2.0
"""A member of a group in kafka-python; what it says is in groups_test.py."""

import select
import sys
import time

import kafka
from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

# How long the first connection may take: by default two seconds in release 2.
_FIRST = "bootstrap_timeout_ms" if kafka.__version__ >= "3" else "api_version_auto_timeout_ms"
PATIENCE = {_FIRST: 120000}
ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor}


def say(*words):
    print(*words, flush=True)


class Listener(ConsumerRebalanceListener):
    def on_partitions_assigned(self, assigned):
        say("assigned", *sorted(partition.partition for partition in assigned))

    def on_partitions_revoked(self, revoked):
        pass


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
        partition_assignment_strategy=[ASSIGNORS[strategy]],
        **options,
    )
    consumer.subscribe([topic], listener=Listener())
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
