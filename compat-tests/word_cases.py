# SPDX-License-Identifier: Apache-2.0
"""Cases of one word each, which a client's program knows beside produce and consume of common.py:

    admin ADDRESS TOPIC          creates the topic, finds it as it was created, deletes it
    idempotent ADDRESS TOPIC COUNT    sends 0 .. COUNT-1 to partition 0, one after the other, and
                                 prints "acknowledged I" after each
    transact ADDRESS TOPIC ID    sends 0-0 .. 0-9, commits; 1-0 .. 1-9, aborts; 2-0 .. 2-9, commits
    read-committed ADDRESS TOPIC COUNT    prints the first COUNT values that are committed
    times ADDRESS TOPIC TIME...  prints, a line each, the offset in partition 0 of the first record that
                                 is not older than TIME
    large ADDRESS TOPIC SIZE     sends three values to partition 0: "first", SIZE times "x", "last"
    errors ADDRESS TOPIC         is refused, and prints "WHAT CODE" with Kafka's number for each of
                                 exists       creates the topic, which is there
                                 replicas     creates TOPIC-replicas with 3 replicas
                                 config       creates TOPIC-config with retention.ms=never
                                 name         creates a topic with the name "a b"
                                 unknown      deletes TOPIC-unknown
                                 large        sends a value of 2000 bytes, more than the topic takes
                                 and leaves out what its library does not let it ask or see
"""

import functools
import subprocess
import tempfile

from common import consume_and_check, expect, run, tail
from milena_test import batch
from milena_test.read_committed import records_of
from milena_test.suite import expect_equal

IDEMPOTENT_RECORDS = 300
FIRST_TIME = 1_700_000_000_000
LARGE_BYTES = 5_000_000
REFUSALS = {"exists": 36, "replicas": 38, "config": 40, "name": 17, "unknown": 3, "large": 10}
SCENARIOS = {
    "admin": "admin", "idempotent": "idempotence", "transact": "transactions", "times": "times",
    "large": "large", "errors": "errors",
}  # fmt: skip


def admin(broker, program, topic):
    run([*program, "admin", broker.address, topic])


def idempotent(broker, program, topic):
    """The broker is killed on the way: nothing is lost, written twice or out of order."""
    with broker.client() as client:
        client.create_topic(topic)
    words = [*program, "idempotent", broker.address, topic, IDEMPOTENT_RECORDS]
    words, complaints = [str(word) for word in words], tempfile.TemporaryFile()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
        for line in process.stdout:
            if line.split() == ["acknowledged", str(IDEMPOTENT_RECORDS // 3)]:
                broker.kill()
                broker.start()
    expect(process.returncode == 0, f"it ended with {process.returncode}:\n{tail(complaints)}")
    with broker.client() as client:
        records = client.fetch(topic, 0, 0)["Records"]
    batches = batch.parse(records)
    values = [int(record.value) for one in batches for record in one.records]
    expect_equal(values, list(range(IDEMPOTENT_RECORDS)), "the values")
    expect(all(one.producer_id >= 0 for one in batches), "batches without a producer id")


def transact(broker, program, topic):
    committed = [f"{number}-{i}" for number in (0, 2) for i in range(10)]
    with broker.client() as client:
        client.create_topic(topic)
    run([*program, "transact", broker.address, topic, topic])
    printed = run([*program, "read-committed", broker.address, topic, len(committed)])
    expect_equal(printed.split(), committed, "what the client reads")
    with broker.client() as client:
        expect_equal(len(records_of(client, topic, 0, 0)), 30, "records in all")


def times(broker, program, topic):
    """Two records a batch, a second apart."""
    with broker.client() as client:
        client.create_topic(topic, configs={"retention.ms": -1})
        for i in range(0, 10, 2):
            pair = [batch.Record(None, b"value", timestamp=FIRST_TIME + 1000 * j) for j in (i, i + 1)]
            client.produce(topic, 0, batch.build(pair))
    asked = [FIRST_TIME - 5000, FIRST_TIME, FIRST_TIME + 3000, FIRST_TIME + 3001, FIRST_TIME + 9000]
    printed = run([*program, "times", broker.address, topic, *asked])
    expect_equal(printed.split(), ["0", "0", "3", "4", "9"], "the offsets")


def large(broker, program, topic):
    with broker.client() as client:
        client.create_topic(topic, configs={"max.message.bytes": 2 * LARGE_BYTES})
    run([*program, "large", broker.address, topic, LARGE_BYTES])
    values = ["first", "x" * LARGE_BYTES, "last"]

    def without_time(i):
        return f"{i}|~|{values[i]}|"

    consume_and_check([*program, "consume", broker.address, topic, 3], 3, without_time, drop_time)


def drop_time(line):
    offset, _, rest = line.split("|", 2)
    return f"{offset}|{rest}"


def errors(broker, program, topic):
    with broker.client() as client:
        client.create_topic(topic, configs={"max.message.bytes": 1000})
    lines = run([*program, "errors", broker.address, topic]).splitlines()
    codes = {what: int(code) for what, code in (line.split() for line in lines)}
    expect(codes, "it asked nothing")
    expect_equal(codes, {what: REFUSALS[what] for what in codes}, "the codes")


CASES = {case.__name__: case for case in (admin, idempotent, transact, times, large, errors)}


def word_cases(suite, program, client, words, wide=False, label=""):
    """Adds the cases of these words of the client's program."""
    for word in words:
        name = f"{label or client} {word}"
        topic = name.replace(" ", "-")
        case = functools.partial(_call, CASES[word], program, topic)
        suite.add(name, case, client, SCENARIOS[word], wide)


def _call(case, program, topic, broker):
    case(broker, program, topic)
