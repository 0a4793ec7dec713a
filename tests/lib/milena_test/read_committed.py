# SPDX-License-Identifier: Apache-2.0
"""What a reader of a partition sees; a read_committed one leaves out what the broker says was aborted."""

from . import batch, errors

READ_UNCOMMITTED, READ_COMMITTED = 0, 1


def records_of(client, topic, partition, isolation=READ_COMMITTED):
    return read_on(client, topic, partition, 0, isolation)[0]


def read_on(client, topic, partition, offset, isolation=READ_COMMITTED):
    """The records from offset up to the end that the isolation allows, without those of aborted transactions; and
    the offset behind them."""
    found, end = [], None
    while end is None or offset < end:
        answer = client.fetch(topic, partition, offset, max_wait_ms=0, isolation_level=isolation)
        errors.check(answer["ErrorCode"], f"fetching {topic}-{partition}")
        end = answer["LastStableOffset"] if isolation else answer["HighWatermark"]
        batches = batch.parse(answer["Records"] or b"")
        if not batches:
            break
        found += _committed(batches, offset, answer["AbortedTransactions"] or [])
        offset = batches[-1].base_offset + batches[-1].last_offset_delta + 1
    return found, offset


def _committed(batches, offset, aborted):
    waiting = sorted(aborted, key=lambda one: one["FirstOffset"])
    open_aborts, records = set(), []
    for one in batches:
        last = one.base_offset + one.last_offset_delta
        while waiting and waiting[0]["FirstOffset"] <= last:
            open_aborts.add(waiting.pop(0)["ProducerId"])
        if one.attributes & batch.CONTROL:
            open_aborts.discard(one.producer_id)
        elif one.producer_id not in open_aborts:
            records += [record for record in one.records if record.offset >= offset]
    return records
