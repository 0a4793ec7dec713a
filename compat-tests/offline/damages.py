# SPDX-License-Identifier: Apache-2.0
"""The ways in which a data directory breaks: each damages one file, and says what must be reported of which file."""

import struct

from milena_test import batch

LOG, INDEX, TIMES = ".log", ".index", ".timeindex"


def segment(partition, number=0, suffix=LOG):
    """The file of a partition's segment, counted from the oldest (or from the newest, if negative)."""
    base = sorted(partition.glob("*.log"))[number]
    return base.with_suffix(suffix)


def positions(log):
    """Where the batches of a segment begin, and where it ends."""
    return batch.positions(log.read_bytes())


def flip(path, position, mask=0x40):
    data = bytearray(path.read_bytes())
    data[position] ^= mask
    path.write_bytes(data)


def cut(path, bytes_left):
    path.write_bytes(path.read_bytes()[:bytes_left])


def put(path, position, data):
    content = bytearray(path.read_bytes())
    content[position : position + len(data)] = data
    path.write_bytes(content)


def append(path, data):
    path.write_bytes(path.read_bytes() + data)


def a_bit_of_a_record(data):
    log = segment(data / "disk-rolled-0")
    at = positions(log)[3]
    flip(log, at + batch.HEADER_BYTES + 5)
    return f"{log}:{at}", "has a wrong CRC"


def a_length(data):
    log = segment(data / "disk-rolled-0")
    at = positions(log)[3]
    flip(log, at + 11, 0x01)
    return f"{log}:{at}", "has a wrong CRC, or a wrong length"


def a_length_that_is_too_large(data):
    log = segment(data / "disk-rolled-0")
    at = positions(log)[3]
    flip(log, at + 8, 0x7F)
    return f"{log}:{at}", "is cut short"


def no_batch_in_the_middle(data):
    log = segment(data / "disk-rolled-0")
    at, following = positions(log)[3:5]
    put(log, at, b"\xff" * 100)
    return f"{log}:{at}", f"the next one is at {following}"


def a_segment_without_its_last_batch(data):
    log, following = segment(data / "disk-rolled-0"), segment(data / "disk-rolled-0", 1)
    cut(log, positions(log)[-2])
    return f"{following}:0", "are missing in front of the batch"


def a_torn_tail(data):
    log = segment(data / "disk-rolled-0", -1)
    at = positions(log)[-2]
    cut(log, log.stat().st_size - 10)
    return f"{log}:{at}", "is cut short"


def zeros_at_the_end(data):
    log = segment(data / "disk-rolled-1")
    end = log.stat().st_size
    append(log, b"\0" * 4096)
    return f"{log}:{end}", "only zeros"


def a_batch_twice(data):
    log = segment(data / "disk-rolled-1")
    first, second, *_, end = positions(log)
    append(log, log.read_bytes()[first:second])
    return f"{log}:{end}", "offsets go back"


def an_index_entry_that_points_elsewhere(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    flip(index, 15, 0x01)
    return f"{index}:8", "where no batch begins"


def an_index_entry_of_another_offset(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    flip(index, 11, 0x01)
    return f"{index}:8", "where a batch ends at offset"


def index_entries_out_of_order(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    content = index.read_bytes()
    put(index, 0, content[8:16] + content[0:8])
    return f"{index}:8", "is not behind the one before it"


def time_entries_out_of_order(data):
    times = segment(data / "disk-rolled-0", 0, TIMES)
    content = times.read_bytes()
    put(times, 0, content[12:24] + content[0:12])
    return f"{times}:12", "is not behind the one before it"


def a_time_that_no_batch_has(data):
    times = segment(data / "disk-rolled-0", 0, TIMES)
    flip(times, 12 + 7, 0x01)
    return f"{times}:12", "in a batch of time"


def no_index(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    index.unlink()
    return index, "is missing"


def no_time_index(data):
    times = segment(data / "disk-rolled-0", 0, TIMES)
    times.unlink()
    return times, "is missing"


def an_index_cut_within_an_entry(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    cut(index, 20)
    return f"{index}:16", "no whole entry"


def an_index_that_lacks_entries(data):
    index = segment(data / "disk-rolled-0", 0, INDEX)
    cut(index, 16)
    return f"{index}:16", "entries are missing"


def a_snapshot(data):
    snapshot = sorted((data / "disk-idempotent-0").glob("*.snapshot"))[0]
    flip(snapshot, 20)
    return f"{snapshot}:2", "wrong CRC"


def a_snapshot_cut_short(data):
    snapshot = sorted((data / "disk-idempotent-0").glob("*.snapshot"))[0]
    cut(snapshot, 7)
    return f"{snapshot}:0", "cut short"


def aborted_transactions_of_nobody(data):
    index = sorted((data / "offline-transactions-0").glob("*.txnindex"))[0]
    flip(index, 9)
    return f"{index}:0", "was aborted at offset"


def aborted_transactions_that_are_missing(data):
    index = sorted((data / "offline-transactions-0").glob("*.txnindex"))[0]
    cut(index, index.stat().st_size - 34)
    return index, "lacks the aborted transaction"


def leader_epochs(data):
    path = data / "disk-rolled-0" / "leader-epoch-checkpoint"
    path.write_text("0\n1\nnonsense\n")
    return f"{path}:4", "is no epoch and offset"


def leader_epochs_of_others(data):
    path = data / "disk-rolled-0" / "leader-epoch-checkpoint"
    path.write_text("0\n1\n9 0\n")
    return f"{segment(data / 'disk-rolled-0')}:0", "has leader epoch 0"


def a_checkpoint_that_counts_wrongly(data):
    path = data / "replication-offset-checkpoint"
    path.write_text("0\n2\ndisk-rolled 0 1\n")
    return path, "announces 2"


def a_checkpoint_beyond_the_end(data):
    path = data / "recovery-point-offset-checkpoint"
    path.write_text("0\n1\ndisk-rolled 1 51\n")
    return path, "disk-rolled-1 is known up to offset 51, but ends at 50"


def no_directory(data):
    directory = data / "disk-rolled-1"
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()
    return data / "recovery-point-offset-checkpoint", "but has no directory"


def a_stray_directory(data):
    stray = data / "nobody-0"
    stray.mkdir()
    return stray, "is stray"


def another_topic_id(data):
    path = data / "disk-rolled-0" / "partition.metadata"
    path.write_text("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAEA")
    return data / "disk-rolled-0", "is stray: it is of topic id"


def no_topic_id(data):
    path = data / "disk-rolled-0" / "partition.metadata"
    path.unlink()
    return path, "is missing"


def meta_properties(data):
    path = data / "meta.properties"
    path.write_text("version=1\ncluster.id=some\n")
    return path, "node.id"


def a_metadata_record(data):
    log = segment(data / "__cluster_metadata-0")
    at = positions(log)[2]
    flip(log, at + batch.HEADER_BYTES + 5)
    return f"{log}:{at}", "has a wrong CRC"


def a_metadata_record_of_no_kind(data):
    """With a CRC that fits."""
    log = segment(data / "__cluster_metadata-0")
    at, end = positions(log)[1:3]
    content = bytearray(log.read_bytes()[at:end])
    content[content.index(b"\x01", batch.HEADER_BYTES + 5) + 1] = 0x7E
    content[17:21] = struct.pack(">I", batch.crc32c(bytes(content[21:])))
    put(log, at, content)
    return f"{log}:{at}", "the record at offset"


ALL = [
    a_bit_of_a_record, a_length, a_length_that_is_too_large, no_batch_in_the_middle,
    a_segment_without_its_last_batch, a_torn_tail, zeros_at_the_end, a_batch_twice, an_index_entry_that_points_elsewhere,
    an_index_entry_of_another_offset, index_entries_out_of_order, time_entries_out_of_order,
    a_time_that_no_batch_has, no_index, no_time_index, an_index_cut_within_an_entry,
    an_index_that_lacks_entries, a_snapshot, a_snapshot_cut_short, aborted_transactions_of_nobody,
    aborted_transactions_that_are_missing, leader_epochs, leader_epochs_of_others,
    a_checkpoint_that_counts_wrongly, a_checkpoint_beyond_the_end, no_directory, a_stray_directory,
    another_topic_id, no_topic_id, meta_properties, a_metadata_record,
    a_metadata_record_of_no_kind,
]  # fmt: skip
