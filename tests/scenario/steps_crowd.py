# SPDX-License-Identifier: Apache-2.0
"""Steps of many clients at once."""

import collections
import concurrent.futures

from milena_test import batch, errors, wire
from milena_test.client import produce_body
from milena_test.suite import expect, expect_equal

from steps_records import now_ms
from world import verb

_VERSION = 9
_IN_FLIGHT_MAX = 5


@verb
def crowd(world, words, options):
    """crowd T partitions= writers= each= [acks=]: each writer writes 0, 1, ... to every partition,
    all at once, several requests in flight; the number of acknowledged records."""
    count = options.take("partitions", 1)
    writers, each = options.take("writers", 8), options.take("each", 100)
    acks = options.take("acks", -1)

    def write(writer):
        with world.broker.client() as client:
            return _write(client, words[0], count, writer, each, acks)

    with concurrent.futures.ThreadPoolExecutor(writers) as pool:
        return [sum(pool.map(write, range(writers)))]


def _write(client, topic, partitions, writer, each, acks):
    in_flight = acknowledged = 0
    for number in range(each):
        for partition in range(partitions):
            record = batch.Record(value=b"%d %d" % (writer, number), timestamp=now_ms())
            body = produce_body(topic, partition, batch.build([record]), acks)
            client.send("Produce", _VERSION, body)
            in_flight += 1
            if in_flight == _IN_FLIGHT_MAX:
                in_flight, acknowledged = in_flight - 1, acknowledged + _receive(client)
    for _ in range(in_flight):
        acknowledged += _receive(client)
    return acknowledged


def _receive(client):
    _, body = wire.decode_response("Produce", _VERSION, client.receive_frame())
    errors.check(body["Responses"][0]["PartitionResponses"][0]["ErrorCode"], "produce")
    return 1


@verb
def check_crowd(world, words, options):
    """check-crowd T partitions= writers= each=: nothing lost, doubled or out of order."""
    each, writers = options.take("each", 100), options.take("writers", 8)
    for partition in range(options.take("partitions", 1)):
        numbers, offset = collections.defaultdict(list), 0
        for record in world.client.read_all(words[0], partition):
            expect_equal(record.offset, offset, f"offset in partition {partition}")
            writer, number = map(int, record.value.split())
            numbers[writer].append(number)
            offset += 1
        expect(len(numbers) == writers, f"{len(numbers)} writers in partition {partition}")
        for writer, found in numbers.items():
            expect_equal(found, list(range(each)), f"writer {writer} in partition {partition}")
