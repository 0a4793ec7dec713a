// SPDX-License-Identifier: Apache-2.0
// Changing to another directory, while the log lives.
#include "storage/directory_files.h"
#include "storage/partition_log.h"
#include "storage/producer_snapshot.h"

namespace milena {
Result<void> PartitionLog::relocate(
    Relocation& to, const std::function<Result<void>(const SegmentList&)>& complete) {
    std::lock_guard sync_lock(sync_files_mutex_);  // who syncs does it by the directory's name
    std::lock_guard file_lock(epoch_file_mutex_);
    std::lock_guard lock(mutex_);
    if (auto usable = check_usable(); !usable) return usable;
    const auto old = segments();
    if (auto sealed = old->back()->seal(); !sealed) return sealed;
    // Who still reads by the old list finds the old files, whatever their names are.
    for (const auto& segment : *old)
        if (auto pinned = segment->pin(environment_.files()); !pinned) return pinned;
    if (auto completed = complete(*old); !completed) return completed;
    if (auto written = write_state(to.future); !written) {
        to.failed_there = true;
        return written;
    }
    const std::string from = *directory_;
    auto moved = relocated(*old, std::make_shared<const std::string>(to.place));
    if (auto renamed = change_names(to); !renamed) return renamed;
    // From here on only the new files are written.
    directory_.store(std::make_shared<const std::string>(to.place));
    segments_.store(std::make_shared<const SegmentList>(std::move(moved)));
    last_snapshot_ = producers_.end_offset();
    epochs_dirty_ = false;
    sync_new_names(from);
    return {};
}

/// Producers and epochs, and all that was written before, on the device.
Result<void> PartitionLog::write_state(const std::string& directory) {
    FileSystem& files = environment_.files();
    if (producers_.end_offset() > Offset(0))
        if (auto written = write_producer_snapshot(files, directory, producers_); !written)
            return written;
    if (auto written = epochs_.write(files, directory, Durable::kYes); !written) return written;
    auto identity = files.open(topic_id_path(directory), OpenMode::kReadWrite);
    if (!identity) return identity.error();
    if (auto synced = (*identity)->sync(); !synced) return synced;
    if (auto synced = files.sync_directory(directory); !synced) return synced;
    // It is to be found there before it is nowhere else.
    return files.sync_directory(data_directory_of(directory));
}

PartitionLog::SegmentList PartitionLog::relocated(
    const SegmentList& old, const std::shared_ptr<const std::string>& directory) const {
    SegmentList moved;
    moved.reserve(old.size());
    for (const auto& segment : old)
        moved.push_back(std::make_shared<Segment>(
            *environment_.cache, directory, segment->base_offset(), segment->size(),
            segment->created(),
            segment->is_compacted() ? Segment::Origin::kCompacted : Segment::Origin::kWritten));
    return moved;
}

/// The old one first: at no time there are two of the name. A crash in between leaves the copy
/// alone, and the cluster's metadata name its directory by then.
Result<void> PartitionLog::change_names(Relocation& to) {
    FileSystem& files = environment_.files();
    if (auto renamed = files.rename(*directory_, to.aside); !renamed) return renamed;
    auto renamed = files.rename(to.future, to.place);
    if (renamed) return renamed;
    to.failed_there = true;
    auto back = take_back(to);
    return back ? renamed : go_offline(back.error());
}

/// On the device, too: by that name, a start would remove the log.
Result<void> PartitionLog::take_back(const Relocation& to) {
    FileSystem& files = environment_.files();
    if (auto renamed = files.rename(to.aside, *directory_); !renamed) return renamed;
    return files.sync_directory(data_directory_of(*directory_));
}

/// Whichever directory fails now, the log is in its new one.
void PartitionLog::sync_new_names(const std::string& from) {
    FileSystem& files = environment_.files();
    if (auto synced = files.sync_directory(data_directory_of(*directory_)); !synced)
        (void)go_offline(synced.error());
    else
        recovery_point_ = log_end_offset().value;
    if (auto synced = files.sync_directory(data_directory_of(from)); !synced)
        environment_.failures->report(environment_.pool, data_directory_of(from), synced.error());
}

}  // namespace milena
