// SPDX-License-Identifier: Apache-2.0
// The records of one batch, one after the other, each length and count of them checked.
// (The grammar is at the head of record_batch.h.)
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/record_batch.h"
#include "protocol/record_stream.h"

namespace milena {

struct RecordHeader {
    std::string_view key;
    std::optional<BytesView> value;
};

/// One record. Borrows from its reader until the reader moves on, or from whoever builds a batch.
struct RecordView {
    int32_t offset_delta = 0;
    int64_t timestamp_delta = 0;
    std::optional<BytesView> key;
    std::optional<BytesView> value;
    int32_t header_count = 0;
    BytesView header_bytes;  // as they lie in the record, checked

    /// Position and time, out of the batch that holds the record.
    Offset offset;
    TimestampMs timestamp;

    std::vector<RecordHeader> headers() const;
};

/// What the validation of a record needs to know of it.
struct RecordOutline {
    uint8_t attributes = 0;
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    int32_t key_length = -1;
    int32_t value_length = -1;
    int32_t header_count = 0;
    // Distances from the start of the record's body (behind its length).
    uint32_t key_at = 0;
    uint32_t value_at = 0;
    uint32_t headers_at = 0;
};

/// Time of a record: the batch's, if the broker set it.
TimestampMs record_timestamp(const RecordBatchView& batch, int64_t timestamp_delta);

/// Borrows the batch's bytes. Memory: a window of 64 KiB for compressed batches, more only for a
/// record that is larger.
class RecordReader {
  public:
    static constexpr int32_t kRecordBytesMax = std::numeric_limits<int32_t>::max() - 8;

    /// `record_bytes_max` bounds each record of a compressed batch
    /// (max.decompressed.message.bytes).
    explicit RecordReader(const RecordBatchView& batch, int32_t record_bytes_max = kRecordBytesMax);

    /// Moves to the next record; false behind the last one. INVALID_RECORD if the codec can't read
    /// its stream, if a record is malformed, or if there are fewer or more of them than the batch
    /// says.
    Result<bool> next();
    /// REQUIRES: next() returned true
    const RecordView& record() const { return record_; }

    /// As next(), but gives only the outline and never holds more than the window: for records
    /// whose content nobody wants to see.
    Result<bool> next_outline(RecordOutline& into);

  private:
    const char* begin_record(int32_t& length);
    Result<bool> finish();
    Error failed(std::string reason) const;

    RecordBatchView batch_;
    std::optional<CompressionType> compression_;
    int32_t record_bytes_max_;
    int32_t records_read_ = 0;
    RecordStream stream_;
    RecordView record_;
};

}  // namespace milena
