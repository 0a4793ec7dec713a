// SPDX-License-Identifier: Apache-2.0
// The segment that a compaction writes: files that end in .cleaned until it takes its place.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "storage/log_config.h"
#include "storage/segment.h"
#include "storage/sparse_index.h"
#include "storage/transaction_index.h"

namespace milena {

/// Not thread safe. Errors are KAFKA_STORAGE_ERROR; then, or when it is not wanted any more, the
/// files are removed with it.
class CleanedSegment {
  public:
    static constexpr int64_t kBytesMax = std::numeric_limits<int32_t>::max();

    CleanedSegment(FileSystem& files, std::string directory, Offset base_offset,
                   int32_t index_interval_bytes, size_t buffer_bytes);
    ~CleanedSegment();
    CleanedSegment(const CleanedSegment&) = delete;

    /// Whole batches, in order. RECORD_LIST_TOO_LARGE beyond kBytesMax.
    Result<void> append(BytesView batch);
    void add_aborted(const std::vector<AbortedTransactionEntry>& transactions);
    /// Writes what is left, and the indexes; all is on the device afterwards, but for the names.
    Result<void> finish();
    /// After finish(): it was last written to when `old` was.
    void take_age_of(const File& old);

    Offset base_offset() const { return base_offset_; }
    int64_t size() const { return written_ + static_cast<int64_t>(buffer_.size()); }
    /// Names of its files once finished, without .cleaned.
    const std::vector<std::string>& names() const { return names_; }
    /// The files are somebody else's from here on.
    void release() { names_.clear(); }

  private:
    void note_batch(const BatchHeader& batch, int64_t position);
    void note_time();
    Result<void> flush();
    Result<std::shared_ptr<File>> make(std::string_view suffix);
    Result<void> write_index(std::string_view suffix, BytesView bytes);

    FileSystem& files_;
    const std::string directory_;
    const Offset base_offset_;
    const int32_t index_interval_bytes_;
    const size_t buffer_bytes_;
    std::shared_ptr<File> log_;
    std::vector<std::string> names_;
    Bytes buffer_;
    int64_t written_ = 0;
    int64_t bytes_since_index_entry_ = 0;
    TimeIndexEntry newest_;  // of all batches so far
    TimeIndexEntry last_time_entry_;
    Bytes offset_entries_;
    Bytes time_entries_;
    std::vector<AbortedTransactionEntry> aborted_;
};

}  // namespace milena
