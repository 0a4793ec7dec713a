# SPDX-License-Identifier: Apache-2.0
"""The four codecs of record batches, as far as the standard library reaches.

gzip is complete. snappy and lz4 compress by storing (valid streams without matches) and
decompress fully. zstd stores, and decompresses stored blocks; for others it calls the library that
the broker is linked with.
"""

import ctypes
import gzip
import struct

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
NAMES = ["none", "gzip", "snappy", "lz4", "zstd"]

_XERIAL = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
_LZ4_MAGIC = 0x184D2204
_ZSTD_MAGIC = 0xFD2FB528
_BLOCK_BYTES = 32 * 1024
_ZSTD_CONTENT_BYTES_MAX = 1 << 28


def compress(codec, data):
    return _COMPRESS[codec](data)


def decompress(codec, data):
    return _DECOMPRESS[codec](data)


def _blocks(data):
    return [data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES)] or [b""]


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _copy_match(out, distance, length):
    if distance == 0 or distance > len(out):
        raise ValueError("match before the start of the data")
    for _ in range(length):
        out.append(out[-distance])


# snappy ------------------------------------------------------------------------------------------


def _snappy_block(block):
    out = bytearray(_varint(len(block)))
    if block:
        out += b"\xf4" + struct.pack("<H", len(block) - 1) + block  # one literal, 2-byte length
    return bytes(out)


def _compress_snappy(data):
    out = bytearray(_XERIAL)
    for block in _blocks(data):
        stored = _snappy_block(block)
        out += struct.pack(">i", len(stored)) + stored
    return bytes(out)


def _decompress_snappy(data):
    if not data.startswith(_XERIAL[:8]):
        return _snappy_unblock(data)
    out, at = bytearray(), len(_XERIAL)
    while at < len(data):
        (size,) = struct.unpack_from(">i", data, at)
        out += _snappy_unblock(data[at + 4 : at + 4 + size])
        at += 4 + size
    return bytes(out)


def _snappy_unblock(data):
    at = 0
    while data[at] & 0x80:  # the uncompressed length
        at += 1
    at += 1
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                width = length - 59
                length = int.from_bytes(data[at : at + width], "little")
                at += width
            out += data[at : at + length + 1]
            at += length + 1
        elif tag & 3 == 1:
            _copy_match(out, (tag >> 5) << 8 | data[at], (tag >> 2 & 7) + 4)
            at += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            _copy_match(out, int.from_bytes(data[at : at + width], "little"), (tag >> 2) + 1)
            at += width
    return bytes(out)


# lz4 ---------------------------------------------------------------------------------------------


def _rotate(value, bits):
    return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF


def _xxhash32_short(data):
    """xxHash32 with seed 0 of fewer than 16 bytes, which is all that a frame's head needs."""
    prime1, prime2, prime3, prime4, prime5 = (
        0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1,
    )  # fmt: skip
    value, at = (prime5 + len(data)) & 0xFFFFFFFF, 0
    while at + 4 <= len(data):
        word = int.from_bytes(data[at : at + 4], "little")
        value = _rotate((value + word * prime3) & 0xFFFFFFFF, 17) * prime4 & 0xFFFFFFFF
        at += 4
    for byte in data[at:]:
        value = _rotate((value + byte * prime5) & 0xFFFFFFFF, 11) * prime1 & 0xFFFFFFFF
    value = (value ^ value >> 15) * prime2 & 0xFFFFFFFF
    value = (value ^ value >> 13) * prime3 & 0xFFFFFFFF
    return value ^ value >> 16


def _compress_lz4(data):
    descriptor = b"\x60\x40"  # version 1, independent blocks; blocks up to 64 KiB
    out = bytearray(struct.pack("<I", _LZ4_MAGIC) + descriptor)
    out.append(_xxhash32_short(descriptor) >> 8 & 0xFF)
    for block in _blocks(data):
        if block:
            out += struct.pack("<I", len(block) | 0x80000000) + block
    return bytes(out + b"\0\0\0\0")


def _decompress_lz4(data):
    magic, flags = struct.unpack_from("<IB", data)
    if magic != _LZ4_MAGIC:
        raise ValueError("not an lz4 frame")
    at = 7 + (8 if flags & 0x08 else 0)
    out = bytearray()
    while True:
        (size,) = struct.unpack_from("<I", data, at)
        at += 4
        if size == 0:
            return bytes(out)
        block = data[at : at + (size & 0x7FFFFFFF)]
        if size & 0x80000000:
            out += block
        else:
            _lz4_unblock(out, block)
        at += (size & 0x7FFFFFFF) + (4 if flags & 0x10 else 0)


def _lz4_length(block, at, length):
    if length == 15:
        while True:
            length += block[at]
            at += 1
            if block[at - 1] != 255:
                break
    return length, at


def _lz4_unblock(out, block):
    at = 0
    while at < len(block):
        token = block[at]
        literal, at = _lz4_length(block, at + 1, token >> 4)
        out += block[at : at + literal]
        at += literal
        if at >= len(block):
            return
        distance = int.from_bytes(block[at : at + 2], "little")
        match, at = _lz4_length(block, at + 2, token & 15)
        _copy_match(out, distance, match + 4)


# zstd --------------------------------------------------------------------------------------------


def _compress_zstd(data):
    # Single segment, 8-byte content size, no checksum; then raw blocks.
    out = bytearray(struct.pack("<IBQ", _ZSTD_MAGIC, 0xE0, len(data)))
    blocks = _blocks(data)
    for index, block in enumerate(blocks):
        out += struct.pack("<I", len(block) << 3 | (index == len(blocks) - 1))[:3] + block
    return bytes(out)


def _decompress_zstd(data):
    magic, flags = struct.unpack_from("<IB", data)
    if magic != _ZSTD_MAGIC:
        raise ValueError("not a zstd frame")
    at = 5 + (0 if flags & 0x20 else 1) + (0, 1, 2, 4)[flags & 3]
    at += (1 if flags & 0x20 else 0, 2, 4, 8)[flags >> 6]
    out = bytearray()
    while True:
        head = int.from_bytes(data[at : at + 3], "little")
        kind, size = head >> 1 & 3, head >> 3
        at += 3
        if kind == 0:
            out += data[at : at + size]
            at += size
        elif kind == 1:
            out += data[at : at + 1] * size
            at += 1
        else:
            return _call_zstd(data)
        if head & 1:
            return bytes(out)


def _call_zstd(data):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    capacity = 8 * len(data)
    while True:  # not every frame says how long its content is
        capacity *= 4
        out = ctypes.create_string_buffer(capacity)
        sizes = [ctypes.c_size_t(capacity), ctypes.c_size_t(len(data))]
        size = library.ZSTD_decompress(out, sizes[0], data, sizes[1])
        if not library.ZSTD_isError(ctypes.c_size_t(size)):
            return out.raw[:size]
        if capacity > _ZSTD_CONTENT_BYTES_MAX:
            raise ValueError("not a zstd frame that can be decompressed")


def _compress_gzip(data):
    return gzip.compress(data, mtime=0)  # the same bytes each time


_COMPRESS = [bytes, _compress_gzip, _compress_snappy, _compress_lz4, _compress_zstd]
_DECOMPRESS = [bytes, gzip.decompress, _decompress_snappy, _decompress_lz4, _decompress_zstd]
