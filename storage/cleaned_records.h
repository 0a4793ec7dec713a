// SPDX-License-Identifier: Apache-2.0
// The records of a batch as a compaction handles them: looked at as far as the key, and copied as
// they are.
#pragma once

#include <optional>

#include "protocol/compression.h"
#include "protocol/record_stream.h"
#include "storage/batch_scanner.h"

namespace milena {

struct CleanedRecord {
    Offset offset;
    TimestampMs timestamp;
    std::optional<BytesView> key;
    bool has_value = false;
    BytesView body;        ///< behind the length
    BytesView after_time;  ///< the body, from the offset on
};

/// The records of a batch as they lie there, or decompressed. Borrowed.
struct RecordBytes {
    explicit RecordBytes(const BatchReader::Batch& batch);

    BytesView bytes;
    CompressionType compression;
};

/// Decompresses batches that are to be read twice.
class Inflater {
  public:
    /// The records of `batch`, until the next call. What would take too much memory stays
    /// compressed, as does what can't be read.
    RecordBytes inflate(const BatchReader::Batch& batch);

  private:
    Bytes inflated_;
};

/// Memory: a window, of compressed records.
class CleanedRecordReader {
  public:
    explicit CleanedRecordReader(const BatchReader::Batch& batch)
        : CleanedRecordReader(batch.header, RecordBytes(batch)) {}
    CleanedRecordReader(const BatchHeader& header, const RecordBytes& records);

    /// The next record, until the next call; nothing behind the last. CORRUPT_MESSAGE.
    Result<std::optional<CleanedRecord>> next();

  private:
    Error failed() const;
    bool parse(BytesView body, CleanedRecord& into) const;

    const BatchHeader& header_;
    RecordStream stream_;
    size_t body_bytes_ = 0;  // of the record given last
    int32_t records_left_;
};

/// Writes a batch with some of another's records.
class CleanedBatchWriter {
  public:
    /// `out` is overwritten. Times of records are counted from `base_timestamp`.
    CleanedBatchWriter(const BatchReader::Batch& batch, TimestampMs base_timestamp, Bytes& out);

    Result<void> append(const CleanedRecord& record);
    /// All other fields are those of the old batch.
    Result<void> finish(bool has_delete_horizon, TimestampMs max_timestamp);

  private:
    Result<void> flush();

    const BatchReader::Batch& batch_;
    const TimestampMs base_timestamp_;
    CompressorLease compressor_;
    Result<void> started_;
    Bytes& out_;
    Bytes pending_;  // waits for the compressor
    int32_t count_ = 0;
};

/// The batch without records that stands for `batch`, into `out`.
void write_empty_batch(const BatchReader::Batch& batch, Bytes& out);

CompressionType compression_of(const BatchHeader& header);

}  // namespace milena
