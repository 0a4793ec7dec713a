// SPDX-License-Identifier: Apache-2.0
// Data directories that fail while the node runs.
#include "base/log.h"
#include "storage/disk_log_manager.h"

namespace milena {

void DiskLogManager::on_directory_failure(std::function<void(const DirectoryFailure&)> listener) {
    std::lock_guard lock(failures_mutex_);
    failure_listener_ = std::move(listener);
    if (!failure_listener_) return;
    for (const DirectoryFailure& failure : std::exchange(unheard_failures_, {}))
        failure_listener_(failure);
}

void DiskLogManager::end_directory(const std::string& path, const Error& cause) {
    const auto failed = std::ranges::find(directories_, path, &DataDirectory::path);
    if (failed == directories_.end()) return;
    const auto index = static_cast<size_t>(failed - directories_.begin());
    {
        std::unique_lock no_end(ending_moves_);
        std::unique_lock lock(mutex_);
        if (failed->offline.exchange(true)) return;
        forget_logs_in(index);
    }
    retract();  // before the cluster hears whose logs are lost
    MILENA_LOG(Error) << path << " goes offline with all its partitions: " << cause.message()
                      << ". Mend its disk and start again";
    // The first one holds the cluster's metadata.
    const bool is_fatal = index == 0 || online_directories().empty();
    std::lock_guard lock(failures_mutex_);
    unheard_failures_.push_back({failed->identity.directory_id, path, is_fatal});
    if (!failure_listener_) return;
    for (const DirectoryFailure& failure : std::exchange(unheard_failures_, {}))
        failure_listener_(failure);
}

void DiskLogManager::forget_logs_in(size_t index) {
    std::vector<PartitionName> moving;
    for (const auto& [name, move] : moves_)
        if (move->directory() == directories_[index].path || logs_.at(name).directory == index)
            moving.push_back(name);
    for (const PartitionName& name : moving) cancel_move(name);
    std::erase_if(logs_, [&](const auto& entry) {
        const auto& [name, hosted] = entry;
        if (hosted.directory != index) return false;
        hosted.log->take_offline();
        offline_.insert(name);
        return true;
    });
    log_counts_[index] = 0;
}

}  // namespace milena
