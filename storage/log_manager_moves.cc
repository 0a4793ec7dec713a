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
        std::unique_lock no_end(ending_moves_);
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
        if (hosted->second.directory != *target) {
            move = std::make_shared<LogMove>(hosted->second.log, files_, directory,
                                             directory + "/" + future_name);
            move->log().set_moving(true);
            moves_[name] = move;
        }
    }
    retract();
    if (!move) return {};
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
    const auto move = std::move(found->second);
    moves_.erase(found);
    move->cancel();
    move->log().set_moving(false);
    const auto hosted = logs_.find(name);
    if (hosted == logs_.end() || hosted->second.told == hosted->second.directory)
        return put_aside(*move);
    hosted->second.told = hosted->second.directory;
    retractions_.push_back({move, directories_[hosted->second.directory].identity.directory_id});
}

/// Renamed, as the mover may be writing.
void DiskLogManager::put_aside(const LogMove& move) {
    const std::string aside =
        move.directory() + "/" + retired_directory_name(move.name(), kDeletedDirectorySuffix);
    if (!files_.exists(move.future())) return;
    if (auto renamed = files_.rename(move.future(), aside))
        environment_.retired->add(aside, clock_.steady_now());
    else if (!renamed.error().is_disk_full())
        environment_.failures->report(pool_, move.directory(), renamed.error());
}

/// The copy stays until the cluster has been told: whoever looks for the log there meanwhile must
/// find that it was about to come.
void DiskLogManager::retract() {
    std::lock_guard lock(announcer_mutex_);
    std::vector<Retraction> retractions;
    {
        std::unique_lock guard(mutex_);
        retractions.swap(retractions_);
        // Of those that move again, the cluster has been told something newer.
        for (Retraction& one : retractions)
            if (const auto hosted = logs_.find(one.move->name()); hosted != logs_.end())
                one.is_overtaken = hosted->second.told != hosted->second.directory;
    }
    for (const Retraction& one : retractions) {
        if (!announcer_ || one.is_overtaken) {
            put_aside(*one.move);
            continue;
        }
        const TopicPartition id{one.move->log().topic_id(), one.move->log().partition()};
        announcer_(id, one.directory, [this, one](Result<void> told) {
            if (told) return put_aside(*one.move);
            if (!told.error().is_disk_full()) return;
            std::unique_lock guard(mutex_);
            retractions_.push_back(one);  // the background thread tries again
        });
    }
}

bool DiskLogManager::give_up(LogMove& move, const Error& cause) {
    {
        std::unique_lock lock(mutex_);
        const auto found = moves_.find(move.name());
        if (found == moves_.end() || found->second.get() != &move) return false;
        cancel_move(move.name());
    }
    retract();
    if (!move.log().check_usable()) return false;  // deleted, or lost with its disk
    MILENA_LOG(Error) << move.name().directory_name() << " could not be moved to "
                      << move.directory() << ": " << cause.message();
    return true;
}

void DiskLogManager::fail_move(LogMove& move, const Error& cause) {
    if (!give_up(move, cause) || cause.is_disk_full()) return;
    if (move.failed_there())
        environment_.failures->report(pool_, move.directory(), cause);
    else
        (void)move.log().note_failure(cause);
}

void DiskLogManager::on_log_moving(LogAnnouncer announcer) {
    std::lock_guard lock(announcer_mutex_);
    announcer_ = std::move(announcer);
}

/// The directory that the cluster is to be told; nothing if the move has ended meanwhile.
std::optional<Uuid> DiskLogManager::note_told(const LogMove& move) {
    std::unique_lock lock(mutex_);
    const auto hosted = logs_.find(move.name());
    const auto target = std::ranges::find(directories_, move.directory(), &DataDirectory::path);
    if (hosted == logs_.end() || move.is_cancelled()) return {};
    hosted->second.told = static_cast<size_t>(target - directories_.begin());
    return target->identity.directory_id;
}

void DiskLogManager::announce_move(const LogMove& move, std::function<void(Result<void>)> told) {
    std::unique_lock lock(announcer_mutex_);  // before the note: no retraction may overtake it
    const auto directory = note_told(move);
    if (directory && announcer_)
        return announcer_({move.log().topic_id(), move.log().partition()}, *directory,
                          std::move(told));
    lock.unlock();
    told({});
}

Result<void> DiskLogManager::finish_move(LogMove& move) {
    const PartitionName name = move.name();
    // The new directory's checkpoints speak of the log already, see write_checkpoints(). A
    // directory that fails here may be a third one, and is reported there.
    if (auto written = write_all_checkpoints(); !written) {
        (void)give_up(move, written.error());
        return {};
    }
    std::string from;
    {
        std::shared_lock ending(ending_moves_);
        auto maintenance = move.log().pause_maintenance();
        if (move.is_cancelled()) return {};
        auto aside = move.finish();
        if (!aside) return aside.error();
        std::unique_lock lock(mutex_);
        const auto found = logs_.find(name);
        if (found == logs_.end()) return {};  // one of the directories has failed meanwhile
        Hosted& hosted = found->second;
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
        if (hosted == logs_.end() || target.offline) continue;
        if (hosted->second.directory == future.directory || moves_.contains(future.name)) {
            environment_.retired->add(future.path, clock_.steady_now());  // of a move given up
            continue;
        }
        auto move = std::make_shared<LogMove>(hosted->second.log, files_, target.path, future.path);
        move->log().set_moving(true);
        moves_[future.name] = move;
        MILENA_LOG(Info) << future.name.directory_name() << " goes on moving to " << target.path;
        mover_.add(std::move(move));
    }
}

}  // namespace milena
