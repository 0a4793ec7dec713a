// SPDX-License-Identifier: Apache-2.0
// One segment of a log: a file of record batches from a base offset on, and its two indexes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/batch_scanner.h"
#include "storage/file_names.h"
#include "storage/log_config.h"
#include "storage/sparse_index.h"
#include "storage/transaction_index.h"

namespace milena {

/// One writer at a time (the log's mutex); any number of readers, without a lock. Files are opened
/// when they are needed and made when the first record comes.
class Segment {
  public:
    enum class Origin : bool { kWritten, kCompacted };

    /// `size`: of the .log file as far as it is known to be good.
    Segment(FileCache& cache, std::shared_ptr<const std::string> directory, Offset base_offset,
            int64_t size, TimestampMs created, Origin origin = Origin::kWritten);
    ~Segment();

    Offset base_offset() const { return base_offset_; }
    /// When this object was: the file may be older.
    TimestampMs created() const { return created_; }
    /// Whether it took the place of others since the log was opened: what is remembered of batches'
    /// positions does not hold for it.
    bool is_compacted() const { return origin_ == Origin::kCompacted; }
    int64_t size() const { return size_.load(std::memory_order_acquire); }
    std::string path(std::string_view suffix) const;
    Result<std::shared_ptr<File>> log_file();

    // Reading.

    /// The first batch that ends at or after `target`: the one that holds it, if any does.
    Result<std::optional<BatchPosition>> find_batch(Offset target);
    struct Border {
        int64_t position = 0;
        Offset next_offset = kNoOffset;  ///< of the batch that starts there, if that is known
        std::optional<BatchPosition> cut = {};  ///< that batch, if `limit` lies within it
    };
    /// The largest batch border <= `limit`, where `start` is one too.
    Result<Border> border_at_most(int64_t start, int64_t limit);
    /// The first batch with a timestamp >= `timestamp` that ends at or after `from`.
    Result<std::optional<BatchPosition>> find_batch_by_time(TimestampMs timestamp, Offset from);
    /// Sizes of the index files, where they are known already. Before any other use.
    void expect_indexes(int64_t offset_index_bytes, int64_t time_index_bytes) {
        offset_index_.expect(offset_index_bytes);
        time_index_.expect(time_index_bytes);
    }
    /// Of all batches so far, -1 if there are none.
    Result<TimestampMs> max_timestamp();
    /// Last offset of the first batch that has it.
    Result<Offset> offset_of_max_timestamp();
    struct Tail {
        Offset next_offset;    ///< where the log goes on after this segment
        int64_t position = 0;  ///< end of the last whole batch; size(), if the file was not cut
    };
    Result<Tail> tail();

    /// Largest timestamp of the first batch, -1 if there is none.
    Result<TimestampMs> first_batch_timestamp();
    /// Bytes of the larger one of the indexes.
    Result<int64_t> index_bytes();
    Result<std::vector<AbortedTransactionEntry>> aborted_transactions(FileSystem& files) const;

    /// Before its files are renamed for others to take their names: who still reads this segment
    /// finds what it was.
    Result<void> pin(FileSystem& files);

    // Writing.

    /// Whether `bytes` more, up to offset `last` and of time `batch_timestamp`, go elsewhere.
    Result<bool> must_roll(const LogConfig& config, int64_t roll_jitter_ms, int64_t bytes,
                           Offset last, TimestampMs batch_timestamp, TimestampMs now);
    /// Writes whole batches at the end. On failure the file is as before; if even that can't be
    /// had, `is_torn()`.
    Result<void> append(BytesView batches, const LogConfig& config);
    bool is_torn() const { return torn_; }
    bool is_modified() const { return modified_; }
    /// Writes what the indexes still lack and cuts them to size: no record follows for now.
    Result<void> seal();
    /// Onto the device: the records, and with `indexes` also these.
    Result<void> sync(bool indexes);

    /// Reads all batches, cuts the file before the first that is not valid, and makes the indexes
    /// anew. `visit` sees each valid batch. Returns the bytes that were cut.
    Result<int64_t> recover(const LogConfig& config,
                            const std::function<void(const BatchReader::Batch&)>& visit);
    void close();

  private:
    struct NewEntries;

    auto offset_index_path() const {
        return [this] { return path(kOffsetIndexSuffix); };
    }
    auto time_index_path() const {
        return [this] { return path(kTimeIndexSuffix); };
    }
    int32_t relative(Offset offset) const { return static_cast<int32_t>(offset - base_offset_); }
    /// Calls `visit(batch)` from the batch of `entry` on until it returns false. An entry that does
    /// not point to its batch is passed over: then it goes from `fallback`, a batch border.
    template <class Visit>
    Result<void> scan(const std::optional<OffsetIndexEntry>& entry, int64_t fallback,
                      const Visit& visit);
    Result<std::optional<OffsetIndexEntry>> entry_before(Offset target);
    /// Learns what the time index knows: the first append to a segment that has records does so.
    Result<void> load_times();
    void note_batch(const BatchHeader& batch, int64_t position, const LogConfig& config,
                    NewEntries& entries);
    void note_time_entry(NewEntries& entries);
    Result<void> write_entries(const NewEntries& entries);
    Result<void> flush_entries();
    Result<bool> index_is_full(const LogConfig& config);

    const std::shared_ptr<const std::string> directory_;
    const Offset base_offset_;
    const TimestampMs created_;
    const Origin origin_;
    std::atomic<int64_t> size_;
    bool torn_ = false;
    bool modified_ = false;  // since it was opened or sealed
    std::atomic<bool> times_loaded_;
    int64_t bytes_since_index_entry_ = 0;
    TimestampMs first_batch_timestamp_{-1};
    std::atomic<int64_t> max_timestamp_{-1};
    std::atomic<int64_t> offset_of_max_timestamp_{-1};
    TimeIndexEntry last_time_entry_;
    CachedFile log_;
    OffsetIndex offset_index_;
    TimeIndex time_index_;
    /// Owned; null until pinned.
    std::atomic<const std::vector<AbortedTransactionEntry>*> pinned_aborted_{nullptr};
};

}  // namespace milena
