# SPDX-License-Identifier: Apache-2.0
"""A member of a group in confluent-kafka; what it says is in groups_test.py."""

import select
import sys

from confluent_kafka import Consumer


def say(*words):
    print(*words, flush=True)


def main(address, topic, group, strategy, session_ms, instance="-"):
    settings = {
        "bootstrap.servers": address,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    if strategy == "consumer":
        settings["group.protocol"] = "consumer"
    else:
        settings["session.timeout.ms"] = int(session_ms)
        settings["heartbeat.interval.ms"] = 300
        settings["partition.assignment.strategy"] = strategy
    if instance != "-":
        settings["group.instance.id"] = instance
    consumer = Consumer(settings)
    owned = set()

    def assigned(_, partitions):
        if strategy not in ("cooperative-sticky", "consumer"):
            owned.clear()
        owned.update(partition.partition for partition in partitions)
        say("assigned", *sorted(owned))

    def revoked(_, partitions):
        owned.difference_update(partition.partition for partition in partitions)
        say("assigned", *sorted(owned))

    consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
    while not select.select([sys.stdin], [], [], 0)[0]:
        record = consumer.poll(0.1)
        if record is not None and not record.error():
            say("record", record.partition(), record.offset())
            consumer.commit(record, asynchronous=False)
    consumer.close()
    say("closed")


if __name__ == "__main__":
    main(*sys.argv[1:])
