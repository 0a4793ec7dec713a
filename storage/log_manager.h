// SPDX-License-Identifier: Apache-2.0
// All logs of a node in its data directories: finding, making, recovering, deleting, checkpointing.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/file.h"
#include "storage/cleaner_options.h"
#include "storage/directory_files.h"
#include "storage/log.h"

namespace milena {

struct LogManagerOptions {
    std::vector<std::string> directories;
    int recovery_threads_per_directory = 2;      ///< 0: all in the calling thread
    int64_t checkpoint_interval_ms = 60'000;     ///< recovery points, log starts
    int64_t high_watermark_interval_ms = 5'000;  ///< replication-offset-checkpoint
    int64_t retention_check_interval_ms = 300'000;
    int64_t retention_delay_ms = 30'000;  ///< after the start, until the first check
    CleanerOptions cleaner;
    int move_threads = 0;                ///< 0: one for each directory
    int64_t move_piece_bytes = 1 << 20;  ///< of one log, before the next one has its turn
    int open_files_max = 0;              ///< 0: from the descriptor limit
};

/// One log, as its topic is known to the cluster when the node starts.
struct ExpectedLog {
    std::string topic;
    Uuid topic_id;
    int32_t partition = -1;
    LogConfig config;
    /// The data directory that holds it, as the cluster's metadata say.
    Uuid directory = kUnassignedDirectory;
};

/// The copy of a log that is being moved.
struct FutureLog {
    std::string topic;
    int32_t partition = -1;
    int64_t size_bytes = 0;
    int64_t offset_lag = 0;  ///< behind the log's end
};

struct DirectoryDescription {
    std::string path;
    ErrorCode error = ErrorCode::NONE;
    int64_t total_bytes = -1;
    int64_t usable_bytes = -1;
    std::vector<std::shared_ptr<Log>> logs;
    std::vector<FutureLog> futures;
    bool is_cordoned = false;
};

/// A data directory went offline while the node runs.
struct DirectoryFailure {
    Uuid directory;
    std::string path;
    /// It holds the cluster's metadata, or was the last one: the node can't go on.
    bool is_fatal = false;
};

/// Tells the cluster that a log is about to be in `directory`; `told` runs once that is committed.
using LogAnnouncer = std::function<void(const TopicPartition& id, const Uuid& directory,
                                        std::function<void(Result<void>)> told)>;

/// Thread safe.
class LogManager {
  public:
    virtual ~LogManager() = default;

    /// Locks the directories, reads or (where empty) writes meta.properties. A directory of another
    /// cluster or node is an Error that says which file holds which id and how to mend it.
    static Result<std::unique_ptr<LogManager>> open(LogManagerOptions options,
                                                    std::string cluster_id, int32_t node_id,
                                                    FileSystem& files, const Clock& clock,
                                                    BlockingPool& pool);

    /// Of those that are online; all agree on cluster and node.
    virtual std::vector<DirectoryIdentity> identities() const = 0;
    /// Broker epoch of the last clean shutdown, -1 after a crash.
    virtual int64_t previous_broker_epoch() const = 0;

    /// Loads what the directories hold, recovering what a crash left. Logs not in `expected` become
    /// strays (`-stray`). A directory of which something can't be read goes offline, until the next
    /// start; an Error if none is left.
    virtual Result<void> load(std::vector<ExpectedLog> expected) = 0;
    /// The log, made if it is not there; in the directory with the fewest logs. Its own directory
    /// is there soon (before its first record), or whenever the node starts next. One that is
    /// expected in an offline directory answers everything with KAFKA_STORAGE_ERROR.
    virtual Result<std::shared_ptr<Log>> get_or_create(const ExpectedLog& log) = 0;
    virtual std::shared_ptr<Log> find(const std::string& topic, int32_t partition) const = 0;
    /// Renamed at once (`-delete`), removed in the background.
    virtual Result<void> remove(const std::string& topic, int32_t partition) = 0;

    /// Where logs start outlives a crash from here on; without it, as of the last checkpoint.
    virtual Result<void> save_log_starts() = 0;

    /// A directory whose disk fails goes offline alone: its logs answer KAFKA_STORAGE_ERROR from
    /// then on. `listener` runs once for each, those included that failed before it was set. No
    /// call is under way when another one (or null) was set.
    virtual void on_directory_failure(std::function<void(const DirectoryFailure&)> listener) = 0;

    /// Begins to move a log to another data directory, by its path as configured; or gives up a
    /// move, if the log is there. A log that is yet to be made will be made there.
    /// LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR, INVALID_REPLICA_ASSIGNMENT if the directory is
    /// cordoned, UNKNOWN_TOPIC_OR_PARTITION.
    virtual Result<void> move(const std::string& topic, int32_t partition,
                              const std::string& directory) = 0;
    /// Asked before a log changes its directory. Null: nobody is. No call is under way when this
    /// returns.
    virtual void on_log_moving(LogAnnouncer announcer) = 0;
    /// Bound of all moves together.
    virtual void set_move_rate(double bytes_per_second) = 0;
    /// These get no new logs from now on; "*" means all. Returns their ids.
    virtual std::vector<Uuid> cordon(const std::set<std::string>& paths) = 0;

    virtual std::vector<DirectoryDescription> describe() const = 0;
    /// The directory that holds the log, or is about to. Null if that is offline.
    virtual std::shared_ptr<const Uuid> directory_of(const std::string& topic,
                                                     int32_t partition) const = 0;

    /// Periodic work runs on `pool` from here on: checkpoints, flushes by time.
    virtual void start_background() = 0;
    /// None of that runs any more; shut_down() may follow, or nothing.
    virtual void stop_background() = 0;
    /// Flushes, checkpoints, writes .kafka_cleanshutdown with `broker_epoch`. No log may be used
    /// afterwards.
    virtual Result<void> shut_down(int64_t broker_epoch) = 0;
    /// The cleaner follows at once, but for `enabled`.
    virtual void configure_cleaner(const CleanerOptions&) {}
};

}  // namespace milena
