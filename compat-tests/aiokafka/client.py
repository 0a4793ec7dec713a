# SPDX-License-Identifier: Apache-2.0
"""An aiokafka program; compat-tests/client_cases.py tells what its words do."""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from edges import errors, large, times
from member import member
from transactions import idempotent, transact, transfer

WAIT_SECONDS = 60
FIRST_TIMESTAMP = 1_700_000_000_000


async def produce(address, topic, codec, count):
    compression = None if codec == "none" else codec
    producer = AIOKafkaProducer(
        bootstrap_servers=address, compression_type=compression, acks="all", linger_ms=20
    )
    sent = []
    async with producer:
        for i in range(int(count)):
            key = None if i % 5 == 0 else b"key-%d" % (i % 1000)
            value = None if i % 11 == 0 and i % 5 else b"value-%d-%s" % (i, b"x" * (i % 50))
            headers = [("number", b"%d" % i), ("empty", b"")] if i % 3 == 0 else []
            sent.append(await producer.send(topic, value, key, 0, FIRST_TIMESTAMP + i, headers))
        await asyncio.wait_for(asyncio.gather(*sent), WAIT_SECONDS)


async def read_partition(address, topic, count, each, **options):
    """Calls each for the first count records of partition 0."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False, **options)
    async with consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        for _ in range(int(count)):
            each(await asyncio.wait_for(consumer.getone(), WAIT_SECONDS))


def text(value):
    return "~" if value is None else value.decode()


async def consume(address, topic, count):
    def show(record):
        headers = ",".join(f"{name}={value.decode()}" for name, value in record.headers)
        key, value = text(record.key), text(record.value)
        print(record.offset, record.timestamp, key, value, headers, sep="|")

    await read_partition(address, topic, count, show)


async def read_committed(address, topic, count):
    def show(record):
        print(record.value.decode())

    await read_partition(address, topic, count, show, isolation_level="read_committed")


async def admin(address, topic):
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    new = NewTopic(topic, 3, 1, topic_configs={"retention.ms": "3600000"})
    created = await client.create_topics([new])
    assert created.topic_errors[0][1] == 0, created
    (described,) = await client.describe_topics([topic])
    assert len(described["partitions"]) == 3, described
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": None})
    (configs,) = await client.describe_configs([resource])
    assert configs.resources[0][4][0][:2] == ("retention.ms", "3600000"), configs
    deleted = await client.delete_topics([topic])
    assert deleted.topic_error_codes == [(topic, 0)], deleted
    deadline = time.monotonic() + WAIT_SECONDS
    while topic in await client.list_topics():
        assert time.monotonic() < deadline, "it is still there"
        await asyncio.sleep(0.02)
    await client.close()


WORDS = {
    "produce": produce, "consume": consume, "read-committed": read_committed, "admin": admin,
    "member": member, "idempotent": idempotent, "transact": transact, "transfer": transfer,
    "times": times, "large": large, "errors": errors,
}  # fmt: skip

if __name__ == "__main__":
    asyncio.run(WORDS[sys.argv[1]](*sys.argv[2:]))
