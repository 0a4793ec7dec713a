// SPDX-License-Identifier: Apache-2.0
// Reading: no lock, and at the tail of the log no syscall.
#include <algorithm>

#include "storage/partition_log.h"
#include "storage/transaction_index.h"

namespace milena {
namespace {

/// Index of the segment whose base offset is the largest <= `offset`; the first if there is none.
template <class List>
size_t segment_index(const List& segments, Offset offset) {
    auto after = std::upper_bound(
        segments.begin(), segments.end(), offset,
        [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
    return after == segments.begin() ? 0 : static_cast<size_t>(after - segments.begin()) - 1;
}

Error out_of_range(Offset asked, Offset start, Offset end) {
    return Error(ErrorCode::OFFSET_OUT_OF_RANGE,
                 "offset " + std::to_string(asked.value) + " is not in the log, which has " +
                     std::to_string(start.value) + " to " + std::to_string(end.value));
}

Error no_batch(const Segment& segment, int64_t position) {
    return Error(
        ErrorCode::CORRUPT_MESSAGE,
        segment.path(kLogSuffix) + " has no whole batch at position " + std::to_string(position));
}

}  // namespace

int64_t PartitionLog::size_bytes() const {
    int64_t bytes = 0;
    for (const auto& segment : *segments()) bytes += segment->size();
    return bytes;
}

Result<std::optional<int64_t>> PartitionLog::find_start(Segment& segment, Offset from) {
    // Of compacted segments, the others tell where things were before.
    if (segment.is_compacted() || from < segment.base_offset())
        return find_start_in_file(segment, from);
    if (const RecentBorders* recent = recent_.load(std::memory_order_acquire))
        if (auto position = recent->find(from)) return position;
    if (auto position = hints_.find(from)) return position;
    return find_start_in_file(segment, from);
}

Result<std::optional<int64_t>> PartitionLog::find_start_in_file(Segment& segment, Offset from) {
    auto batch = segment.find_batch(from);
    if (!batch) return batch.error();
    if (!*batch) return std::optional<int64_t>();
    // Whoever reads here may come again. A batch after `from` may be of a later segment.
    if ((*batch)->header.base_offset <= from && !segment.is_compacted())
        hints_.put(from, (*batch)->position);
    return std::optional<int64_t>((*batch)->position);
}

Result<int64_t> PartitionLog::find_end(const SegmentList& segments, size_t index, int64_t start,
                                       Offset end) const {
    Segment& segment = *segments[index];
    if (index + 1 < segments.size() && segments[index + 1]->base_offset() <= end)
        return segment.size();
    const RecentBorders* recent = recent_.load(std::memory_order_acquire);
    if (recent && !segment.is_compacted() && end > segment.base_offset())
        if (auto position = recent->find(end); position && *position > start) return *position;
    auto batch = segment.find_batch(end);
    if (!batch) return batch.error();
    return *batch ? (*batch)->position : segment.size();
}

Result<LogRead> PartitionLog::read(Offset from, int64_t max_bytes, Offset end, bool at_least_one,
                                   bool with_aborted) {
    if (auto usable = check_usable(); !usable) return usable.error();
    const Offset log_end = log_end_offset();
    if (from < log_start_offset() || from > log_end)
        return out_of_range(from, log_start_offset(), log_end);
    end = std::min(end, log_end);
    if (from >= end) return LogRead();
    auto found = read_segments(from, max_bytes, end, at_least_one, with_aborted);
    // What was deleted meanwhile may have been missed, or found broken.
    if (auto usable = check_usable(); !usable) return usable.error();
    if (from < log_start_offset()) return out_of_range(from, log_start_offset(), log_end);
    return found;
}

Result<LogRead> PartitionLog::read_segments(Offset from, int64_t max_bytes, Offset end,
                                            bool at_least_one, bool with_aborted) {
    LogRead found;
    const auto segments = this->segments();
    for (size_t i = segment_index(*segments, from); i < segments->size(); ++i) {
        Segment& segment = *(*segments)[i];
        auto start = find_start(segment, from);
        if (!start) return start.error();
        if (!*start) continue;  // compaction left nothing here at or after `from`
        auto limit = find_end(*segments, i, **start, end);
        if (!limit) return limit.error();
        const bool is_last = i + 1 == segments->size();
        Extent extent{**start, *limit, {}};
        if (!is_last) extent.following = (*segments)[i + 1]->base_offset();
        auto stop = fit(segment, extent, max_bytes, at_least_one);
        if (!stop) return stop.error();
        if (!*stop && !is_last) continue;  // damaged: what is left there is no batch
        if (!*stop) return no_batch(segment, **start);
        if (**stop <= **start) return found;
        auto file = segment.log_file();
        if (!file) return file.error();
        found.records = {*file, **start, **stop - **start};
        if (with_aborted) {
            auto aborted = aborted_between(*segments, i, from, end);
            if (!aborted) return aborted.error();
            for (const AbortedTransactionEntry& entry : *aborted)
                found.aborted.push_back({entry.producer_id, entry.first_offset});
        }
        return found;
    }
    return found;
}

Result<std::optional<int64_t>> PartitionLog::fit(Segment& segment, const Extent& extent,
                                                 int64_t max_bytes, bool at_least_one) {
    const std::optional<int64_t> nothing;
    const auto hint = [&](Offset offset, int64_t position) {
        const bool is_here = !extent.following || offset < *extent.following;
        if (is_here && !segment.is_compacted()) hints_.put(offset, position);
    };
    if (extent.limit - extent.start <= max_bytes) {
        // Behind the last whole batch of a segment there may be less than one.
        if (extent.limit < segment.size() || !extent.following) return std::optional(extent.limit);
        auto file = segment.log_file();
        if (!file) return file.error();
        auto first = BatchScanner(**file, extent.start, extent.limit).next();
        if (!first) return first.error();
        return *first ? std::optional(extent.limit) : nothing;
    }
    auto stop =
        segment.border_at_most(extent.start, extent.start + std::max<int64_t>(max_bytes, 0));
    if (!stop) return stop.error();
    if (stop->position > extent.start) {
        if (stop->next_offset != kNoOffset) hint(stop->next_offset, stop->position);
        return std::optional(std::min(stop->position, extent.limit));
    }
    if (!at_least_one) return std::optional(extent.start);
    if (!stop->cut) return nothing;
    const int64_t end = stop->cut->end();
    if (end < extent.limit) hint(stop->cut->header.next_offset(), end);
    return std::optional(std::min(end, extent.limit));
}

Result<std::vector<AbortedTransactionEntry>> PartitionLog::aborted_entries(Offset from,
                                                                           Offset end) const {
    const auto current = segments();
    return aborted_between(*current, segment_index(*current, from), from, end);
}

Result<std::vector<AbortedTransactionEntry>> PartitionLog::aborted_between(
    const SegmentList& segments, size_t first, Offset from, Offset end) const {
    std::vector<AbortedTransactionEntry> aborted;
    for (size_t i = first; i < segments.size(); ++i) {
        auto entries = segments[i]->aborted_transactions(environment_.files());
        if (!entries) return entries.error();
        for (const AbortedTransactionEntry& entry : *entries) {
            if (entry.last_offset >= from && entry.first_offset < end) aborted.push_back(entry);
            if (entry.last_stable_offset >= end) return aborted;
        }
    }
    return aborted;
}

}  // namespace milena
