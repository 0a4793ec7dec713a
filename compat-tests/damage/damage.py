# SPDX-License-Identifier: Apache-2.0
"""Ways in which a partition's files get damaged. Each is done to a topic of its own, in a stopped data directory."""

import random
import struct

from milena_test import batch

BATCHES, RECORDS = 60, 3
SEGMENT_BYTES = 2000
CONFIGS = {"internal.segment.bytes": SEGMENT_BYTES, "index.interval.bytes": 400}
FIRST_TIMESTAMP = 1_700_000_000_000
LENGTH, MAGIC, RECORDS_AT = 8, 16, 61  # positions in a batch


def fill(client, topic):
    client.create_topic(topic, 1, CONFIGS)
    producer, epoch = client.init_producer_id()
    for number in range(BATCHES):
        records = [
            batch.Record(b"key", b"value-%d" % (RECORDS * number + at), [], FIRST_TIMESTAMP + 100 * number + at)
            for at in range(RECORDS)
        ]
        sequence = {"producer_epoch": epoch, "base_sequence": RECORDS * number}
        answer = client.produce(topic, 0, batch.build(records, producer_id=producer, **sequence))
        if answer["ErrorCode"]:
            raise RuntimeError(f"{topic}: {answer}")


class Partition:
    """The files of one partition."""

    def __init__(self, folder):
        self.folder = folder
        self.logs = sorted(folder.glob("*.log"))
        self.closed, self.active = self.logs[2], self.logs[-1]

    def middle(self, log):
        """Start and end of a batch in the middle of a segment."""
        borders = batch.positions(log.read_bytes())
        number = (len(borders) - 1) // 2
        return borders[number], borders[number + 1]

    def overwrite(self, log, position, data):
        with open(log, "r+b") as file:
            file.seek(position)
            file.write(data)


def flipped_record(partition):
    start, end = partition.middle(partition.closed)
    partition.overwrite(partition.closed, end - 3, b"\xff")


def zeros(partition):
    start, end = partition.middle(partition.closed)
    partition.overwrite(partition.closed, start, bytes(end - start))


def magic(partition):
    start, _ = partition.middle(partition.closed)
    partition.overwrite(partition.closed, start + MAGIC, b"\x07")


def length_short(partition):
    start, _ = partition.middle(partition.closed)
    partition.overwrite(partition.closed, start + LENGTH, struct.pack(">i", 10))


def length_long(partition):
    start, _ = partition.middle(partition.closed)
    partition.overwrite(partition.closed, start + LENGTH, struct.pack(">i", 1 << 20))


def length_negative(partition):
    start, _ = partition.middle(partition.closed)
    partition.overwrite(partition.closed, start + LENGTH, struct.pack(">i", -5))


def cut_closed(partition):
    data = partition.closed.read_bytes()
    partition.closed.write_bytes(data[:-20])


def cut_closed_in_the_middle(partition):
    start, _ = partition.middle(partition.closed)
    partition.closed.write_bytes(partition.closed.read_bytes()[: start + 30])


def cut_between_batches(partition):
    start, _ = partition.middle(partition.closed)
    partition.closed.write_bytes(partition.closed.read_bytes()[:start])


def batch_lost(partition):
    start, end = partition.middle(partition.closed)
    data = partition.closed.read_bytes()
    partition.closed.write_bytes(data[:start] + data[end:])


def closed_emptied(partition):
    partition.closed.write_bytes(b"")


def segment_lost(partition):
    for file in partition.folder.glob(partition.closed.stem + ".*"):
        file.unlink()


def garbage_behind_closed(partition):
    partition.closed.write_bytes(partition.closed.read_bytes() + random.Random(1).randbytes(50))


def cut_active(partition):
    partition.active.write_bytes(partition.active.read_bytes()[:-20])


def active_zeros_behind(partition):
    partition.active.write_bytes(partition.active.read_bytes() + bytes(300))


def _indexes(partition, suffix):
    return sorted(partition.folder.glob(f"*.{suffix}"))


def indexes_lost(partition):
    for file in _indexes(partition, "index"):
        file.unlink()


def indexes_short(partition):
    for file in _indexes(partition, "index"):
        file.write_bytes(file.read_bytes()[:-3])


def indexes_damaged(partition):
    for file in _indexes(partition, "index"):
        file.write_bytes(bytes(byte ^ 0x55 for byte in file.read_bytes()))


def time_indexes_lost(partition):
    for file in _indexes(partition, "timeindex"):
        file.unlink()


def time_indexes_short(partition):
    for file in _indexes(partition, "timeindex"):
        file.write_bytes(file.read_bytes()[:-3])


def time_indexes_damaged(partition):
    for file in _indexes(partition, "timeindex"):
        file.write_bytes(bytes(byte ^ 0x55 for byte in file.read_bytes()))


def transaction_indexes_damaged(partition):
    for log in partition.logs[:-1]:
        log.with_suffix(".txnindex").write_bytes(bytes(50))


def snapshots_lost(partition):
    for file in _indexes(partition, "snapshot"):
        file.unlink()


def snapshots_damaged(partition):
    for file in _indexes(partition, "snapshot"):
        data = bytearray(file.read_bytes())
        data[-1] ^= 0xFF
        file.write_bytes(data)


def epochs_lost(partition):
    (partition.folder / "leader-epoch-checkpoint").unlink()


def epochs_damaged(partition):
    (partition.folder / "leader-epoch-checkpoint").write_bytes(b"0\n17\nnonsense\n")


def nothing(partition):
    pass


def other(partition):
    """No damage either, to another topic."""


RECORD_DAMAGES = [
    nothing, flipped_record, zeros, magic, length_short, length_long, length_negative, cut_closed,
    cut_closed_in_the_middle, cut_between_batches, batch_lost, closed_emptied, segment_lost,
    garbage_behind_closed, cut_active, active_zeros_behind,
]  # fmt: skip
INDEX_DAMAGES = [
    indexes_lost, indexes_short, indexes_damaged, time_indexes_lost, time_indexes_short,
    time_indexes_damaged, transaction_indexes_damaged, snapshots_lost, snapshots_damaged,
    epochs_lost, epochs_damaged,
]  # fmt: skip
ALL = RECORD_DAMAGES + INDEX_DAMAGES


def topic_of(damage):
    return damage.__name__.replace("_", "-")
