# SPDX-License-Identifier: Apache-2.0
"""Offsets by time, large records, and what is refused, as compat-tests/word_cases.py describes."""

import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError


async def times(address, topic, *asked):
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=address) as consumer:
        for time in asked:
            found = await consumer.offsets_for_times({partition: int(time)})
            print(found[partition].offset)


async def large(address, topic, size):
    size = int(size)
    async with AIOKafkaProducer(bootstrap_servers=address, max_request_size=2 * size) as producer:
        for value in (b"first", b"x" * size, b"last"):
            await producer.send_and_wait(topic, value, partition=0)


async def errors(address, topic):
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    never = {"retention.ms": "never"}
    for what, new in (
        ("exists", NewTopic(topic, 1, 1)),
        ("replicas", NewTopic(f"{topic}-replicas", 1, 3)),
        ("config", NewTopic(f"{topic}-config", 1, 1, topic_configs=never)),
        ("name", NewTopic("a b", 1, 1)),
    ):
        answer = await client.create_topics([new])
        print(what, answer.topic_errors[0][1])
    answer = await client.delete_topics([f"{topic}-unknown"])
    print("unknown", answer.topic_error_codes[0][1])
    await client.close()
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        try:
            await producer.send_and_wait(topic, b"x" * 2000, partition=0)
        except KafkaError as problem:
            print("large", problem.errno)
        else:
            sys.exit("a record that is too large was taken")
