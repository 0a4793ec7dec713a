# SPDX-License-Identifier: Apache-2.0
"""The stock Kafka module of Testcontainers, with the image that argv names in Kafka's place."""

import sys

from confluent_kafka import Consumer, Producer
from testcontainers.kafka import KafkaContainer

with KafkaContainer(sys.argv[1]) as kafka:
    address = kafka.get_bootstrap_server()
    producer = Producer({"bootstrap.servers": address})
    producer.produce("greetings", b"hello")
    assert producer.flush(60) == 0, "the record was not acknowledged"
    consumer = Consumer({"bootstrap.servers": address, "group.id": "readers", "auto.offset.reset": "earliest"})
    consumer.subscribe(["greetings"])
    message = consumer.poll(60)
    assert message and message.value() == b"hello", f"read {message and message.error() or message}"
    consumer.close()
print("round trip done")
