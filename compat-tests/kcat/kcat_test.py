# SPDX-License-Identifier: Apache-2.0
"""kcat: records with keys and headers in every codec, metadata, offsets by time."""

import subprocess
import sys
import tempfile
import time

from common import CODECS, COUNT, Suite, check_lines, expect, main, run

suite = Suite("kcat", "kcat 1.7.1")
FORMAT = "%o|%T|%k|%s|%h\\n"
HEADERS = ["-H", "trace=abc", "-H", "empty="]


def _key_and_value(i):
    return f"key-{i % 1000}", f"value-{i}-{'x' * (i % 50)}"


def _consume(broker, topic, *options):
    command = ["kcat", "-C", "-q", "-e", "-b", broker.address, "-t", topic, "-p", "0"]
    return subprocess.Popen([*command, "-f", FORMAT, *options], stdout=subprocess.PIPE, text=True)


class _Times:
    """The timestamps are kcat's own: within the run, and never going back."""

    def __init__(self):
        self.first = self.last = int(time.time() * 1000)

    def strip(self, line):
        offset, timestamp, rest = line.split("|", 2)
        expect(self.last <= int(timestamp) <= time.time() * 1000, f"timestamp of {line!r}")
        self.last = int(timestamp)
        return f"{offset}|{rest}"


def _round_trip(broker, codec, count):
    topic = f"kcat-{codec}"
    with broker.client() as client:
        client.create_topic(topic)
    times = _Times()
    with tempfile.NamedTemporaryFile("w+") as source:
        source.writelines(":".join(_key_and_value(i)) + "\n" for i in range(count))
        source.flush()
        run(
            [
                "kcat",
                "-P",
                "-b",
                broker.address,
                "-t",
                topic,
                "-p",
                "0",
                "-K:",
                "-z",
                codec,
                *HEADERS,
                "-l",
                source.name,
            ]
        )
    with _consume(broker, topic, "-o", "beginning") as consumer:
        lines = (times.strip(line) for line in consumer.stdout)
        check_lines(
            lines, count, lambda i: "|".join([str(i), *_key_and_value(i), "trace=abc,empty="])
        )


for _codec in CODECS:
    suite.add(
        f"codec {_codec}",
        lambda broker, codec=_codec: _round_trip(broker, codec, COUNT),
        scenario="codecs",
    )


@suite.case_of("admin")
def metadata_of_all_topics(broker):
    with broker.client() as client:
        client.create_topic("kcat-metadata", 3)
    text = run(["kcat", "-L", "-b", broker.address])
    expect(f"broker 1 at {broker.address}" in text, text)
    expect('topic "kcat-metadata" with 3 partitions' in text, text)


@suite.case_of("admin")
def topics_are_created_by_the_first_record(broker):
    run(["kcat", "-P", "-b", broker.address, "-t", "kcat-automatic"], input="hello\n")
    text = run(["kcat", "-C", "-q", "-e", "-b", broker.address, "-t", "kcat-automatic"])
    expect(text == "hello\n", f"read {text!r}")


@suite.case_of("idempotence")
def idempotent_producer(broker):
    with broker.client() as client:
        client.create_topic("kcat-idempotent")
    lines = "".join(f"{i}\n" for i in range(5000))
    options = ["-X", "enable.idempotence=true", "-X", "linger.ms=0", "-X", "batch.num.messages=50"]
    run(["kcat", "-P", "-b", broker.address, "-t", "kcat-idempotent", *options], input=lines)
    text = run(["kcat", "-C", "-q", "-e", "-b", broker.address, "-t", "kcat-idempotent"])
    expect(text == lines, "records are missing, doubled or out of order")


@suite.case_of("times")
def offsets_by_time_and_from_the_end(broker):
    with broker.client() as client:
        client.create_topic("kcat-offsets")
    run(["kcat", "-P", "-b", broker.address, "-t", "kcat-offsets"], input="one\ntwo\nthree\n")
    with _consume(broker, "kcat-offsets", "-o", "-1") as consumer:
        expect(consumer.stdout.read().split("|")[3] == "three", "the last record")
    text = run(["kcat", "-Q", "-b", broker.address, "-t", "kcat-offsets:0:-1"])
    expect("offset 3" in text, text)
    text = run(["kcat", "-Q", "-b", broker.address, "-t", "kcat-offsets:0:1000"])
    expect("offset 0" in text, text)


if __name__ == "__main__":
    sys.exit(main(suite))
