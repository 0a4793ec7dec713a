// SPDX-License-Identifier: Apache-2.0
// What a leader does to a batch before it goes into the log: checks it as Apache Kafka does,
// assigns its offsets, and changes its codec where the topic wants another.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/record_batch.h"
#include "protocol/record_reader.h"

namespace milena {

/// A record that made its batch invalid, as the Produce response names it.
struct RecordError {
    int32_t batch_index = 0;  ///< of the record in its batch
    std::string message;

    bool operator==(const RecordError&) const = default;
};
/// More of them are not listed: a compressed batch could name millions.
inline constexpr size_t kRecordErrorsMax = 1000;

struct ValidationOptions {
    /// A client's batch starts at offset 0, is no control batch, and its counts agree.
    bool from_client = true;
    /// compression.type: nothing is "producer", the batch keeps its codec.
    std::optional<CompressionType> target_compression;
    int gzip_level = kGzipLevelDefault;
    int lz4_level = kLz4LevelDefault;
    int zstd_level = kZstdLevelDefault;
    TimestampType timestamp_type = TimestampType::kCreateTime;
    /// How far a timestamp may lie before and after now.
    int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t timestamp_after_max_ms = 3'600'000;
    bool compacted = false;
    int32_t message_bytes_max = std::numeric_limits<int32_t>::max();
    /// max.decompressed.message.bytes: of each record of a compressed batch.
    int32_t decompressed_message_bytes_max = RecordReader::kRecordBytesMax;
    TimestampMs now{0};
};

/// A batch that is ready for the log.
struct ValidatedBatch {
    /// Points into the caller's buffer, or into `replaced`. Moving the struct keeps it valid.
    BytesView bytes;
    /// Owns the batch if it had to be written anew; otherwise empty.
    Bytes replaced;
    Offset first_offset;
    Offset last_offset;
    int32_t record_count = 0;
    /// Largest timestamp of the records. The time index pairs it with last_offset.
    TimestampMs max_timestamp;
    /// -1 unless the topic stamps LogAppendTime.
    TimestampMs log_append_time{kNoTimestamp};
};

/// The first look at what a Produce request holds for a partition: one whole batch of magic 2, and
/// nothing that counts behind it. INVALID_RECORD or CORRUPT_MESSAGE; UNSUPPORTED_COMPRESSION_TYPE
/// for zstd if `zstd_allowed` is not set (Produce before v7).
Result<RecordBatchView> check_produced_records(BytesView records, bool zstd_allowed = true);

/// Checks the batch that `records` hold, and makes its records begin at `first`. On success it is
/// stamped in place, or replaced; on an error the buffer is as it was. Errors, in Kafka's order:
///   INVALID_RECORD      not one v2 batch; base offset not 0
///   MESSAGE_TOO_LARGE   larger than message_bytes_max, before or after a change of codec
///   CORRUPT_MESSAGE     CRC
///   UNSUPPORTED_COMPRESSION_TYPE  none of Kafka's codecs
///   INVALID_RECORD      counts, control batch, negative sequence, malformed record, null key in a
///                       compacted topic
///   INVALID_TIMESTAMP   out of range, or the producer claims LogAppendTime
/// `errors` (may be null) gets the records that are to blame.
/// Apache Kafka answers UNKNOWN_SERVER_ERROR where its code throws: unknown codecs, streams that
/// the codec can't read, offset deltas in a compressed batch that skip. And it takes a compressed
/// record whose length contradicts its content, which no consumer can read: here INVALID_RECORD.
Result<ValidatedBatch> validate_and_assign(MutableBytesView records, Offset first,
                                           LeaderEpoch leader_epoch,
                                           const ValidationOptions& options,
                                           std::vector<RecordError>* errors);

}  // namespace milena
