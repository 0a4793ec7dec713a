# SPDX-License-Identifier: Apache-2.0
"""A small blocking client: one connection; pipelining by send and receive."""

import socket
import struct
import time

from . import batch, errors, schema, wire

DEFAULT_TIMEOUT_SECONDS = 60.0


class ConnectionClosed(Exception):
    """The broker closed the connection."""


class Client:
    def __init__(
        self, port, host="127.0.0.1", timeout=DEFAULT_TIMEOUT_SECONDS, client_id="milena-test"
    ):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client_id = client_id
        self.correlation_id = 0
        self._buffered = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # Frames -------------------------------------------------------------------------------------

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as problem:
            raise ConnectionClosed(str(problem)) from problem

    def receive_frame(self):
        """The next frame without its size."""
        (size,) = struct.unpack(">i", self._receive(4))
        return self._receive(size)

    def _receive(self, size):
        while len(self._buffered) < size:
            try:
                chunk = self.socket.recv(max(65536, size - len(self._buffered)))
            except ConnectionResetError as problem:
                raise ConnectionClosed(str(problem)) from problem
            if not chunk:
                raise ConnectionClosed(f"closed with {len(self._buffered)} of {size} bytes read")
            self._buffered += chunk
        taken = bytes(self._buffered[:size])
        del self._buffered[:size]
        return taken

    # Requests -----------------------------------------------------------------------------------

    def send(self, api, version, body):
        """Sends and returns the correlation id; body is a dict or ready bytes."""
        self.correlation_id += 1
        self.send_bytes(wire.request_frame(api, version, body, self.correlation_id, self.client_id))
        return self.correlation_id

    def receive(self, api, version):
        correlation_id, body = wire.decode_response(api, version, self.receive_frame())
        return correlation_id, body

    def request(self, api, version=None, body=None):
        """Sends, waits, and returns the answer's body. version None: the newest stable one."""
        if version is None:
            version = newest(api)
        sent = self.send(api, version, body or {})
        received, answer = self.receive(api, version)
        if received != sent:
            raise wire.DecodeError(f"answer to request {received}, expected {sent}")
        return answer

    # Conveniences -------------------------------------------------------------------------------

    def create_topic(self, name, partitions=1, configs=None, replication_factor=1):
        """Creates a topic and waits until it has leaders; returns its id."""
        topic = {
            "Name": name,
            "NumPartitions": partitions,
            "ReplicationFactor": replication_factor,
            "Configs": [{"Name": k, "Value": str(v)} for k, v in (configs or {}).items()],
        }
        answer = self.request("CreateTopics", None, {"Topics": [topic], "TimeoutMs": 60000})
        result = answer["Topics"][0]
        errors.check(result["ErrorCode"], f"create topic {name}", result["ErrorMessage"])
        self.await_topic(name, partitions)
        return result["TopicId"]

    def await_topic(self, name, partitions=1, timeout=60.0):
        """Waits until every partition's leader answers: Metadata names it a little too early."""
        deadline = time.monotonic() + timeout
        asked = [{"PartitionIndex": index, "Timestamp": -1} for index in range(partitions)]
        body = {"ReplicaId": -1, "Topics": [{"Name": name, "Partitions": asked}]}
        while True:
            answer = self.request("ListOffsets", 5, body)["Topics"][0]["Partitions"]
            if all(partition["ErrorCode"] == 0 for partition in answer):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"topic {name} has no leaders: {answer}")
            time.sleep(0.01)

    def init_producer_id(self, timeout=60.0):
        """(id, epoch) of a new idempotent producer; right after the start it may take a moment."""
        deadline = time.monotonic() + timeout
        while True:
            body = {"TransactionalId": None, "TransactionTimeoutMs": 1000}
            answer = self.request("InitProducerId", 4, body)
            if answer["ErrorCode"] not in errors.RETRIABLE or time.monotonic() > deadline:
                errors.check(answer["ErrorCode"], "init producer id")
                return answer["ProducerId"], answer["ProducerEpoch"]
            time.sleep(0.01)

    def produce(self, topic, partition, records, acks=-1, version=9, timeout_ms=60000):
        """Appends ready batch bytes; returns the partition's answer."""
        body = produce_body(topic, partition, records, acks, timeout_ms)
        answer = self.request("Produce", version, body)
        return answer["Responses"][0]["PartitionResponses"][0]

    def fetch(self, topic, partition, offset, max_wait_ms=500, min_bytes=1, max_bytes=1 << 20,
              version=12, isolation_level=0):  # fmt: skip
        """The partition's answer of a Fetch outside any session."""
        body = {
            "MaxWaitMs": max_wait_ms,
            "MinBytes": min_bytes,
            "MaxBytes": max_bytes,
            "IsolationLevel": isolation_level,
            "Topics": [
                {
                    "Topic": topic,
                    "Partitions": [
                        {
                            "Partition": partition,
                            "FetchOffset": offset,
                            "PartitionMaxBytes": max_bytes,
                        }
                    ],
                }
            ],
        }
        answer = self.request("Fetch", version, body)
        errors.check(answer.get("ErrorCode", 0), "fetch")
        return answer["Responses"][0]["Partitions"][0]

    def read_all(self, topic, partition, offset=0, max_bytes=1 << 20, check_crc=True):
        """Yields every record from offset up to the high watermark seen on the way."""
        while True:
            answer = self.fetch(topic, partition, offset, 0, 0, max_bytes)
            errors.check(answer["ErrorCode"], f"fetch {topic}-{partition} at {offset}")
            batches = batch.parse(answer["Records"] or b"", check_crc)
            for record in (r for b in batches for r in b.records if r.offset >= offset):
                yield record
            if batches:
                offset = batches[-1].base_offset + batches[-1].last_offset_delta + 1
            if offset >= answer["HighWatermark"]:
                return

    def list_offset(self, topic, partition, timestamp=-1, version=5):
        body = {
            "ReplicaId": -1,
            "Topics": [
                {
                    "Name": topic,
                    "Partitions": [{"PartitionIndex": partition, "Timestamp": timestamp}],
                }
            ],
        }
        answer = self.request("ListOffsets", version, body)["Topics"][0]["Partitions"][0]
        errors.check(answer["ErrorCode"], f"list offset {timestamp} of {topic}-{partition}")
        return answer["Offset"]


def newest(api):
    """The newest version of an API whose last version is stable: InitProducerId's is not."""
    request = schema.load().request(api)
    return request.valid[1] - (1 if request.latest_unstable else 0)


def produce_body(topic, partition, records, acks=-1, timeout_ms=60000):
    return {
        "Acks": acks,
        "TimeoutMs": timeout_ms,
        "TopicData": [{"Name": topic, "PartitionData": [{"Index": partition, "Records": records}]}],
    }
