// SPDX-License-Identifier: Apache-2.0
#include "storage/compaction_range.h"

#include <algorithm>
#include <limits>

namespace milena {
namespace {

using SegmentList = PartitionLog::SegmentList;

/// Sealed segments from the one that holds `from` on.
SegmentList sealed_from(const SegmentList& segments, Offset from) {
    const auto active = segments.end() - 1;
    if (from >= (*active)->base_offset()) return {};
    auto first = std::upper_bound(
        segments.begin(), active, from,
        [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
    if (first != segments.begin()) --first;
    return SegmentList(first, active);
}

/// The first segment with records that are younger than min.compaction.lag.ms.
Result<std::optional<Offset>> first_young(const PartitionLog& log, const SegmentList& segments,
                                          TimestampMs now, int64_t lag_ms) {
    for (const auto& segment : segments) {
        auto newest = log.age_timestamp(*segment);
        if (!newest) return newest.error();
        if (newest->value > now.value - lag_ms) return std::optional(segment->base_offset());
    }
    return std::optional<Offset>();
}

Result<bool> is_overdue(const SegmentList& segments, TimestampMs now, int64_t lag_ms) {
    if (lag_ms == std::numeric_limits<int64_t>::max()) return false;
    for (const auto& segment : segments) {
        auto first = segment->first_batch_timestamp();
        if (!first) return first.error();
        if (first->value > 0 && first->value < now.value - lag_ms) return true;
    }
    return false;
}

void count_bytes(const SegmentList& segments, CompactionRange& range) {
    const Offset from = std::min(range.first_dirty, range.first_uncleanable);
    for (size_t i = 0; i < segments.size(); ++i) {
        const Offset base = segments[i]->base_offset();
        const bool ends_before = i + 1 < segments.size() && segments[i + 1]->base_offset() <= from;
        if (base < range.first_dirty) range.clean_bytes += segments[i]->size();
        if (base < range.first_uncleanable && !ends_before)
            range.cleanable_bytes += segments[i]->size();
    }
}

}  // namespace

Result<CompactionRange> find_compaction_range(const PartitionLog& log,
                                              std::optional<Offset> checkpoint, TimestampMs now) {
    const auto segments = log.segment_list();
    const LogConfig config = log.config();
    CompactionRange range;
    range.first_dirty = checkpoint.value_or(log.log_start_offset());
    const bool is_in_log =
        range.first_dirty >= log.log_start_offset() && range.first_dirty <= log.log_end_offset();
    if (!is_in_log) range.first_dirty = log.log_start_offset();

    const SegmentList dirty = sealed_from(*segments, range.first_dirty);
    Offset end = std::min(log.last_stable_offset(), segments->back()->base_offset());
    if (config.min_compaction_lag_ms > 0) {
        auto young = first_young(log, dirty, now, config.min_compaction_lag_ms);
        if (!young) return young.error();
        if (*young) end = std::min(end, **young);
    }
    end = std::max(end, range.first_dirty);
    const SegmentList uncleanable = sealed_from(*segments, end);
    range.first_uncleanable =
        uncleanable.empty() ? segments->back()->base_offset() : uncleanable.front()->base_offset();
    count_bytes(*segments, range);
    auto overdue = is_overdue(dirty, now, std::max<int64_t>(config.max_compaction_lag_ms, 0));
    if (!overdue) return overdue.error();
    range.is_overdue = *overdue;
    return range;
}

}  // namespace milena
