# SPDX-License-Identifier: Apache-2.0
"""Bad input: the answer is an error or a closed connection, and nobody else notices.

run [--kafka] [--connections=10000] [--seconds=3] [WORD...]
"""

import collections
import gzip
import random
import resource
import socket
import struct
import sys
import time

import disk_full
import lost_directory
from milena_test import batch, errors, schema, wire
from milena_test.client import ConnectionClosed, produce_body
from milena_test.suite import Suite, chosen_broker, expect, expect_equal, option
from neighbour import Neighbour

CONNECTIONS = option("connections", 10000)
SECONDS = option("seconds", 3.0)
IDLE_RESIDENT_BYTES_MAX = 100 << 20
ANSWER_SECONDS_MAX = 10 if "--kafka" in sys.argv else 60  # Apache Kafka never answers some
SEED = option("seed", random.randrange(1 << 30))

suite = Suite("hostile")
disk_full.add_to(suite)
lost_directory.add_to(suite)


def outcome(broker, data, ended=False, patience=ANSWER_SECONDS_MAX):
    """What data on a new connection leads to: 'answered', 'closed' or 'silent'.

    ended: the stream ends behind data, which may stop within a frame.
    """
    with broker.client(timeout=patience) as client:
        try:
            client.send_bytes(data)
            if ended:
                client.socket.shutdown(socket.SHUT_WR)
            client.receive_frame()
            return "answered"
        except (ConnectionClosed, OSError) as problem:
            return "silent" if isinstance(problem, TimeoutError) else "closed"


def framed(content):
    return struct.pack(">i", len(content)) + content


@suite.case
def random_bytes(broker):
    random.seed(SEED)
    deadline = time.monotonic() + SECONDS
    with Neighbour(broker):
        while time.monotonic() < deadline:
            data = random.randbytes(random.randrange(1, 400))
            expect(outcome(broker, framed(data)) != "silent", f"seed {SEED}: {data.hex()}")
            expect(
                outcome(broker, data, ended=True) != "silent",
                f"seed {SEED}, unframed: {data.hex()}",
            )


@suite.case
def frames_with_impossible_sizes(broker):
    with Neighbour(broker):
        for size in (-1, -(2**31), 2**31 - 1, 104857601, 0, 1, 7):
            data = struct.pack(">i", size) + bytes(64)
            expect_equal(outcome(broker, data), "closed", f"size {size}")


@suite.case
def frames_cut_short(broker):
    """Every prefix of a request, then the end of the stream."""
    body = {"Topics": [{"Name": "t"}]}
    whole = wire.request_frame("Metadata", 12, body)
    with Neighbour(broker):
        for size in range(len(whole)):
            expect_equal(
                outcome(broker, whole[:size], ended=True), "closed", f"{size} bytes of a request"
            )


def requests_served(broker):
    with broker.client() as client:
        rows = client.request("ApiVersions", 0)["ApiKeys"]
    known = {message.api_key: message for message in schema.load().requests()}
    return [(known[row["ApiKey"]], row["MinVersion"], row["MaxVersion"]) for row in rows]


# What an answer takes, where defaults alone are refused: zero is no code of these.
SMALLEST = {"DescribeAclsRequest": {"ResourceTypeFilter": 1, "Operation": 1, "PermissionType": 1}}


def nonsense(message, version):
    """Bodies that are wrong in a way of their own; the last follow the schema up to a count."""
    yield "garbage", bytes((0xD3 * i + 0x7F) & 0xFF for i in range(100))
    yield "all ones", b"\xff" * 100
    yield "huge count", b"\x7f\xff\xff\xff" * 25
    yield "huge varint", b"\xff\xff\xff\xff\x0f" * 20
    if version not in message.versions():
        return
    valid = wire.encode(message, version, {})
    for size in range(len(valid)):
        yield f"{size} bytes, then a huge count", valid[:size] + b"\x7f\xff\xff\xff" * 4
        yield f"{size} bytes, then a huge varint", valid[:size] + b"\xff\xff\xff\xff\x07" * 4


@suite.case
def nonsense_for_every_api_and_version(broker):
    found = collections.Counter()
    with Neighbour(broker):
        for message, first, last in requests_served(broker):
            for version in range(first, last + 1):
                head = wire.request_header(message, version, 1)
                for label, body in nonsense(message, version):
                    one = outcome(broker, framed(head + body))
                    if "--kafka" not in sys.argv:
                        expect(one != "silent", f"{message.name} v{version}: {label}")
                    found[one] += 1
                if message.name != "ProduceRequest" and version in message.versions():
                    body = wire.encode(message, version, SMALLEST.get(message.name, {}))
                    valid = outcome(broker, framed(head + body))
                    expect_equal(valid, "answered", f"{message.name} v{version}: defaults")
    print(f"       {dict(found)}")


@suite.case
def mutated_requests(broker):
    """Valid requests with a few bytes changed."""
    random.seed(SEED)
    messages = [
        (m, v)
        for m, low, high in requests_served(broker)
        for v in range(low, high + 1)
        if v in m.versions()
    ]
    deadline = time.monotonic() + SECONDS
    with Neighbour(broker):
        while time.monotonic() < deadline:
            message, version = random.choice(messages)
            data = bytearray(wire.encode(message, version, {}))
            for _ in range(random.randrange(1, 4)):
                if data:
                    data[random.randrange(len(data))] = random.randrange(256)
            # Some have no answer, or a late one: acks=0, long polls.
            outcome(broker, framed(wire.request_header(message, version, 1) + data), patience=1)


def _batch_cases():
    good = batch.build([b"one", b"two"])
    return {
        "wrong CRC": (batch.build([b"x"], crc=1), "CORRUPT_MESSAGE"),
        "magic 1": (batch.build([b"x"], magic=1), None),
        "magic 3": (batch.build([b"x"], magic=3), None),
        "length 0": (batch.build([b"x"], length=0), None),
        "length -1": (batch.build([b"x"], length=-1), None),
        "length long": (batch.build([b"x"], length=10**6), None),
        "length 2^31-1": (batch.build([b"x"], length=2**31 - 1), None),
        "count high": (batch.build([b"x"], count=2), "INVALID_RECORD"),
        "count -1": (batch.build([b"x"], count=-1), "INVALID_RECORD"),
        "count 2^31-1": (batch.build([b"x"], count=2**31 - 1), "INVALID_RECORD"),
        "cut": (good[:-1], None),
        "two": (good * 2, "INVALID_RECORD"),
    }


@suite.case
def broken_batches(broker):
    """An error and no change of the log; the exact codes are the differential test's."""
    with Neighbour(broker), broker.client() as client:
        client.create_topic("broken")
        for label, (data, expected) in _batch_cases().items():
            code = client.produce("broken", 0, data)["ErrorCode"]
            expect(code != 0, f"{label} was taken")
            if expected:
                expect_equal(errors.NAMES[code], expected, label)
        expect_equal(client.list_offset("broken", 0), 0, "log end")
        expect_equal(client.produce("broken", 0, batch.build([b"x"]))["ErrorCode"], 0, "good batch")


@suite.case
def decompression_bombs(broker):
    """A small batch that would unpack to a gigabyte."""
    zeros = gzip.compress(bytes(1 << 20), 9)
    before = broker.resident_bytes()
    with Neighbour(broker), broker.client(timeout=60) as client:
        client.create_topic("bomb")
        head = batch.build([b"x"], codec=1)
        content = zeros * 1000  # gzip members follow each other
        data = bytearray(head[: batch.HEADER_BYTES] + content)
        data[8:12] = struct.pack(">i", len(data) - 12)
        data[17:21] = struct.pack(">I", batch.crc32c(bytes(data[21:])))
        answer = client.produce("bomb", 0, bytes(data))
        expect(answer["ErrorCode"] != 0, "a gigabyte of zeros was taken for a record")
    if chosen_broker().name == "milena":
        grown = broker.resident_bytes() - before
        expect(grown < 64 << 20, f"grew by {grown >> 20} MiB")


@suite.case
def announces_much_and_sends_little(broker):
    """200 connections each announce 100 MB, and send a little of it."""
    if chosen_broker().name == "kafka":
        return  # takes memory by the size announced, and runs out of it
    before = broker.resident_bytes()
    sockets = []
    try:
        with Neighbour(broker):
            for number in range(200):
                one = socket.create_connection(("127.0.0.1", broker.port))
                one.sendall(struct.pack(">i", 100_000_000) + bytes(1000 * (number % 10)))
                sockets.append(one)
            time.sleep(min(SECONDS, 1.0))
        grown = broker.resident_bytes() - before
    finally:
        for one in sockets:
            one.close()
    if chosen_broker().name == "milena":
        expect(grown < 32 << 20, f"grew by {grown >> 20} MiB")


@suite.case
def asks_much_and_reads_nothing(broker):
    with broker.client() as client:
        client.create_topic("much")
        for _ in range(20):
            client.produce("much", 0, batch.build([bytes(100_000)] * 5))
    before = broker.resident_bytes()
    topics = [{"Topic": "much", "Partitions": [{"Partition": 0, "PartitionMaxBytes": 5 << 20}]}]
    frame = wire.request_frame("Fetch", 12, {"MaxBytes": 5 << 20, "Topics": topics})
    greedy = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(20)]
    try:
        with Neighbour(broker):
            for one in greedy:
                one.setblocking(False)
                try:
                    one.send(frame * 500)
                except BlockingIOError:
                    pass
            time.sleep(min(SECONDS, 1.0))
        grown = broker.resident_bytes() - before
    finally:
        for one in greedy:
            one.close()
    if chosen_broker().name == "milena":
        expect(grown < 64 << 20, f"grew by {grown >> 20} MiB")


@suite.case
def many_requests_at_once(broker):
    """One connection sends 2,000 requests before it reads: all are answered, in order."""
    with broker.client(timeout=60) as client:
        client.create_topic("pipelined")
        data = batch.build([b"x" * 100])
        sent = [client.send("Produce", 9, produce_body("pipelined", 0, data)) for _ in range(2000)]
        answers = [client.receive("Produce", 9) for _ in sent]
    expect_equal([correlation for correlation, _ in answers], sent, "order of the answers")
    parts = [answer["Responses"][0]["PartitionResponses"][0] for _, answer in answers]
    expect_equal([p["BaseOffset"] for p in parts], list(range(2000)), "offsets")


@suite.case
def idle_connections(broker):
    """CONNECTIONS that do nothing, after one request each of every tenth."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - 100)
    idle = []
    try:
        for number in range(count):
            idle.append(socket.create_connection(("127.0.0.1", broker.port)))
            if number % 10 == 0:
                idle[-1].sendall(wire.request_frame("ApiVersions", 0, {}))
                expect(idle[-1].recv(4096), f"connection {number} was closed")
        with Neighbour(broker):
            time.sleep(min(SECONDS, 1.0))
        resident = broker.resident_bytes()
        print(f"       {count} connections, {resident >> 20} MiB")
        if chosen_broker().name == "milena":
            expect(resident < IDLE_RESIDENT_BYTES_MAX, f"{resident >> 20} MiB resident")
    finally:
        for one in idle:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def main():
    with chosen_broker()() as broker:
        failed = suite.run(broker)
        alive = broker.process.poll() is None
        if not alive:
            print(f"FAILED the broker died:\n{broker.log_tail()}")
    return 1 if failed or not alive else 0


if __name__ == "__main__":
    sys.exit(main())
