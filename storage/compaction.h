// SPDX-License-Identifier: Apache-2.0
// Compacts one log once: a map of the newest offset of each key is made from the dirty part, then
// all segments before its end are written anew, some of them together, without what the map makes
// superfluous.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "storage/batch_filter.h"
#include "storage/compaction_range.h"
#include "storage/offset_map.h"
#include "storage/partition_log.h"

namespace milena {

struct CompactionOptions {
    size_t read_bytes = 1 << 20;
    size_t write_bytes = 1 << 20;
    int64_t superseded_bytes = 1 << 20;  ///< for SupersededRecords
    /// Called for all bytes that are read and written, and may wait; false: give up.
    std::function<bool(int64_t bytes)> proceed = [](int64_t) { return true; };
};

struct CompactionOutcome {
    Offset end;                ///< everything before is compacted
    int64_t bytes_before = 0;  ///< of the segments that were replaced
    int64_t bytes_after = 0;
    int64_t keys = 0;
};

/// Used for one run. Memory: the map, one piece of each buffer, one batch.
class Compaction {
  public:
    Compaction(PartitionLog& log, FileSystem& files, OffsetMap& map, CompactionOptions options)
        : log_(log),
          files_(files),
          map_(map),
          options_(std::move(options)),
          superseded_(options_.superseded_bytes) {}

    /// Nothing if it was told to give up, or its segments have left the log meanwhile: what was
    /// replaced by then stays so. KAFKA_STORAGE_ERROR; CORRUPT_MESSAGE if the log can't be
    /// compacted before somebody mends it.
    Result<std::optional<CompactionOutcome>> run(const CompactionRange& range, TimestampMs now);

  private:
    using SegmentList = PartitionLog::SegmentList;
    enum class Progress { kDone, kFull, kGivenUp };
    /// Their files are all open while they are replaced.
    static constexpr size_t kSegmentsTogetherMax = 32;
    /// Keys that the map sees before they are put in.
    static constexpr size_t kKeysTogether = 64;

    Result<Progress> build_map(const CompactionRange& range);
    Result<Progress> map_segment(Segment& segment, const CompactionRange& range,
                                 CleanedTransactions& transactions);
    /// False: no room.
    Result<bool> map_batch(const BatchReader::Batch& batch, Offset first_dirty);
    bool map_seen();
    Result<std::vector<SegmentList>> group_segments(const CompactionRange& range);
    Result<Progress> compact_group(const SegmentList& group, CleanedTransactions& transactions,
                                   const FilterRules& rules);
    Result<Progress> filter_segment(Segment& segment, BatchFilter& filter, CleanedSegment& cleaned);

    PartitionLog& log_;
    FileSystem& files_;
    OffsetMap& map_;
    const CompactionOptions options_;
    SupersededRecords superseded_;
    std::vector<std::pair<OffsetMap::Key, Offset>> seen_;  // not in the map yet
    CompactionOutcome outcome_;
};

}  // namespace milena
