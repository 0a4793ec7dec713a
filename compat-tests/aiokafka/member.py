# SPDX-License-Identifier: Apache-2.0
"""A member of a group in aiokafka; groups/groups_test.py tells what it says."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}


def say(*words):
    print(*words, flush=True)


class Listener(ConsumerRebalanceListener):
    async def on_partitions_assigned(self, assigned):
        say("assigned", *sorted(partition.partition for partition in assigned))

    async def on_partitions_revoked(self, revoked):
        pass


async def member(address, topic, group, strategy, session_ms, instance="-"):
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address,
        group_id=group,
        group_instance_id=None if instance == "-" else instance,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=int(session_ms),
        heartbeat_interval_ms=300,
        partition_assignment_strategy=[ASSIGNORS[strategy]],
    )
    await consumer.start()
    consumer.subscribe([topic], listener=Listener())
    stopped = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not stopped.done():
        polled = await consumer.getmany(timeout_ms=100)
        for records in polled.values():
            for record in records:
                say("record", record.partition, record.offset)
        if polled:
            await consumer.commit()
    await consumer.stop()
    say("closed")
