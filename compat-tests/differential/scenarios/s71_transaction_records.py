# SPDX-License-Identifier: Apache-2.0
"""The records that the coordinator of transactions leaves."""
import struct
import time

from milena_test import batch
from producers import OLD_END, add_partitions, completed, end, init_producer, new_producer, write

LOG, LOG_PARTITIONS = "__transaction_state", 50
HOUR_MS = 3_600_000


def transaction_records(t):
    """Both kinds of clients, and fencing: what the coordinator wrote, byte by byte."""
    topic, _ = t.topic()
    transactional_id, producer = new_producer(t)
    for committed in (True, False):
        write(t, transactional_id, topic, producer, 0)
        producer = end(t, transactional_id, producer, committed)
        completed(t, transactional_id, f"{committed}")
    producer = end(t, transactional_id, producer, False, "nothing")
    completed(t, transactional_id, "nothing")
    write(t, transactional_id, topic, producer, 0, "fenced")
    init_producer(t, transactional_id, "too early")
    completed(t, transactional_id, "fenced")
    producer = init_producer(t, transactional_id, "next", timeout_ms=30000)
    producer = init_producer(t, transactional_id, "next", former=producer)
    for committed in (True, False):
        add_partitions(t, transactional_id, producer, [(topic, [0])])
        end(t, transactional_id, producer, committed, "", OLD_END)
        completed(t, transactional_id, f"old {committed}")
    rows = _records_of(t, transactional_id, producer[0])
    t.note("records", 0, {"records": rows})


def _records_of(t, transactional_id, producer_id):
    hashed = 0
    for character in transactional_id:
        hashed = (31 * hashed + ord(character)) & 0xFFFFFFFF
    signed = hashed - (1 << 32) if hashed >> 31 else hashed
    data = t.client.fetch(LOG, abs(signed) % LOG_PARTITIONS, 0)["Records"]
    rows = [
        [one.attributes, record.key.hex(), _hidden(record.value, producer_id)]
        for one in batch.parse(data)
        for record in one.records
        if transactional_id.encode() in record.key
    ]
    if not rows:
        raise RuntimeError(f"no records of {transactional_id}")
    return rows


def _hidden(value, producer_id):
    """Hexadecimal; an int64 of these days becomes 'time', the producer's id 'id'."""
    now, shown, at = time.time() * 1000, "", 0
    while at < len(value):
        number = struct.unpack_from(">q", value, at)[0] if at + 8 <= len(value) else 0
        if number == producer_id or abs(number - now) < HOUR_MS:
            shown, at = shown + (" id " if number == producer_id else " time "), at + 8
        else:
            shown, at = shown + f"{value[at]:02x}", at + 1
    return shown
