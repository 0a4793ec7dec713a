# SPDX-License-Identifier: Apache-2.0
"""Consume, produce, commit, until told to stop: a member of a group with a transactional producer.

    transfer.py ADDRESS ID GROUP STRATEGY INSTANCE SOURCE TARGET PARTITIONS HISTORY

Each record that is read becomes a record "NAME PARTITION OFFSET" in one of the PARTITIONS of TARGET, where NAME
is the transaction's. What it knows of each transaction it appends to HISTORY, which nobody asks the broker for:
    begin NAME PARTITION:OFFSET ...      before anything of it is sent
    committed NAME, aborted NAME         once that is certain
"""

import os
import random
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

RECORDS_MAX = 10  # of a transaction
WAIT_SECONDS = 30
RETRY_SECONDS = 60
ABORTED_ONE_IN = 6
CANNOT_GO_ON = 3  # exit status: fenced, or the end of a transaction is not known


class Batch:
    """Messages that were read and are still this member's to transfer."""

    def __init__(self):
        self.messages = []

    def forget(self, partitions):
        lost = {(one.topic, one.partition) for one in partitions}
        self.messages = [m for m in self.messages if (m.topic(), m.partition()) not in lost]

    def offsets(self, choose, behind):
        """Of each partition the least or greatest offset."""
        found = {}
        for message in self.messages:
            found.setdefault((message.topic(), message.partition()), []).append(message.offset())
        return [TopicPartition(*at, choose(all_of) + behind) for at, all_of in found.items()]


class Transfer:
    def __init__(self, address, name, group, strategy, instance, source, target, partitions,
                 history):  # fmt: skip
        self.name, self.target, self.partitions = name, target, int(partitions)
        self.life = f"{os.getpid()}.{time.time_ns()}"  # the system gives a number again after a while
        self.number, self.stopped = 0, False
        self.history = os.open(history, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.producer = Producer(producer_settings(address, name))
        self.consumer = Consumer(consumer_settings(address, group, strategy, instance))
        self.batch = Batch()
        self.source = source

    def run(self):
        retried(lambda: self.producer.init_transactions(WAIT_SECONDS))
        gone = {"on_revoke": self._gone, "on_lost": self._gone}
        self.consumer.subscribe([self.source], **gone)
        while not self.stopped:
            self._read()
            if self.batch.messages:
                self._transact()
        self.consumer.close()

    def _gone(self, _, partitions):
        self.batch.forget(partitions)

    def _read(self):
        """Message by message, so that what is taken away meanwhile is forgotten."""
        self.batch.messages = []
        wait = 0.2
        while len(self.batch.messages) < RECORDS_MAX:
            message = self.consumer.poll(wait)
            if message is None:
                return
            if not message.error():
                self.batch.messages.append(message)
                wait = 0

    def _transact(self):
        self.number += 1
        name = f"{self.name}/{self.life}/{self.number}"
        places = [(m.partition(), m.offset()) for m in self.batch.messages]
        self._note("begin", name, *(f"{partition}:{offset}" for partition, offset in places))
        try:
            self._send(name, places)
            if random.randrange(ABORTED_ONE_IN) == 0:
                return self._abort(name)
            retried(lambda: self.producer.commit_transaction(WAIT_SECONDS))
        except KafkaException as problem:
            if not problem.args[0].txn_requires_abort():
                raise
            return self._abort(name)
        self._note("committed", name)

    def _send(self, name, places):
        self.producer.begin_transaction()
        for partition, offset in places:
            value = f"{name} {partition} {offset}"
            self.producer.produce(self.target, value, partition=offset % self.partitions)
        offsets = self.batch.offsets(max, 1)
        member = self.consumer.consumer_group_metadata()
        retried(lambda: self.producer.send_offsets_to_transaction(offsets, member, WAIT_SECONDS))

    def _abort(self, name):
        retried(lambda: self.producer.abort_transaction(WAIT_SECONDS))
        self._note("aborted", name)
        for partition in self.batch.offsets(min, 0):
            try:
                self.consumer.seek(partition)
            except KafkaException:
                pass  # it belongs to another member by now, who starts at what is committed

    def _note(self, *words):
        os.write(self.history, (" ".join(words) + "\n").encode())


def retried(act):
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            return act()
        except KafkaException as problem:
            if not problem.args[0].retriable() or time.monotonic() > deadline:
                raise


def settings_of_both(address):
    """No re-bootstrap: with one broker, librdkafka 2.16 may wait for ever for the one it gave up."""
    return {
        "bootstrap.servers": address,
        "metadata.recovery.strategy": "none",
        "reconnect.backoff.max.ms": 200,
    }


def producer_settings(address, name):
    return {
        **settings_of_both(address),
        "transactional.id": name,
        "transaction.timeout.ms": 5000,
        "linger.ms": 0,
    }


def consumer_settings(address, group, strategy, instance):
    settings = {
        **settings_of_both(address),
        "group.id": group,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    if strategy == "consumer":
        settings["group.protocol"] = "consumer"
    else:
        settings["partition.assignment.strategy"] = strategy
        settings |= {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300}
    if instance != "-":
        settings["group.instance.id"] = instance
    return settings


def main():
    transfer = Transfer(*sys.argv[1:])

    def stop(*_):
        transfer.stopped = True

    signal.signal(signal.SIGTERM, stop)
    try:
        transfer.run()
    except KafkaException as problem:
        print(f"{sys.argv[2]}: {problem}", file=sys.stderr)
        os._exit(CANNOT_GO_ON)  # at once: nothing may be sent any more


if __name__ == "__main__":
    main()
