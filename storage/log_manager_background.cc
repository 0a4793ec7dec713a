// SPDX-License-Identifier: Apache-2.0
// What a log manager does by the clock: checkpoints, flushes by time, retention, removal of what
// was deleted.
#include <algorithm>

#include "base/log.h"
#include "storage/disk_log_manager.h"

namespace milena {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRoundInterval{1000};
/// Kafka's producer.id.expiration.check.interval.ms.
constexpr milliseconds kProducerExpiryInterval{600'000};
/// Each takes several syncs; from this many on, one sync of the whole volume is sooner done.
constexpr size_t kLogsSyncedOneByOneMax = 64;

void warn_if_failed(std::string_view what, const Result<void>& result) {
    if (result) return;
    MILENA_LOG(Warn) << what << ": " << result.error().message();
}

}  // namespace

DiskLogManager::~DiskLogManager() {
    environment_.failures->listen(nullptr);
    stop_background();
}

void DiskLogManager::stop_background() {
    cleaner_.stop();
    mover_.stop();
    {
        std::lock_guard lock(background_mutex_);
        stopping_ = true;
    }
    background_wake_.notify_all();
    if (background_thread_.joinable()) background_thread_.join();
}

std::vector<DiskLogManager::Hosted> DiskLogManager::hosted() const {
    std::shared_lock lock(mutex_);
    std::vector<Hosted> all;
    all.reserve(logs_.size());
    for (const auto& [name, hosted] : logs_) all.push_back(hosted);
    return all;
}

void DiskLogManager::start_background() {
    next_producer_expiry_ = clock_.steady_now() + kProducerExpiryInterval;
    next_retention_ = clock_.steady_now() + milliseconds(options_.retention_delay_ms);
    background_thread_ = std::thread([this] { background(); });
    if (options_.cleaner.enabled) cleaner_.start();
    mover_.start(options_.move_threads > 0 ? options_.move_threads
                                           : static_cast<int>(directories_.size()));
}

void DiskLogManager::configure_cleaner(const CleanerOptions& options) {
    cleaner_.reconfigure(options);
}

std::vector<CleanableLog> DiskLogManager::cleanable() const {
    std::shared_lock lock(mutex_);
    std::vector<CleanableLog> all;
    for (const auto& [name, hosted] : logs_)
        if (hosted.log->is_compacted())
            all.push_back({hosted.log, directories_[hosted.directory].path});
    return all;
}

void DiskLogManager::background() {
    std::unique_lock lock(background_mutex_);
    while (!background_wake_.wait_for(lock, kRoundInterval, [this] { return stopping_; })) {
        lock.unlock();
        background_round(clock_.steady_now());
        lock.lock();
    }
}

void DiskLogManager::background_round(SteadyTime now) {
    if (now >= next_high_watermarks_) {
        next_high_watermarks_ = now + milliseconds(options_.high_watermark_interval_ms);
        warn_if_failed("checkpoint of high watermarks", write_high_watermarks());
    }
    if (now >= next_checkpoints_ || names_removed_logs()) {
        next_checkpoints_ = now + milliseconds(options_.checkpoint_interval_ms);
        warn_if_failed("checkpoint of recovery points and log starts", write_start_checkpoints());
    }
    const bool producers_expire = now >= next_producer_expiry_;
    if (producers_expire) next_producer_expiry_ = now + kProducerExpiryInterval;
    for (const auto& restless : environment_.restless->take())
        if (const auto log = restless.lock()) log->tick();
    if (producers_expire)
        for (const Hosted& hosted : hosted()) hosted.log->expire_producers();
    if (now >= next_retention_) {
        next_retention_ = now + milliseconds(options_.retention_check_interval_ms);
        delete_old_segments();
    }
    environment_.retired->remove_due(files_, now);
    retract();  // what a full disk has refused
}

void DiskLogManager::delete_old_segments() {
    for (const Hosted& hosted : hosted()) {
        if (hosted.log->is_compacted()) continue;  // the cleaner does it
        auto deleted = hosted.log->delete_old_segments();
        if (!deleted) warn_if_failed("retention", deleted.error());
    }
}

/// By directory. No log is copied or counted: there may be a hundred thousand, and mostly nothing
/// has changed.
template <class Value>
std::vector<OffsetCheckpointText> DiskLogManager::checkpoint_texts(const Value& value) const {
    std::vector<OffsetCheckpointText> texts(directories_.size());
    std::shared_lock lock(mutex_);
    for (const auto& [name, hosted] : logs_)
        if (std::optional<Offset> offset = value(*hosted.log))
            texts[hosted.directory].add(name, *offset);
    // Where a log is about to be, it must start where it does now.
    for (const auto& [name, move] : moves_) {
        const auto target =
            std::ranges::find(directories_, move->directory(), &DataDirectory::path);
        if (std::optional<Offset> offset = value(move->log()))
            texts[static_cast<size_t>(target - directories_.begin())].add(name, *offset);
    }
    return texts;
}

template <class Value>
Result<void> DiskLogManager::write_checkpoints(std::string_view file, const Value& value) {
    std::lock_guard lock(checkpoint_mutex_);  // also while looking, or older values could win
    std::vector<OffsetCheckpointText> texts = checkpoint_texts(value);
    Result<void> all_written;
    for (const size_t index : online_directories()) {
        const std::string path = directories_[index].path + "/" + std::string(file);
        auto known = written_checkpoints_.find(path);
        if (known != written_checkpoints_.end() && known->second == texts[index]) continue;
        if (auto written = texts[index].write(files_, path); !written) {
            if (!written.error().is_disk_full())
                environment_.failures->report(pool_, directories_[index].path, written.error());
            if (all_written) all_written = written;
            continue;
        }
        written_checkpoints_[path] = std::move(texts[index]);
    }
    return all_written;
}

Result<void> DiskLogManager::write_recovery_points() {
    return write_checkpoints(kRecoveryPointCheckpoint, [](const PartitionLog& log) {
        return std::optional(log.recovery_point());
    });
}

Result<void> DiskLogManager::save_log_starts() {
    // Where a segment begins with it, the names of the files tell.
    const auto start_within_segment = [](const PartitionLog& log) -> std::optional<Offset> {
        if (log.log_start_offset() <= log.first_segment_offset()) return {};
        return log.log_start_offset();
    };
    std::vector<std::shared_ptr<PartitionLog>> to_identify;
    {
        std::shared_lock lock(mutex_);
        for (const auto& [name, hosted] : logs_)
            if (start_within_segment(*hosted.log)) to_identify.push_back(hosted.log);
    }
    for (const auto& log : to_identify)
        if (auto synced = log->sync_identity(); !synced) return synced;
    return write_checkpoints(kLogStartCheckpoint, start_within_segment);
}

bool DiskLogManager::names_removed_logs() const {
    std::shared_lock lock(mutex_);
    return !removed_.empty();
}

Result<void> DiskLogManager::write_start_checkpoints() {
    std::set<PartitionName> removed;
    {
        std::shared_lock lock(mutex_);
        removed = removed_;
    }
    std::vector<std::string> directories;
    for (const size_t index : online_directories()) directories.push_back(directories_[index].path);
    // All of them, also if one fails: a full disk keeps no other directory's from being written.
    for (const auto& written :
         {write_recovery_points(), save_log_starts(), cleaner_.forget(removed, directories)})
        if (!written) return written;
    std::unique_lock lock(mutex_);
    for (const PartitionName& name : removed) removed_.erase(name);
    return {};
}

Result<void> DiskLogManager::write_high_watermarks() {
    return write_checkpoints(kHighWatermarkCheckpoint, [](const PartitionLog& log) {
        return std::optional(log.high_watermark());
    });
}

Result<void> DiskLogManager::close_logs() {
    const std::vector<Hosted> all = hosted();
    std::mutex unsynced_mutex;
    std::vector<std::shared_ptr<PartitionLog>> unsynced;
    auto sealed = run_on_threads(all.size(), [&](size_t i) -> Result<void> {
        auto must_sync = all[i].log->seal();
        if (!must_sync) return must_sync.error();
        if (!*must_sync) return {};
        std::lock_guard lock(unsynced_mutex);
        unsynced.push_back(all[i].log);
        return {};
    });
    Result<void> synced = sync_sealed(unsynced);
    for (const Hosted& hosted : all) hosted.log->retire();
    return sealed ? synced : sealed;
}

Result<void> DiskLogManager::sync_sealed(const std::vector<std::shared_ptr<PartitionLog>>& logs) {
    if (logs.size() <= kLogsSyncedOneByOneMax)
        return run_on_threads(logs.size(), [&](size_t i) { return logs[i]->sync_sealed(); });
    for (const size_t index : online_directories())
        if (auto synced = files_.sync_volume(directories_[index].path); !synced) return synced;
    for (const auto& log : logs) log->note_all_synced();
    return {};
}

Result<void> DiskLogManager::shut_down(int64_t broker_epoch) {
    stop_background();
    if (!loaded_) return {};  // nothing is known that could be written
    std::optional<Error> failure;
    if (auto closed = close_logs(); !closed) failure = closed.error();
    for (auto written : {write_recovery_points(), save_log_starts(), write_high_watermarks()})
        if (!written && !failure) failure = written.error();
    // Without the marker the next start recovers: that is what a failed shutdown needs.
    if (failure) return *failure;
    for (const size_t index : online_directories()) {
        auto written = write_clean_shutdown(files_, directories_[index].path, broker_epoch);
        if (!written) return written;
    }
    return {};
}

}  // namespace milena
