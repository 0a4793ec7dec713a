# SPDX-License-Identifier: Apache-2.0
"""A member of a group in confluent-kafka; what it says is in groups_test.py."""

import select
import sys
import time

from confluent_kafka import Consumer, KafkaException

BATCH_MAX = 10


def say(*words):
    print(*words, flush=True)


class Member:
    def __init__(self, address, topic, group, strategy, session_ms, instance):
        settings = {
            "bootstrap.servers": address,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
        if strategy == "consumer":
            settings["group.protocol"] = "consumer"
        else:
            settings |= {"session.timeout.ms": int(session_ms), "heartbeat.interval.ms": 300}
            settings["partition.assignment.strategy"] = strategy
        if instance != "-":
            settings["group.instance.id"] = instance
        self.strategy, self.owned, self.read = strategy, set(), {}
        self.consumer = Consumer(settings)
        gone = {"on_revoke": self._revoked, "on_lost": self._revoked}
        self.consumer.subscribe([topic], on_assign=self._assigned, **gone)

    def _assigned(self, _, partitions):
        if self.strategy not in ("cooperative-sticky", "consumer"):
            self.owned.clear()
        self.owned.update(partition.partition for partition in partitions)
        say("assigned", *sorted(self.owned))

    def _revoked(self, _, partitions):
        for partition in partitions:
            self.owned.discard(partition.partition)
            self.read.pop(partition.partition, None)  # a commit would go behind its next owner's back
        say("assigned", *sorted(self.owned))

    def go_on(self):
        """Reads a few records, then commits what is read."""
        self.read, wait = {}, 0.1
        for _ in range(BATCH_MAX):
            record = self.consumer.poll(wait)
            if record is None:
                break
            if record.error():
                continue
            wait = 0
            say("read", time.monotonic_ns(), record.partition(), record.offset())
            self.read[record.partition()] = record
        for partition, record in self.read.items():
            self._commit(partition, record)

    def _commit(self, partition, record):
        """A commit that fails is none: whoever owns the partition now reads these records again."""
        try:
            self.consumer.commit(record, asynchronous=False)
        except KafkaException:
            return
        say("committed", time.monotonic_ns(), f"{partition}:{record.offset() + 1}")


def main(address, topic, group, strategy, session_ms, instance="-"):
    member = Member(address, topic, group, strategy, session_ms, instance)
    while not select.select([sys.stdin], [], [], 0)[0]:
        member.go_on()
    member.consumer.close()
    say("closed")


if __name__ == "__main__":
    main(*sys.argv[1:])
