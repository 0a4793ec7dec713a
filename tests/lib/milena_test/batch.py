# SPDX-License-Identifier: Apache-2.0
"""Record batches (magic 2): built for Produce, parsed from Fetch.

    baseOffset int64 | batchLength int32 | partitionLeaderEpoch int32 | magic int8 | crc uint32 |
    attributes int16 | lastOffsetDelta int32 | baseTimestamp int64 | maxTimestamp int64 |
    producerId int64 | producerEpoch int16 | baseSequence int32 | count int32 | records

crc is CRC32C of everything behind it. batchLength counts from partitionLeaderEpoch.
"""

import dataclasses
import struct

from . import codecs
from .wire import Reader, put_unsigned_varint

_HEAD = struct.Struct(">qiibI")
_REST = struct.Struct(">hiqqqhii")
HEADER_BYTES = _HEAD.size + _REST.size
LOG_APPEND_TIME, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data):
    value, table = 0xFFFFFFFF, _CRC_TABLE
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


@dataclasses.dataclass
class Record:
    key: bytes | None = None
    value: bytes | None = b""
    headers: list = dataclasses.field(default_factory=list)  # of (str, bytes or None)
    timestamp: int = 0
    offset: int = 0


@dataclasses.dataclass
class Batch:
    records: list
    base_offset: int = 0
    leader_epoch: int = -1
    magic: int = 2
    attributes: int = 0  # codec in bits 0-2, then LOG_APPEND_TIME, TRANSACTIONAL, CONTROL
    producer_id: int = -1
    producer_epoch: int = -1
    base_sequence: int = -1
    base_timestamp: int | None = None
    max_timestamp: int | None = None
    last_offset_delta: int | None = None
    count: int | None = None
    crc: int | None = None
    length: int | None = None

    @property
    def codec(self):
        return self.attributes & 7

    def encode(self):
        """Fields that are None are computed; set one to make a batch that lies."""
        times = [record.timestamp for record in self.records] or [0]
        base_timestamp = times[0] if self.base_timestamp is None else self.base_timestamp
        content = bytearray()
        for delta, record in enumerate(self.records):
            _put_record(content, record, delta, record.timestamp - base_timestamp)
        last = len(self.records) - 1 if self.last_offset_delta is None else self.last_offset_delta
        rest = _REST.pack(
            self.attributes,
            last,
            base_timestamp,
            max(times) if self.max_timestamp is None else self.max_timestamp,
            self.producer_id,
            self.producer_epoch,
            self.base_sequence,
            len(self.records) if self.count is None else self.count,
        ) + codecs.compress(self.codec, bytes(content))
        length = _HEAD.size - 12 + len(rest) if self.length is None else self.length
        crc = crc32c(rest) if self.crc is None else self.crc
        return _HEAD.pack(self.base_offset, length, self.leader_epoch, self.magic, crc) + rest


def _put_varint(out, value):
    put_unsigned_varint(out, (value << 1) ^ (value >> 63))


def _put_bytes(out, value):
    _put_varint(out, -1 if value is None else len(value))
    out += value or b""


def _put_record(out, record, offset_delta, timestamp_delta):
    content = bytearray(b"\0")  # attributes
    _put_varint(content, timestamp_delta)
    _put_varint(content, offset_delta)
    _put_bytes(content, record.key)
    _put_bytes(content, record.value)
    _put_varint(content, len(record.headers))
    for name, value in record.headers:
        _put_bytes(content, name.encode())
        _put_bytes(content, value)
    _put_varint(out, len(content))
    out += content


def build(values, **fields):
    """A batch of bytes: values are Records, or bytes for records without a key."""
    records = [v if isinstance(v, Record) else Record(value=v) for v in values]
    codec = fields.pop("codec", codecs.NONE)
    fields["attributes"] = fields.get("attributes", 0) | codec
    return Batch(records, **fields).encode()


def positions(data):
    """Where the batches of a segment begin, and where it ends."""
    found = [0]
    while found[-1] < len(data):
        _, length, *_ = _HEAD.unpack_from(data, found[-1])
        found.append(found[-1] + 12 + length)
    return found


def parse(data, check_crc=True):
    """All whole batches in data; a batch cut at the end, which Fetch may send, is left out."""
    batches, at = [], 0
    while at + HEADER_BYTES <= len(data):
        base_offset, length, epoch, magic, crc = _HEAD.unpack_from(data, at)
        end = at + 12 + length
        if end > len(data):
            break
        rest = data[at + _HEAD.size : end]
        if check_crc and crc32c(rest) != crc:
            raise ValueError(f"wrong CRC in the batch at offset {base_offset}")
        batches.append(_parse_one(base_offset, length, epoch, magic, crc, rest))
        at = end
    return batches


def _parse_one(base_offset, length, epoch, magic, crc, rest):
    attributes, last, base_time, max_time, producer, producer_epoch, sequence, count = (
        _REST.unpack_from(rest)
    )
    reader = Reader(codecs.decompress(attributes & 7, rest[_REST.size :]))
    records = [
        _get_record(
            reader, base_offset, max_time if attributes & LOG_APPEND_TIME else None, base_time
        )
        for _ in range(count)
    ]
    if reader.remaining():
        raise ValueError(f"{reader.remaining()} bytes after the records of batch {base_offset}")
    return Batch(
        records, base_offset, epoch, magic, attributes, producer, producer_epoch, sequence,
        base_time, max_time, last, count, crc, length,
    )  # fmt: skip


def _get_bytes(reader):
    length = reader.varint()
    return None if length < 0 else reader.take(length)


def _get_record(reader, base_offset, append_time, base_time):
    size = reader.varint()
    start = reader.position
    reader.take(1)
    timestamp = base_time + reader.varint()
    offset = base_offset + reader.varint()
    key, value = _get_bytes(reader), _get_bytes(reader)
    headers = []
    for _ in range(reader.varint()):
        name = _get_bytes(reader).decode()
        headers.append((name, _get_bytes(reader)))
    if reader.position - start != size:
        raise ValueError(f"record at offset {offset}: size {size}, not {reader.position - start}")
    return Record(key, value, headers, timestamp if append_time is None else append_time, offset)
