// SPDX-License-Identifier: Apache-2.0
// Moving logs between data directories.
#include <algorithm>

#include "base/log.h"
#include "storage/disk_log_manager.h"

namespace milena {

Result<size_t> DiskLogManager::destination(const std::string& path) const {
    const auto found = std::ranges::find(directories_, path, &DataDirectory::path);
    if (found == directories_.end())
        return Error(ErrorCode::LOG_DIR_NOT_FOUND, path + " is no log directory of this broker");
    if (found->offline) return Error(ErrorCode::KAFKA_STORAGE_ERROR, path + " is offline");
    if (found->cordoned) return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT, path + " is cordoned");
    return static_cast<size_t>(found - directories_.begin());
}

Result<void> DiskLogManager::move(const std::string& topic, int32_t partition,
                                  const std::string& directory) {
    const PartitionName name{topic, partition};
    const std::string future_name = retired_directory_name(name, kFutureDirectorySuffix);
    auto target = destination(directory);
    if (!target) return target.error();
    if (is_offline(name))
        return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                     "the data directory of " + name.directory_name() + " is offline");
    std::shared_ptr<LogMove> move;
    {
        std::unique_lock lock(mutex_);
        const auto hosted = logs_.find(name);
        if (hosted == logs_.end()) {
            if (preferred_.size() < kPreferredMax) preferred_[name] = *target;
            return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                         name.directory_name() + " is not on this broker");
        }
        const auto moving = moves_.find(name);
        if (moving != moves_.end() && moving->second->directory() == directory) return {};
        if (moving != moves_.end()) cancel_move(name);
        if (hosted->second.directory == *target) return {};
        move = std::make_shared<LogMove>(hosted->second.log, files_, directory,
                                         directory + "/" + future_name);
        move->log().set_moving(true);
        moves_[name] = move;
    }
    if (auto begun = move->begin(); !begun) {
        fail_move(*move, begun.error());
        return begun;
    }
    MILENA_LOG(Info) << name.directory_name() << " is moved to " << directory;
    mover_.add(std::move(move));
    return {};
}

void DiskLogManager::cancel_move(const PartitionName& name) {
    const auto found = moves_.find(name);
    if (found == moves_.end()) return;
    LogMove& move = *found->second;
    move.cancel();
    move.log().set_moving(false);
    if (const auto hosted = logs_.find(name); hosted != logs_.end())
        hosted->second.told = hosted->second.directory;
    // Renamed, as the mover may be writing; a directory that failed is left for the next start.
    const std::string aside =
        move.directory() + "/" + retired_directory_name(name, kDeletedDirectorySuffix);
    if (!move.failed_there() && files_.rename(move.future(), aside))
        environment_.retired->add(aside, clock_.steady_now());
    moves_.erase(found);
}

void DiskLogManager::fail_move(LogMove& move, const Error& cause) {
    if (move.is_cancelled()) return;
    {
        std::unique_lock lock(mutex_);
        cancel_move(move.name());
    }
    if (!move.log().check_usable()) return;  // deleted, or lost with its disk
    MILENA_LOG(Error) << move.name().directory_name() << " could not be moved to "
                      << move.directory() << ": " << cause.message();
    retract(move.log());
    if (cause.is_disk_full()) return;
    if (move.failed_there())
        environment_.failures->report(pool_, move.directory(), cause);
    else
        (void)move.log().note_failure(cause);
}

/// The cluster may have been told that the log is elsewhere by now.
void DiskLogManager::retract(const PartitionLog& log) {
    const auto directory = directory_of(log.topic(), log.partition());
    std::lock_guard lock(announcer_mutex_);
    if (announcer_ && directory)
        announcer_({log.topic_id(), log.partition()}, *directory, [](Result<void>) {});
}

void DiskLogManager::on_log_moving(LogAnnouncer announcer) {
    std::lock_guard lock(announcer_mutex_);
    announcer_ = std::move(announcer);
}

void DiskLogManager::announce_move(const LogMove& move, std::function<void(Result<void>)> told) {
    Uuid directory;
    {
        std::unique_lock lock(mutex_);
        const auto hosted = logs_.find(move.name());
        const auto target = std::ranges::find(directories_, move.directory(), &DataDirectory::path);
        if (hosted == logs_.end() || move.is_cancelled()) return told({});
        hosted->second.told = static_cast<size_t>(target - directories_.begin());
        directory = target->identity.directory_id;
    }
    std::lock_guard lock(announcer_mutex_);
    if (!announcer_) return told({});
    announcer_({move.log().topic_id(), move.log().partition()}, directory, std::move(told));
}

Result<void> DiskLogManager::finish_move(LogMove& move) {
    const PartitionName name = move.name();
    // The new directory's checkpoints speak of the log already, see write_checkpoints().
    if (auto written = write_all_checkpoints(); !written) return written;
    std::string from;
    {
        auto maintenance = move.log().pause_maintenance();
        if (move.is_cancelled()) return {};
        auto aside = move.finish();
        if (!aside) return aside.error();
        std::unique_lock lock(mutex_);
        Hosted& hosted = logs_.at(name);
        from = directories_[hosted.directory].path;
        --log_counts_[hosted.directory];
        hosted.directory = hosted.told;
        ++log_counts_[hosted.directory];
        moves_.erase(name);
        const std::chrono::milliseconds delay(move.log().config().file_delete_delay_ms);
        environment_.retired->add(*aside, clock_.steady_now() + delay);
    }
    MILENA_LOG(Info) << name.directory_name() << " is in " << move.directory() << " now";
    auto relocated = cleaner_.relocate(name, from, move.directory());
    move.log().set_moving(false);
    auto written = write_all_checkpoints();
    for (const auto& result : {relocated, written})
        if (!result) {
            MILENA_LOG(Warn) << result.error().message();
        }
    return {};
}

Result<void> DiskLogManager::write_all_checkpoints() {
    if (auto written = write_start_checkpoints(); !written) return written;
    return write_high_watermarks();
}

LogMover::Steps DiskLogManager::move_steps() {
    return {[this](const LogMove& move, auto told) { announce_move(move, std::move(told)); },
            [this](LogMove& move) { return finish_move(move); },
            [this](LogMove& move, const Error& cause) { fail_move(move, cause); }};
}

void DiskLogManager::set_move_rate(double bytes_per_second) { mover_.set_rate(bytes_per_second); }

std::vector<Uuid> DiskLogManager::cordon(const std::set<std::string>& paths) {
    std::vector<Uuid> cordoned;
    std::unique_lock lock(mutex_);
    for (DataDirectory& directory : directories_) {
        directory.cordoned = paths.contains(directory.path) || paths.contains("*");
        if (directory.cordoned && !directory.offline)
            cordoned.push_back(directory.identity.directory_id);
    }
    return cordoned;
}

void DiskLogManager::resume_moves() {
    for (const Future& future : std::exchange(futures_, {})) {
        std::unique_lock lock(mutex_);
        const auto hosted = logs_.find(future.name);
        const DataDirectory& target = directories_[future.directory];
        if (hosted == logs_.end() || target.offline || moves_.contains(future.name)) continue;
        auto move = std::make_shared<LogMove>(hosted->second.log, files_, target.path, future.path);
        move->log().set_moving(true);
        moves_[future.name] = move;
        MILENA_LOG(Info) << future.name.directory_name() << " goes on moving to " << target.path;
        mover_.add(std::move(move));
    }
}

}  // namespace milena
