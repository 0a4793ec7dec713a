# SPDX-License-Identifier: Apache-2.0
"""Idempotent and transactional producers; compat-tests/client_cases.py tells what they do."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

RECORDS_MAX = 20  # of a transaction that transfers


async def idempotent(address, topic, count):
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        for i in range(int(count)):
            await producer.send_and_wait(topic, b"%d" % i, partition=0)
            print("acknowledged", i, flush=True)


def transactional_producer(address, transactional_id):
    return AIOKafkaProducer(
        bootstrap_servers=address, transactional_id=transactional_id, transaction_timeout_ms=10000
    )


async def transact(address, topic, transactional_id):
    async with transactional_producer(address, transactional_id) as producer:
        commit, abort = producer.commit_transaction, producer.abort_transaction
        for number, end in enumerate([commit, abort, commit]):
            await producer.begin_transaction()
            for i in range(10):
                await producer.send_and_wait(topic, b"%d-%d" % (number, i), partition=0)
            await end()


async def move(consumer, producer, group, target, polled, is_committed):
    await producer.begin_transaction()
    for records in polled.values():
        for record in records:
            await producer.send(target, record.value, partition=record.partition)
    offsets = {partition: records[-1].offset + 1 for partition, records in polled.items()}
    await producer.send_offsets_to_transaction(offsets, group)
    if is_committed:
        await producer.commit_transaction()
        print("committed", sum(map(len, polled.values())), flush=True)
        return
    await producer.abort_transaction()
    for partition, records in polled.items():
        consumer.seek(partition, records[0].offset)


async def transfer(address, transactional_id, source, target):
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=address,
        group_id=transactional_id,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=300,
    )
    number = 0
    async with transactional_producer(address, transactional_id) as producer, consumer:
        while True:
            polled = await consumer.getmany(timeout_ms=500, max_records=RECORDS_MAX)
            if polled:
                await move(consumer, producer, transactional_id, target, polled, number % 5 != 4)
                number += 1
