// SPDX-License-Identifier: Apache-2.0
// Builds one batch, record by record.
#pragma once

#include <limits>
#include <optional>
#include <span>

#include "protocol/compression.h"
#include "protocol/record_reader.h"

namespace milena {

struct RecordBatchOptions {
    Offset base_offset{0};
    LeaderEpoch leader_epoch{kNoLeaderEpoch};
    CompressionType compression = CompressionType::kNone;
    std::optional<int> compression_level;  ///< nothing: Kafka's default for the codec
    TimestampType timestamp_type = TimestampType::kCreateTime;
    /// With kLogAppendTime: the time of all records.
    TimestampMs log_append_time{kNoTimestamp};
    ProducerId producer_id{kNoProducerId};
    ProducerEpoch producer_epoch{-1};
    int32_t base_sequence = -1;
    bool transactional = false;
    bool control = false;
};

/// A record to be written. All bytes are borrowed for the call.
struct NewRecord {
    TimestampMs timestamp;
    std::optional<BytesView> key;
    std::optional<BytesView> value;
    std::span<const RecordHeader> headers;
};

class RecordBatchBuilder {
  public:
    explicit RecordBatchBuilder(const RecordBatchOptions& options);

    /// The record gets the offset after the one before it.
    Result<void> append(const NewRecord& record);
    /// The same, at an offset of its own; offsets must grow (gaps: what compaction leaves).
    Result<void> append_at(Offset offset, const NewRecord& record);
    /// Copies a record out of another batch to the next offset, headers as they are.
    Result<void> append_copy(const RecordView& record);

    int32_t record_count() const { return record_count_; }
    /// Of the batch as it is now; with a codec, without what waits to be compressed.
    size_t size_bytes() const { return batch_.size(); }
    TimestampMs max_timestamp() const;
    Offset last_offset() const { return options_.base_offset + last_offset_delta_; }

    /// The whole batch, at most 2 GiB (MESSAGE_TOO_LARGE). The builder is used up.
    /// REQUIRES: at least one record
    Result<Bytes> build();

  private:
    struct Headers;
    Result<void> append_record(int64_t offset_delta, TimestampMs timestamp,
                               const std::optional<BytesView>& key,
                               const std::optional<BytesView>& value, const Headers& headers);
    Result<void> flush();
    void write_header();

    RecordBatchOptions options_;
    CompressorLease compressor_;
    std::optional<Error> failure_;
    Bytes batch_;
    Bytes pending_;  // records that wait for the compressor
    int32_t record_count_ = 0;
    int32_t last_offset_delta_ = -1;
    TimestampMs base_timestamp_{kNoTimestamp};
    TimestampMs max_timestamp_{kNoTimestamp};
};

}  // namespace milena
