// SPDX-License-Identifier: Apache-2.0
// Record batches, format v2 (magic 2): how records travel, and how they lie in a log's files.
//
//   batches: batch*
//   batch:
//        0  base_offset           int64
//        8  length                int32    bytes that follow this field
//       12  partition_leader_epoch int32
//       16  magic                 int8     2
//       17  crc                   uint32   CRC-32C of everything from `attributes` on
//       21  attributes            int16    bits 0-2 codec, 3 timestamp type, 4 transactional,
//                                          5 control, 6 base timestamp is a delete horizon
//       23  last_offset_delta     int32
//       27  base_timestamp        int64
//       35  max_timestamp         int64
//       43  producer_id           int64    -1: the producer is not idempotent
//       51  producer_epoch        int16
//       53  base_sequence         int32
//       57  record_count          int32
//       61  records               record*, as one compressed stream if there is a codec
//   record:
//       length varint (bytes that follow), attributes int8 (unused), timestamp_delta varlong,
//       offset_delta varint, key_length varint (-1: null), key, value_length varint (-1: null),
//       value, header_count varint, header*
//   header: key_length varint, key, value_length varint (-1: null), value
//   (varint, varlong: zigzag)
//
// base_offset and partition_leader_epoch lie before what the CRC covers: a broker stamps them into
// the producer's bytes and need not compute it again.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "protocol/record_types.h"

namespace milena {

/// Offset of each field from a batch's first byte.
struct RecordBatchLayout {
    static constexpr size_t kBaseOffset = 0;
    static constexpr size_t kLength = 8;
    static constexpr size_t kLeaderEpoch = 12;
    static constexpr size_t kMagic = 16;
    static constexpr size_t kCrc = 17;
    static constexpr size_t kAttributes = 21;
    static constexpr size_t kLastOffsetDelta = 23;
    static constexpr size_t kBaseTimestamp = 27;
    static constexpr size_t kMaxTimestamp = 35;
    static constexpr size_t kProducerId = 43;
    static constexpr size_t kProducerEpoch = 51;
    static constexpr size_t kBaseSequence = 53;
    static constexpr size_t kRecordCount = 57;
    static constexpr size_t kRecords = 61;

    /// base_offset and length: what is needed to find the next batch.
    static constexpr size_t kPrefixBytes = 12;
    static constexpr size_t kHeaderBytes = kRecords;

    static constexpr int16_t kCompressionMask = 0x07;
    static constexpr int16_t kTimestampTypeBit = 0x08;
    static constexpr int16_t kTransactionalBit = 0x10;
    static constexpr int16_t kControlBit = 0x20;
    static constexpr int16_t kDeleteHorizonBit = 0x40;
    static constexpr int16_t kKnownAttributes = 0x7f;
};
inline constexpr int8_t kRecordBatchMagic = 2;

/// The only way to look into a batch. Borrows its bytes; cheap to copy.
class RecordBatchView {
  public:
    using Layout = RecordBatchLayout;

    /// The batch that `bytes` begin with; they may go on behind it. CORRUPT_MESSAGE if it isn't
    /// whole or its length can't be; INVALID_RECORD if it has a format older than v2. Neither the
    /// CRC nor the records are looked at.
    static Result<RecordBatchView> parse(BytesView bytes);

    Offset base_offset() const { return Offset(load<int64_t>(Layout::kBaseOffset)); }
    Offset last_offset() const { return base_offset() + last_offset_delta(); }
    LeaderEpoch leader_epoch() const { return LeaderEpoch(load<int32_t>(Layout::kLeaderEpoch)); }
    int8_t magic() const { return load<int8_t>(Layout::kMagic); }
    uint32_t crc() const { return load<uint32_t>(Layout::kCrc); }
    int16_t attributes() const { return load<int16_t>(Layout::kAttributes); }
    /// Nothing if the codec is none of Kafka's.
    std::optional<CompressionType> compression() const;
    TimestampType timestamp_type() const {
        return has(Layout::kTimestampTypeBit) ? TimestampType::kLogAppendTime
                                              : TimestampType::kCreateTime;
    }
    bool is_transactional() const { return has(Layout::kTransactionalBit); }
    bool is_control() const { return has(Layout::kControlBit); }
    bool has_delete_horizon() const { return has(Layout::kDeleteHorizonBit); }
    int32_t last_offset_delta() const { return load<int32_t>(Layout::kLastOffsetDelta); }
    TimestampMs base_timestamp() const {
        return TimestampMs(load<int64_t>(Layout::kBaseTimestamp));
    }
    TimestampMs max_timestamp() const { return TimestampMs(load<int64_t>(Layout::kMaxTimestamp)); }
    ProducerId producer_id() const { return ProducerId(load<int64_t>(Layout::kProducerId)); }
    bool has_producer_id() const { return producer_id().value > kNoProducerId.value; }
    ProducerEpoch producer_epoch() const {
        return ProducerEpoch(load<int16_t>(Layout::kProducerEpoch));
    }
    int32_t base_sequence() const { return load<int32_t>(Layout::kBaseSequence); }
    /// Sequence of the last record; -1 without a producer's id. Sequences wrap to 0 after 2^31-1.
    int32_t last_sequence() const;
    int32_t record_count() const { return load<int32_t>(Layout::kRecordCount); }

    size_t size_bytes() const { return bytes_.size(); }
    BytesView bytes() const { return bytes_; }
    /// The records as they lie there, compressed or not.
    BytesView records() const { return bytes_.subspan(Layout::kRecords); }
    /// Reads all of the batch.
    bool is_crc_valid() const;

  private:
    friend class RecordBatches;
    explicit RecordBatchView(BytesView bytes) : bytes_(bytes) {}
    template <std::integral T>
    T load(size_t at) const {
        return load_big_endian<T>(bytes_.data() + at);
    }
    bool has(int16_t bit) const { return (attributes() & bit) != 0; }

    BytesView bytes_;
};

/// CRC-32C of a batch's bytes. REQUIRES: at least a header
uint32_t record_batch_crc(BytesView batch);

/// `sequence` + `increment`, wrapping from 2^31-1 to 0 as Kafka's sequences do.
int32_t increment_sequence(int32_t sequence, int32_t increment);

/// Writes into a batch that was parsed before. Owner of the bytes: the caller.
class RecordBatchStamper {
  public:
    explicit RecordBatchStamper(MutableBytesView batch) : batch_(batch) {}

    /// Outside of what the CRC covers.
    void set_base_offset(Offset offset) {
        store_big_endian(batch_.data() + RecordBatchLayout::kBaseOffset, offset.value);
    }
    void set_leader_epoch(LeaderEpoch epoch) {
        store_big_endian(batch_.data() + RecordBatchLayout::kLeaderEpoch, epoch.value);
    }
    /// Computes the CRC again, unless both are what they were.
    void set_max_timestamp(TimestampType type, TimestampMs timestamp);

  private:
    MutableBytesView batch_;
};

/// Walks the batches of a buffer. A batch that the buffer's end cuts off is no error, but the end:
/// so reads and requests end.
class RecordBatches {
  public:
    explicit RecordBatches(BytesView bytes) : bytes_(bytes) {}

    /// Next whole batch, or nothing. Errors as RecordBatchView::parse; then it is over.
    Result<std::optional<RecordBatchView>> next();
    /// Bytes of the batches so far.
    size_t position() const { return position_; }

  private:
    BytesView bytes_;
    size_t position_ = 0;
};

}  // namespace milena
