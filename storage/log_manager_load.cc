// SPDX-License-Identifier: Apache-2.0
// Loading, making and removing logs.
#include <algorithm>
#include <atomic>

#include "base/log.h"
#include "storage/disk_log_manager.h"
#include "storage/load_progress.h"
#include "storage/offline_log.h"

namespace milena {
namespace {

template <class Map>
Offset offset_or_zero(const Map& offsets, const PartitionName& name) {
    auto found = offsets.find(name);
    return found == offsets.end() ? Offset(0) : found->second;
}

LogCheckpoint checkpoint_of(const DataDirectory& directory, const PartitionName& name) {
    LogCheckpoint checkpoint;
    checkpoint.is_there = true;
    checkpoint.clean_shutdown = directory.clean_shutdown;
    checkpoint.recovery_point = offset_or_zero(directory.recovery_points, name);
    checkpoint.log_start = offset_or_zero(directory.log_starts, name);
    checkpoint.high_watermark = offset_or_zero(directory.high_watermarks, name);
    return checkpoint;
}

}  // namespace

Result<void> DiskLogManager::load(std::vector<ExpectedLog> expected) {
    Expectations expectations(expected);
    auto tasks = find_logs(expectations);
    if (!tasks) return tasks.error();
    std::mutex failures_mutex;
    std::map<size_t, Error> failures;
    LoadProgress progress(tasks->size(), clock_);
    (void)run_on_threads(tasks->size(), [&](size_t i) -> Result<void> {
        auto loaded = run_load_task((*tasks)[i]);
        progress.one_is_done();
        if (loaded) return {};
        std::lock_guard lock(failures_mutex);
        failures.try_emplace((*tasks)[i].directory, loaded.error());
        return {};
    });
    for (const auto& [directory, cause] : failures) take_offline(directory, cause);
    return end_loading(expectations);
}

bool DiskLogManager::is_lost(const Expectation& expected) const {
    if (expected.holder) return is_offline(*expected.holder);
    const ExpectedLog& log = *expected.log;
    if (is_directory_id(log.directory)) return !directory_index(log.directory);
    // Who knows; one that is offline may hold it.
    return online_directories().size() < directories_.size();
}

std::optional<size_t> DiskLogManager::directory_index(const Uuid& id) const {
    for (size_t i = 0; i < directories_.size(); ++i)
        if (!directories_[i].offline && directories_[i].identity.directory_id == id) return i;
    return {};
}

void DiskLogManager::take_offline(size_t index, const Error& cause) {
    DataDirectory& directory = directories_[index];
    MILENA_LOG(Error) << directory.path << " goes offline: " << cause.message()
                      << ". Mend its disk, or move the directory that holds the file away (this "
                         "broker then has lost that partition's records), and start again";
    directory.offline = true;
    std::unique_lock lock(mutex_);
    std::erase_if(logs_, [&](const auto& entry) { return entry.second.directory == index; });
    log_counts_[index] = 0;
}

std::vector<size_t> DiskLogManager::online_directories() const {
    std::vector<size_t> online;
    for (size_t i = 0; i < directories_.size(); ++i)
        if (!directories_[i].offline) online.push_back(i);
    return online;
}

Result<void> DiskLogManager::end_loading(const Expectations& expected) {
    const std::vector<size_t> online = online_directories();
    if (online.empty())
        return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                     "no data directory is left that can be read; the lines above say why");
    // From here on, only another clean shutdown makes the directories clean.
    for (const size_t index : online) {
        DataDirectory& directory = directories_[index];
        if (!directory.clean_shutdown) {
            forget_absent(directory.recovery_points);
            forget_absent(directory.log_starts);
        }
        if (auto removed = remove_clean_shutdown(files_, directory.path); !removed) return removed;
        directory.recovery_points.clear();
        directory.log_starts.clear();
        directory.high_watermarks.clear();
    }
    {
        std::unique_lock lock(mutex_);
        for (const Expectation& one : expected.all())
            if (is_lost(one)) offline_.insert(one.name());
    }
    resume_moves();
    loaded_ = true;
    return {};
}

/// What a crash kept from being forgotten when the log was deleted.
void DiskLogManager::forget_absent(const OffsetCheckpoint& checkpoint) {
    std::unique_lock lock(mutex_);
    for (const auto& [name, offset] : checkpoint)
        if (!logs_.contains(name)) removed_.insert(name);
}

Result<void> DiskLogManager::run_on_threads(size_t count,
                                            const std::function<Result<void>(size_t)>& work) {
    std::atomic<size_t> next{0};
    std::mutex failure_mutex;
    std::optional<Error> failure;
    auto loop = [&] {
        for (size_t i; (i = next.fetch_add(1)) < count;) {
            auto done = work(i);
            if (done) continue;
            std::lock_guard lock(failure_mutex);
            if (!failure) failure = done.error();
        }
    };
    // Threads of their own: the pool's must stay free for the syncs that a log asks for.
    std::vector<std::thread> threads;
    size_t threads_max = directories_.size() *
                         static_cast<size_t>(std::max(options_.recovery_threads_per_directory, 0));
    for (size_t i = 1; i < std::min(threads_max, count); ++i) threads.emplace_back(loop);
    loop();
    for (std::thread& thread : threads) thread.join();
    if (failure) return *failure;
    return {};
}

Result<void> DiskLogManager::run_load_task(const LoadTask& task) {
    const DataDirectory& directory = directories_[task.directory];
    const PartitionName name{task.log->topic, task.log->partition};
    auto log = PartitionLog::open(environment_, directory.path + "/" + name.directory_name(), name,
                                  task.log->topic_id, intern(task.log->config),
                                  checkpoint_of(directory, name));
    if (!log) return log.error();
    std::unique_lock lock(mutex_);
    logs_[name] = {*log, task.directory, task.directory};
    ++log_counts_[task.directory];
    return {};
}

std::shared_ptr<const LogConfig> DiskLogManager::intern(const LogConfig& config) {
    std::unique_lock lock(mutex_);
    // Partitions of a topic come one after the other, and most topics are configured alike.
    if (!last_config_ || *last_config_ != config)
        last_config_ = std::make_shared<const LogConfig>(config);
    return last_config_;
}

/// After a crash, a new log would start where the checkpoints say that its namesake did.
Result<void> DiskLogManager::forget_removed(const PartitionName& name) {
    {
        std::shared_lock lock(mutex_);
        if (!removed_.contains(name)) return {};
    }
    return write_start_checkpoints();
}

Result<std::shared_ptr<Log>> DiskLogManager::get_or_create(const ExpectedLog& wanted) {
    const PartitionName name{wanted.topic, wanted.partition};
    if (is_offline(name))
        return std::shared_ptr<Log>(
            std::make_shared<OfflineLog>(name, wanted.topic_id, wanted.config));
    auto config = intern(wanted.config);
    if (auto forgotten = forget_removed(name); !forgotten) return forgotten.error();
    auto log = find_or_open(wanted, std::move(config));
    if (log && !(*log)->has_directory()) new_logs_->add(*log);
    if (!log) return log.error();
    return std::shared_ptr<Log>(*log);
}

bool DiskLogManager::is_offline(const PartitionName& name) const {
    std::shared_lock lock(mutex_);
    return offline_.contains(name);
}

Result<std::shared_ptr<PartitionLog>> DiskLogManager::find_or_open(
    const ExpectedLog& wanted, std::shared_ptr<const LogConfig> config) {
    const PartitionName name{wanted.topic, wanted.partition};
    std::unique_lock lock(mutex_);
    auto found = logs_.find(name);
    if (found != logs_.end()) return found->second.log;
    const auto directory = place(name, wanted.directory);
    if (!directory) return directory.error();
    auto log = PartitionLog::open(environment_,
                                  directories_[*directory].path + "/" + name.directory_name(), name,
                                  wanted.topic_id, std::move(config), LogCheckpoint{});
    if (!log) return log.error();
    logs_[name] = {*log, *directory, *directory};
    preferred_.erase(name);
    ++log_counts_[*directory];
    return *log;
}

Result<size_t> DiskLogManager::place(const PartitionName& name, const Uuid& told) const {
    if (const auto index = directory_index(told)) return *index;
    std::vector<size_t> online = online_directories();
    if (online.empty()) return Error(ErrorCode::KAFKA_STORAGE_ERROR, "no data directory is online");
    const auto wanted = preferred_.find(name);
    if (wanted != preferred_.end() && std::ranges::count(online, wanted->second))
        return wanted->second;
    const auto is_cordoned = [&](size_t index) { return directories_[index].cordoned.load(); };
    if (!std::ranges::all_of(online, is_cordoned)) std::erase_if(online, is_cordoned);
    return *std::ranges::min_element(online, {}, [&](size_t index) { return log_counts_[index]; });
}

std::shared_ptr<PartitionLog> DiskLogManager::log_of(const PartitionName& name) const {
    std::shared_lock lock(mutex_);
    const auto found = logs_.find(name);
    return found == logs_.end() ? nullptr : found->second.log;
}

Result<void> DiskLogManager::remove(const std::string& topic, int32_t partition) {
    const PartitionName name{topic, partition};
    // Who works on files by their names must not meet those of a successor.
    const auto doomed = log_of(name);
    std::unique_lock<std::mutex> maintenance;
    if (doomed) maintenance = doomed->pause_maintenance();
    std::unique_lock lock(mutex_);
    offline_.erase(name);
    // Also one that is offline: checkpoints speak of it where it was about to be moved to.
    removed_.insert(name);
    auto found = logs_.find(name);
    if (found == logs_.end()) return {};
    found->second.told = found->second.directory;  // nobody is to be told
    cancel_move(name);
    Hosted hosted = found->second;
    hosted.log->retire();
    if (hosted.log->has_directory()) {
        const std::string to = directories_[hosted.directory].path + "/" +
                               retired_directory_name(name, kDeletedDirectorySuffix);
        if (auto renamed = files_.rename(hosted.log->directory(), to); !renamed) return renamed;
        auto delay = std::chrono::milliseconds(hosted.log->config().file_delete_delay_ms);
        environment_.retired->add(to, clock_.steady_now() + delay);
    }
    --log_counts_[hosted.directory];
    logs_.erase(found);
    return {};
}

}  // namespace milena
