// SPDX-License-Identifier: Apache-2.0
#include "storage/compaction.h"

#include <algorithm>
#include <limits>

#include "storage/control_record.h"

namespace milena {
namespace {

Error damaged(const Segment& segment, int64_t position) {
    return Error(
        ErrorCode::CORRUPT_MESSAGE,
        segment.path(kLogSuffix) + " has no valid batch at position " + std::to_string(position));
}

/// Calls `visit(batch)` for each batch from `position` on, until it returns something else than
/// `go_on`, which is returned then.
template <class Progress, class Visit>
Result<Progress> for_each_batch(Segment& segment, int64_t position, size_t piece_bytes,
                                CrcCheck check, Progress go_on, const Visit& visit) {
    if (segment.size() == 0) return go_on;
    auto file = segment.log_file();
    if (!file) return file.error();
    BatchReader reader(**file, segment.size(), position, piece_bytes, check);
    while (true) {
        auto batch = reader.next();
        if (!batch) return batch.error();
        if (!*batch) break;
        Result<Progress> visited = visit(**batch);
        if (!visited || *visited != go_on) return visited;
    }
    if (reader.position() < segment.size()) return damaged(segment, reader.position());
    return go_on;
}

}  // namespace

Result<std::optional<CompactionOutcome>> Compaction::run(const CompactionRange& range,
                                                         TimestampMs now) {
    const std::optional<CompactionOutcome> given_up;
    const auto all = log_.segment_list();
    const SegmentList sealed(all->begin(), all->end() - 1);
    auto built = build_map(range);
    if (!built && !log_.has_neighbours(sealed)) return given_up;  // their files are gone
    if (!built) return built.error();
    if (*built == Progress::kGivenUp) return given_up;
    outcome_.end = map_.latest() + 1;
    outcome_.keys = map_.size();
    // Before the sync, which is to cover what this knows.
    const FilterRules rules{now, log_.config().delete_retention_ms, log_.high_watermark(),
                            log_.last_of_producers()};
    // A record goes because of a later one, which has its key or is the marker that aborts it:
    // no power failure may take that then.
    if (auto synced = log_.sync_before(log_.log_end_offset()); !synced) return synced.error();
    auto groups = group_segments(range);
    if (!groups) return groups.error();
    CleanedTransactions transactions;
    for (const SegmentList& group : *groups) {
        auto compacted = compact_group(group, transactions, rules);
        if (!compacted && !log_.has_neighbours(group)) return given_up;
        if (!compacted) return compacted.error();
        if (*compacted == Progress::kGivenUp) return given_up;
    }
    return std::optional(outcome_);
}

// ---- The map

Result<Compaction::Progress> Compaction::build_map(const CompactionRange& range) {
    const int64_t offsets = range.first_uncleanable - range.first_dirty;
    map_.start(range.first_dirty, offsets);
    superseded_.start(range.first_dirty, offsets);
    CleanedTransactions transactions;
    auto aborted = log_.aborted_entries(range.first_dirty, range.first_uncleanable);
    if (!aborted) return aborted.error();
    transactions.add_aborted(*aborted);
    const auto segments = log_.segment_list();
    for (size_t i = 0; i + 1 < segments->size(); ++i) {
        const Offset end = (*segments)[i + 1]->base_offset();
        if (end <= range.first_dirty || end > range.first_uncleanable) continue;
        auto mapped = map_segment(*(*segments)[i], range, transactions);
        if (!mapped || *mapped == Progress::kGivenUp) return mapped;
        if (*mapped == Progress::kFull) return Progress::kDone;
        map_.set_latest(end - 1);
    }
    return Progress::kDone;
}

Result<Compaction::Progress> Compaction::map_segment(Segment& segment, const CompactionRange& range,
                                                     CleanedTransactions& transactions) {
    int64_t start = 0;
    if (segment.base_offset() < range.first_dirty) {
        auto batch = segment.find_batch(range.first_dirty);
        if (!batch) return batch.error();
        start = *batch ? (*batch)->position : segment.size();
    }
    return for_each_batch(segment, start, options_.read_bytes, CrcCheck::kYes, Progress::kDone,
                          [&](const BatchReader::Batch& batch) -> Result<Progress> {
                              if (!options_.proceed(batch.header.size_bytes))
                                  return Progress::kGivenUp;
                              if (batch.header.is_control()) {
                                  transactions.is_of_empty_transaction(batch.header,
                                                                       parse_marker(batch.bytes));
                              } else if (!transactions.is_aborted(batch.header)) {
                                  auto mapped = map_batch(batch, range.first_dirty);
                                  if (!mapped) return mapped.error();
                                  if (!*mapped) return Progress::kFull;
                              }
                              map_.set_latest(std::max(map_.latest(), batch.header.last_offset()));
                              return Progress::kDone;
                          });
}

Result<bool> Compaction::map_batch(const BatchReader::Batch& batch, Offset first_dirty) {
    CleanedRecordReader records(batch);
    bool is_plain = batch.header.base_offset >= first_dirty;
    while (true) {
        auto record = records.next();
        if (!record) return record.error();
        if (!*record) break;
        if ((*record)->offset < first_dirty) continue;
        is_plain &= (*record)->has_value;
        if (!(*record)->key) {
            superseded_.set_superseded((*record)->offset);
            continue;
        }
        seen_.emplace_back(map_.see(*(*record)->key), (*record)->offset);
        if (seen_.size() == kKeysTogether && !map_seen()) return false;
    }
    if (!map_seen()) return false;
    if (is_plain) superseded_.set_plain(batch.header.last_offset());
    return true;
}

bool Compaction::map_seen() {
    for (const auto& [key, offset] : seen_) {
        Offset replaced;
        const OffsetMap::Put outcome = map_.put(key, offset, replaced);
        if (outcome == OffsetMap::Put::kNoRoom) return false;
        if (outcome == OffsetMap::Put::kReplaced) superseded_.set_superseded(replaced);
    }
    seen_.clear();
    return true;
}

// ---- The segments

/// Neighbours that fit into one segment, by their sizes before they are compacted.
Result<std::vector<Compaction::SegmentList>> Compaction::group_segments(
    const CompactionRange& range) {
    const LogConfig config = log_.config();
    const auto segments = log_.segment_list();
    std::vector<SegmentList> groups;
    int64_t bytes = 0, index_bytes = 0;
    for (size_t i = 0; i + 1 < segments->size(); ++i) {
        const auto& segment = (*segments)[i];
        const Offset end = (*segments)[i + 1]->base_offset();
        if (segment->base_offset() >= outcome_.end || end > range.first_uncleanable) break;
        auto index = segment->index_bytes();
        if (!index) return index.error();
        const bool fits =
            !groups.empty() && bytes + segment->size() <= config.segment_bytes &&
            index_bytes + *index <= config.segment_index_bytes &&
            groups.back().size() < kSegmentsTogetherMax &&
            end - 1 - groups.back().front()->base_offset() <= std::numeric_limits<int32_t>::max();
        if (!fits) {
            groups.emplace_back();
            bytes = index_bytes = 0;
        }
        groups.back().push_back(segment);
        bytes += segment->size();
        index_bytes += *index;
    }
    return groups;
}

Result<Compaction::Progress> Compaction::compact_group(const SegmentList& group,
                                                       CleanedTransactions& transactions,
                                                       const FilterRules& rules) {
    CleanedSegment cleaned(files_, log_.directory(), group.front()->base_offset(),
                           log_.config().index_interval_bytes, options_.write_bytes);
    BatchFilter filter(map_, superseded_, transactions, rules);
    for (const auto& segment : group) {
        auto tail = segment->tail();
        if (!tail) return tail.error();
        auto aborted = log_.aborted_entries(segment->base_offset(), tail->next_offset);
        if (!aborted) return aborted.error();
        transactions.add_aborted(*aborted);
        auto filtered = filter_segment(*segment, filter, cleaned);
        if (!filtered || *filtered != Progress::kDone) return filtered;
        cleaned.add_aborted(transactions.take_kept());
        outcome_.bytes_before += segment->size();
    }
    if (auto finished = cleaned.finish(); !finished) return finished.error();
    auto newest = group.back()->log_file();
    if (!newest) return newest.error();
    cleaned.take_age_of(**newest);
    outcome_.bytes_after += cleaned.size();
    auto replaced = log_.replace_segments(group, cleaned);
    if (!replaced) return replaced.error();
    return *replaced ? Progress::kDone : Progress::kGivenUp;
}

Result<Compaction::Progress> Compaction::filter_segment(Segment& segment, BatchFilter& filter,
                                                        CleanedSegment& cleaned) {
    return for_each_batch(segment, 0, options_.read_bytes, CrcCheck::kNo, Progress::kDone,
                          [&](const BatchReader::Batch& batch) -> Result<Progress> {
                              auto left = filter.filter(batch);
                              if (!left) return left.error();
                              const auto written = static_cast<int64_t>(left->size());
                              if (!options_.proceed(batch.header.size_bytes + written))
                                  return Progress::kGivenUp;
                              if (!left->empty())
                                  if (auto appended = cleaned.append(*left); !appended)
                                      return appended.error();
                              return Progress::kDone;
                          });
}

}  // namespace milena
