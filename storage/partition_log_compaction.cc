// SPDX-License-Identifier: Apache-2.0
// Putting compacted segments in the place of others. The steps, and what a crash between them
// leaves, stand in leftovers.h.
#include <algorithm>

#include "base/log.h"
#include "storage/partition_log.h"

namespace milena {

std::unordered_map<ProducerId, LastOfProducer> PartitionLog::last_of_producers() const {
    std::lock_guard lock(mutex_);
    std::unordered_map<ProducerId, LastOfProducer> all;
    all.reserve(producers_.size());
    for (const auto& [id, entry] : producers_.producers()) {
        const bool has_data = entry.batch_count > 0;
        all[id] = {has_data ? entry.batches[entry.batch_count - 1u].last_offset : kNoOffset,
                   entry.epoch};
    }
    return all;
}

bool PartitionLog::has_neighbours(const SegmentList& wanted) const {
    const auto current = segments();
    const auto at = std::search(current->begin(), current->end(), wanted.begin(), wanted.end());
    return at != current->end() && at + static_cast<ptrdiff_t>(wanted.size()) != current->end();
}

Result<bool> PartitionLog::replace_segments(const SegmentList& old, CleanedSegment& cleaned) {
    std::lock_guard maintenance(maintenance_mutex_);
    if (!check_usable() || is_moving() || !has_neighbours(old)) return false;
    for (const auto& segment : old)
        if (auto pinned = segment->pin(environment_.files()); !pinned) return pinned.error();
    // Names that are not on the device could be missing among those that count.
    if (auto synced = environment_.files().sync_directory(*directory_); !synced)
        return retired_.load() ? Result<bool>(false) : go_offline(synced.error());
    if (auto renamed = rename_all(cleaned, kCleanedSuffix, kSwapSuffix); !renamed)
        return renamed.error();
    auto swapped = swap_files(old, cleaned);
    cleaned.release();
    if (!swapped) {
        if (retired_.load()) return false;  // the whole directory was renamed meanwhile
        return go_offline(swapped.error());
    }
    publish_cleaned(old, std::make_shared<Segment>(
                             *environment_.cache, directory_, cleaned.base_offset(), cleaned.size(),
                             old.back()->created(), Segment::Origin::kCompacted));
    return true;
}

Result<void> PartitionLog::rename_all(const CleanedSegment& cleaned, std::string_view from,
                                      std::string_view to, std::optional<bool> logs) {
    for (const std::string& name : cleaned.names()) {
        if (logs && *logs != name.ends_with(kLogSuffix)) continue;
        const std::string path = *directory_ + "/" + name;
        auto renamed =
            environment_.files().rename(path + std::string(from), path + std::string(to));
        if (!renamed) return renamed;
    }
    return {};
}

/// Each step is on the device before the next begins.
Result<void> PartitionLog::swap_files(const SegmentList& old, const CleanedSegment& cleaned) {
    FileSystem& files = environment_.files();
    if (auto synced = files.sync_directory(*directory_); !synced) return synced;
    for (const auto& segment : old) {
        const bool is_first = segment == old.front();  // its snapshot is the new segment's, too
        if (auto retired = retire_segment_files(segment->base_offset(), !is_first); !retired)
            return retired;
    }
    if (auto synced = files.sync_directory(*directory_); !synced) return synced;
    // What is beside the records must not stand there before them: it would be taken for the old.
    for (const bool is_log : {true, false}) {
        if (auto renamed = rename_all(cleaned, kSwapSuffix, "", is_log); !renamed) return renamed;
        if (auto synced = files.sync_directory(*directory_); !synced) return synced;
    }
    return {};
}

void PartitionLog::publish_cleaned(const SegmentList& old, std::shared_ptr<Segment> cleaned) {
    std::lock_guard lock(mutex_);
    const auto current = segments();
    const auto at = std::search(current->begin(), current->end(), old.begin(), old.end());
    auto replaced = std::make_shared<SegmentList>(current->begin(), at);
    replaced->push_back(std::move(cleaned));
    replaced->insert(replaced->end(), at + static_cast<ptrdiff_t>(old.size()), current->end());
    segments_.store(std::move(replaced));
}

}  // namespace milena
