// SPDX-License-Identifier: Apache-2.0
// The fixed head of a record batch (magic 2), as a scan over a segment needs it. All big-endian:
//
//   position size
//    0        8   base offset
//    8        4   length: bytes after this field
//   12        4   partition leader epoch
//   16        1   magic
//   17        4   CRC32C of everything from `attributes` on
//   21        2   attributes
//   23        4   last offset delta
//   27        8   base timestamp
//   35        8   max timestamp
//   43        8   producer id
//   51        2   producer epoch
//   53        4   base sequence
//   57        4   record count
//   61            records
#pragma once

#include "base/bytes.h"
#include "base/ids.h"

namespace milena {

struct BatchHeader {
    static constexpr int64_t kSize = 61;
    static constexpr int64_t kLengthEnd = 12;
    static constexpr int64_t kCrcPosition = 17;
    static constexpr int64_t kCrcStart = 21;
    static constexpr int8_t kMagic = 2;

    Offset base_offset;
    int64_t size_bytes = 0;  ///< of the whole batch
    LeaderEpoch leader_epoch;
    int8_t magic = 0;
    uint32_t crc = 0;
    int16_t attributes = 0;
    int32_t last_offset_delta = 0;
    TimestampMs base_timestamp;
    TimestampMs max_timestamp;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    int32_t base_sequence = 0;
    int32_t record_count = 0;

    Offset last_offset() const { return base_offset + last_offset_delta; }
    Offset next_offset() const { return last_offset() + 1; }
    bool is_log_append_time() const { return (attributes & 0x08) != 0; }
    bool is_transactional() const { return (attributes & 0x10) != 0; }
    bool is_control() const { return (attributes & 0x20) != 0; }
    /// Wraps around after the largest int32, as producers count.
    int32_t last_sequence() const {
        if (base_sequence < 0) return base_sequence;
        return static_cast<int32_t>((int64_t{base_sequence} + last_offset_delta) & 0x7fffffff);
    }
    /// What can be told without the records.
    bool is_plausible() const {
        return magic == kMagic && size_bytes >= kSize && last_offset_delta >= 0 &&
               base_offset.value >= 0;
    }

    /// REQUIRES: kSize readable bytes.
    static BatchHeader load(const uint8_t* from) {
        BatchHeader header;
        header.base_offset = Offset(load_big_endian<int64_t>(from));
        header.size_bytes = kLengthEnd + load_big_endian<int32_t>(from + 8);
        header.leader_epoch = LeaderEpoch(load_big_endian<int32_t>(from + 12));
        header.magic = static_cast<int8_t>(from[16]);
        header.crc = load_big_endian<uint32_t>(from + kCrcPosition);
        header.attributes = load_big_endian<int16_t>(from + 21);
        header.last_offset_delta = load_big_endian<int32_t>(from + 23);
        header.base_timestamp = TimestampMs(load_big_endian<int64_t>(from + 27));
        header.max_timestamp = TimestampMs(load_big_endian<int64_t>(from + 35));
        header.producer_id = ProducerId(load_big_endian<int64_t>(from + 43));
        header.producer_epoch = ProducerEpoch(load_big_endian<int16_t>(from + 51));
        header.base_sequence = load_big_endian<int32_t>(from + 53);
        header.record_count = load_big_endian<int32_t>(from + 57);
        return header;
    }
    /// Both lie before what the CRC covers.
    static void stamp(uint8_t* batch, Offset base_offset, LeaderEpoch epoch) {
        store_big_endian(batch, base_offset.value);
        store_big_endian(batch + 12, epoch.value);
    }
};

}  // namespace milena
