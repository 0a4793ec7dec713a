// SPDX-License-Identifier: Apache-2.0
// Dropping old segments: by age, by size, and below the log start.
#include <algorithm>

#include "base/log.h"
#include "storage/file_times.h"
#include "storage/partition_log.h"

namespace milena {

Result<TimestampMs> PartitionLog::age_timestamp(Segment& segment) const {
    auto newest = segment.max_timestamp();
    if (!newest || newest->value >= 0) return newest;
    if (segment.size() == 0) return segment.created();
    auto file = segment.log_file();
    if (!file) return file.error();
    return modified_time(**file).value_or(segment.created());
}

/// As Apache Kafka: the oldest segments, as long as one of the rules asks for the next one. What
/// is not committed stays, and so does an empty segment that waits for records.
Result<size_t> PartitionLog::count_expired(const SegmentList& segments) const {
    const std::shared_ptr<const LogConfig> config = config_.load();
    const TimestampMs now = environment_.clock.now();
    size_t count = 0;
    auto may_go = [&] {
        if (count == segments.size()) return false;
        const bool is_last = count + 1 == segments.size();
        const Offset end = is_last ? log_end_offset() : segments[count + 1]->base_offset();
        return high_watermark() >= end && !(is_last && segments[count]->size() == 0);
    };
    while (count + 1 < segments.size() && may_go() &&
           segments[count + 1]->base_offset() <= log_start_offset())
        ++count;
    if (!config->cleanup_delete) return count;
    if (config->retention_bytes >= 0) {
        int64_t excess = -config->retention_bytes;
        for (size_t i = count; i < segments.size(); ++i) excess += segments[i]->size();
        while (may_go() && excess >= segments[count]->size()) excess -= segments[count++]->size();
    }
    while (config->retention_ms >= 0 && may_go()) {
        auto newest = age_timestamp(*segments[count]);
        if (!newest) return newest.error();
        if (now.value - newest->value <= config->retention_ms) break;
        ++count;
    }
    return count;
}

Result<size_t> PartitionLog::delete_old_segments() {
    std::lock_guard maintenance(maintenance_mutex_);
    const auto seen = segments();
    const int64_t active_size = seen->back()->size();
    auto expired = count_expired(*seen);
    if (!check_usable()) return size_t{0};  // deleted meanwhile, or not to be touched
    if (!expired || *expired == 0) return expired;
    return drop_segments(*seen, *expired, active_size);
}

Result<size_t> PartitionLog::drop_segments(const SegmentList& seen, size_t count,
                                           int64_t active_size) {
    auto dropped = take_segments(seen, count, active_size);
    if (!dropped) return dropped.error();
    if (dropped->empty()) return size_t{0};
    for (const auto& segment : *dropped)
        MILENA_LOG(Info) << segment->path(kLogSuffix) << " is dropped; the log now starts at "
                         << log_start_offset().value;
    // Files that keep their names would be part of the log again after the next start.
    if (auto retired = retire_dropped(*dropped); !retired && !retired_.load())
        return go_offline(retired.error());
    first_segment_ = segments()->front()->base_offset().value;
    return dropped->size();
}

/// The file's name is what tells the next start where the log ends.
Result<void> PartitionLog::roll_to_empty() {
    if (auto rolled = roll(log_end_offset()); !rolled) return rolled;
    auto file = segments()->back()->log_file();
    if (!file) return file.error();
    return environment_.files().sync_directory(*directory_);
}

Result<PartitionLog::SegmentList> PartitionLog::take_segments(const SegmentList& seen, size_t count,
                                                              int64_t active_size) {
    std::lock_guard lock(mutex_);
    if (!check_usable()) return SegmentList();
    if (count == seen.size()) {
        const auto active = segments()->back();
        const bool is_as_seen = active == seen.back() && active->size() == active_size;
        if (!is_as_seen) --count;
        if (is_as_seen)
            if (auto rolled = roll_to_empty(); !rolled) return rolled.error();
    }
    const auto old = segments();
    const auto kept = old->begin() + static_cast<ptrdiff_t>(count);
    if (count == 0) return SegmentList();
    // Readers of a list without the segments must know where the log now starts.
    if ((*kept)->base_offset() > log_start_offset()) {
        log_start_.store((*kept)->base_offset().value, std::memory_order_release);
        epochs_.truncate_from_start(log_start_offset());
        epochs_dirty_ = true;
    }
    segments_.store(std::make_shared<const SegmentList>(kept, old->end()));
    return SegmentList(old->begin(), kept);
}

void PartitionLog::remove_segments_below_start() {
    const auto seen = segments();
    if (seen->size() < 2 || (*seen)[1]->base_offset() > log_start_offset()) return;
    std::lock_guard maintenance(maintenance_mutex_);
    const auto current = segments();
    size_t count = 0;
    while (count + 1 < current->size() &&
           (*current)[count + 1]->base_offset() <= log_start_offset())
        ++count;
    if (auto dropped = drop_segments(*current, count, 0); !dropped) {
        MILENA_LOG(Warn) << dropped.error().message();
    }
}

/// The records first: without their index of aborted transactions they must not come back.
Result<void> PartitionLog::retire_dropped(const SegmentList& dropped) {
    for (const auto& segment : dropped) {
        auto retired = retire_file(segment_file_name(segment->base_offset(), kLogSuffix));
        if (!retired) return retired;
    }
    if (auto synced = environment_.files().sync_directory(*directory_); !synced) return synced;
    for (const auto& segment : dropped)
        if (auto retired = retire_segment_files(segment->base_offset(), true); !retired)
            return retired;
    return {};
}

Result<void> PartitionLog::retire_segment_files(Offset base_offset, bool with_snapshot) {
    for (std::string_view suffix :
         {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix})
        if (auto retired = retire_file(segment_file_name(base_offset, suffix)); !retired)
            return retired;
    if (!with_snapshot) return {};
    return retire_file(segment_file_name(base_offset, kSnapshotSuffix));
}

Result<void> PartitionLog::retire_file(const std::string& name) {
    FileSystem& files = environment_.files();
    const std::string path = *directory_ + "/" + name;
    const std::string aside = path + std::string(kDeletedSuffix);
    if (!files.exists(path)) return {};
    if (auto renamed = files.rename(path, aside); !renamed) {
        if (retired_.load()) return {};  // the whole directory was renamed meanwhile
        return renamed;
    }
    const std::chrono::milliseconds delay(config_.load()->file_delete_delay_ms);
    environment_.retired->add(aside, environment_.clock.steady_now() + delay);
    return {};
}

}  // namespace milena
