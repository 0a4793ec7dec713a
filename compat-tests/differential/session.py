# SPDX-License-Identifier: Apache-2.0
"""What a scenario talks to: asks one broker and records each answer for the comparison."""
import dataclasses
import time

from milena_test import batch, schema, wire
from milena_test.client import Client, ConnectionClosed

ANSWER_SECONDS_MAX = 60.0
WAIT_SECONDS_MAX = 120.0
COORDINATOR_LOAD_IN_PROGRESS = 14
CLOSED, SILENT = {"connection": "closed"}, {"connection": "no answer"}


@dataclasses.dataclass
class Step:
    """One recorded answer. label tells a reader which question it was."""

    api: str
    version: int
    label: str
    answer: dict

    def __str__(self):
        return f"{self.api} v{self.version}{' ' + self.label if self.label else ''}"


class Session:
    """One scenario against one broker. A closed connection is an answer; the next request reconnects.

    silence_seconds: how long the broker is listened to where Apache Kafka never answers.
    """

    def __init__(self, port, scenario, versions, silence_seconds=ANSWER_SECONDS_MAX):
        self.port = port
        self.scenario = scenario
        self.silence_seconds = silence_seconds
        self._versions = versions  # API key -> (first, last), of the APIs that both brokers serve
        self.steps = []
        self._client = None
        self._markers = 0

    def close(self):
        if self._client:
            self._client.close()
            self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = Client(self.port, timeout=ANSWER_SECONDS_MAX)
        return self._client

    def apis(self):
        """The requests that both brokers serve."""
        return [request for request in schema.load().requests() if request.api_key in self._versions]

    def versions(self, api):
        """Every version that Apache Kafka serves and has a schema for."""
        request = schema.load().request(api)
        first, last = self._versions[request.api_key]
        return range(max(first, request.valid[0]), min(last, request.valid[1]) + 1)

    def newest(self, api):
        return self.versions(api)[-1]

    def name(self, suffix="topic"):
        """A topic name of this scenario only."""
        return f"{self.scenario.replace('_', '-')}-{suffix}"

    # Recorded -----------------------------------------------------------------------------------

    def ask(self, api, version, body, label="", silent=False):
        """Sends body (a dict or raw bytes) and records the answer; version None is the newest.

        silent: Apache Kafka never answers this one.
        """
        version = self.newest(api) if version is None else version
        answer = self._exchange(lambda: self.client.request(api, version, body), silent)
        self.steps.append(Step(api, version, label, answer))
        return answer

    def ask_each_version(self, api, body, label=""):
        """body: a dict, or a function of the version."""
        for version in self.versions(api):
            self.ask(api, version, body(version) if callable(body) else body, label)

    def note(self, api, version, answer, label=""):
        """Records what a scenario found out in its own way."""
        self.steps.append(Step(api, version, label, answer))

    def ask_outcome(self, api, version, body, label, silent=False):
        """Records only whether there is an answer, and its top-level error."""

        def found():
            nonlocal answer
            if api == "Produce":
                answer = self._exchange(lambda: self._request_or_silence(api, version, body))
            else:
                answer = self._exchange(lambda: self.client.request(api, version, body), silent)
            return answer.get("ErrorCode") != COORDINATOR_LOAD_IN_PROGRESS  # true for a moment only

        answer = None
        self.wait_for(found, f"{api} v{version} {label}")
        outcome = {"ErrorCode": answer.get("ErrorCode"), "connection": answer.get("connection")}
        self.note(api, version, outcome, label)

    def ask_bytes(self, data, label):
        """Sends bytes that are no request; records the answering frame's size, or the silence."""

        def exchange():
            self.client.send_bytes(data)
            return {"frame bytes": len(self.client.receive_frame())}

        answer = self._exchange(exchange)
        self.steps.append(Step("bytes", 0, label, answer))
        return answer

    def ask_in_vain(self, api, version, body, label=""):
        """For requests without an answer (acks=0): records that the next request is answered."""
        answer = self._exchange(lambda: self._request_or_silence(api, version, body))
        self.steps.append(Step(api, version, label, {} if answer is SILENT else answer))

    def _request_or_silence(self, api, version, body):
        """SILENT if the request that follows on the connection is answered first."""
        self.client.send(api, version, body or {})
        probe = self.client.send("ApiVersions", 0, {})
        frame = self.client.receive_frame()
        if int.from_bytes(frame[:4], "big") == probe:
            return SILENT
        self.client.receive_frame()
        return wire.decode_response(api, version, frame)[1]

    def _exchange(self, exchange, silent=False):
        try:
            self.client.socket.settimeout(self.silence_seconds if silent else ANSWER_SECONDS_MAX)
            return exchange()
        except ConnectionClosed:
            self.close()
            return CLOSED
        except TimeoutError:
            self.close()
            return SILENT

    # Not recorded -------------------------------------------------------------------------------

    def quietly(self, api, version, body):
        return self.client.request(api, self.newest(api) if version is None else version, body)

    def until(self, api, version, body, condition, label=""):
        """Repeats until condition(answer) holds, then records that answer."""
        self.wait_for(lambda: condition(self.quietly(api, version, body)), f"{api} v{version} {label}")
        return self.ask(api, version, body, label)

    def wait_for(self, condition, what):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not in time: {what}")
            time.sleep(0.01)

    def topic(self, suffix="topic", partitions=1, **configs):
        """Creates a topic of this scenario; returns (name, id)."""
        name = self.name(suffix)
        configs = {key.replace("_", "."): value for key, value in configs.items()}
        return name, self.client.create_topic(name, partitions, configs)

    def settle(self):
        """Waits until all changes so far are applied everywhere: a later change is visible twice."""
        for _ in range(2):
            self._markers += 1
            self.client.create_topic(f"marker-{self.scenario.replace('_', '-')}-{self._markers}")

    def produce(self, topic, values, partition=0, **fields):
        """Appends values with fixed timestamps; returns the base offset."""
        answer = self.client.produce(topic, partition, records(values, **fields))
        if answer["ErrorCode"]:
            raise RuntimeError(f"setting up {topic}: {answer}")
        return answer["BaseOffset"]


FIRST_TIMESTAMP = 1_700_000_000_000


def records(values, first_timestamp=FIRST_TIMESTAMP, keys=None, **fields):
    """One batch; record number i has timestamp first_timestamp + 10 i."""
    built = [
        batch.Record(keys[i] if keys else None, value, timestamp=first_timestamp + 10 * i)
        for i, value in enumerate(values)
    ]
    return batch.build(built, **fields)


def garbage(size=64):
    """The same nonsense each time: large lengths and counts wherever a field may start."""
    return bytes((0xD3 * i + 0x7F) & 0xFF for i in range(size))


ZERO_UUID = wire.ZERO_UUID
UNKNOWN_UUID = "bm8tc3VjaC10b3BpYy1pZA"
