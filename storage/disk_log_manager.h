// SPDX-License-Identifier: Apache-2.0
// The log manager over real directories.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>

#include "storage/expectations.h"
#include "storage/log_cleaner.h"
#include "storage/log_manager.h"
#include "storage/log_mover.h"
#include "storage/new_logs.h"
#include "storage/partition_log.h"
#include "storage/text_checkpoint.h"

namespace milena {

/// Movable as long as only one thread has it.
struct DirectoryFlag : std::atomic<bool> {
    using std::atomic<bool>::atomic;
    using std::atomic<bool>::operator=;
    DirectoryFlag(DirectoryFlag&& other) noexcept : std::atomic<bool>(other.load()) {}
};

/// One data directory. Guarded by the manager.
struct DataDirectory {
    std::string path;
    DirectoryIdentity identity;
    std::unique_ptr<FileLock> lock;
    bool clean_shutdown = false;
    DirectoryFlag offline{false};   ///< something in it can't be read or written
    DirectoryFlag cordoned{false};  ///< gets no new logs
    OffsetCheckpoint recovery_points;
    OffsetCheckpoint log_starts;
    OffsetCheckpoint high_watermarks;
};

class DiskLogManager final : public LogManager {
  public:
    DiskLogManager(LogManagerOptions options, std::vector<DataDirectory> directories,
                   int64_t previous_broker_epoch, FileSystem& files, const Clock& clock,
                   BlockingPool& pool);
    ~DiskLogManager() override;

    std::vector<DirectoryIdentity> identities() const override;
    int64_t previous_broker_epoch() const override { return previous_broker_epoch_; }
    Result<void> load(std::vector<ExpectedLog> expected) override;
    Result<std::shared_ptr<Log>> get_or_create(const ExpectedLog& log) override;
    std::shared_ptr<Log> find(const std::string& topic, int32_t partition) const override;
    Result<void> remove(const std::string& topic, int32_t partition) override;
    Result<void> save_log_starts() override;
    void on_directory_failure(std::function<void(const DirectoryFailure&)> listener) override;
    Result<void> move(const std::string& topic, int32_t partition,
                      const std::string& directory) override;
    void on_log_moving(LogAnnouncer announcer) override;
    void set_move_rate(double bytes_per_second) override;
    std::vector<Uuid> cordon(const std::set<std::string>& paths) override;
    std::vector<DirectoryDescription> describe() const override;
    std::shared_ptr<const Uuid> directory_of(const std::string& topic,
                                             int32_t partition) const override;
    void configure_cleaner(const CleanerOptions& options) override;
    void start_background() override;
    void stop_background() override;
    Result<void> shut_down(int64_t broker_epoch) override;
    /// What the background thread does every second, and nobody else while it runs.
    void background_round(SteadyTime now);
    /// What cleaners and movers do again and again, in the calling thread. Whether there was
    /// anything to do.
    bool clean_one() { return cleaner_.clean_one(); }
    bool advance_one_move() { return mover_.advance_one(); }

  private:
    struct Hosted {
        std::shared_ptr<PartitionLog> log;
        size_t directory = 0;  // index into directories_
        size_t told = 0;       // the one that the cluster knows, or is about to
    };
    /// A log's copy, found at start.
    struct Future {
        PartitionName name;
        size_t directory = 0;
        std::string path;
    };
    /// The cluster was told that a log moves, and it does not.
    struct Retraction {
        std::shared_ptr<LogMove> move;
        Uuid directory;  ///< that the log is in
        bool is_overtaken = false;
    };
    struct LoadTask {
        size_t directory = 0;
        const ExpectedLog* log = nullptr;
    };
    struct Found;
    /// Kafka knows no bound; here a client must not fill the memory.
    static constexpr size_t kPreferredMax = 10'000;

    // Finding what is there (log_manager_find.cc).
    Result<std::vector<LoadTask>> find_logs(Expectations& expected);
    Result<void> find_logs_in(size_t index, Expectations& expected, std::vector<LoadTask>& tasks);
    /// The directories of partitions. Takes note of what is to be removed or goes on moving.
    Result<std::vector<Found>> list_logs(size_t index, Expectations& expected);
    /// Says what becomes of it.
    Result<void> settle(size_t index, const Found& found, std::vector<LoadTask>& tasks);
    /// Whether the log is to be loaded from here.
    Result<bool> check_holder(size_t index, const Found& found, std::vector<LoadTask>& tasks);
    bool may_be_namesake(const DataDirectory& directory, const PartitionName& name);
    bool has_records(const std::string& directory, const PartitionName& name) const;
    Result<void> make_stray(const std::string& directory, const PartitionName& name);
    Result<void> note_future(size_t index, const std::string& entry, Expectations& expected);
    void adopt_futures(Expectations& expected, std::vector<LoadTask>& tasks);

    // Loading (log_manager_load.cc).
    Result<void> run_load_task(const LoadTask& task);
    void forget_absent(const OffsetCheckpoint& checkpoint);
    /// Its logs are forgotten, its files left as they are.
    void take_offline(size_t index, const Error& cause);
    bool is_offline(const PartitionName& name) const;
    bool is_offline(size_t index) const { return directories_[index].offline; }
    Result<void> end_loading(const Expectations& expected);
    std::vector<size_t> online_directories() const;
    /// Calls `work(0..count-1)` on a few threads, also after a failure; returns the first failure.
    Result<void> run_on_threads(size_t count, const std::function<Result<void>(size_t)>& work);
    Result<std::shared_ptr<PartitionLog>> find_or_open(const ExpectedLog& wanted,
                                                       std::shared_ptr<const LogConfig> config);
    /// The directory of a new log: the one that was `told`, or the one with the fewest logs.
    /// REQUIRES: mutex_ held.
    Result<size_t> place(const PartitionName& name, const Uuid& told) const;
    /// Of an online directory.
    std::optional<size_t> directory_index(const Uuid& id) const;
    /// Whether the log is, or may be, in a directory that is offline.
    bool is_lost(const Expectation& expected) const;
    Result<void> forget_removed(const PartitionName& name);
    std::shared_ptr<const LogConfig> intern(const LogConfig& config);

    // Failures (log_manager_failures.cc).
    void end_directory(const std::string& path, const Error& cause);
    /// REQUIRES: mutex_ held.
    void forget_logs_in(size_t index);

    // Moves (log_manager_moves.cc).
    Result<size_t> destination(const std::string& path) const;
    /// To be followed by retract(), without the mutex. REQUIRES: mutex_ held.
    void cancel_move(const PartitionName& name);
    /// The log stays where it is; false if nobody waits for that any more.
    bool give_up(LogMove& move, const Error& cause);
    void fail_move(LogMove& move, const Error& cause);
    void put_aside(const LogMove& move);
    /// Tells the cluster that cancelled moves, which it was told of, came to nothing.
    void retract();
    std::optional<Uuid> note_told(const LogMove& move);
    void announce_move(const LogMove& move, std::function<void(Result<void>)> told);
    Result<void> finish_move(LogMove& move);
    Result<void> write_all_checkpoints();
    LogMover::Steps move_steps();
    void resume_moves();

    // Background (log_manager_background.cc).
    void background();
    std::vector<Hosted> hosted() const;
    std::shared_ptr<PartitionLog> log_of(const PartitionName& name) const;
    std::vector<CleanableLog> cleanable() const;
    Result<void> write_recovery_points();
    /// Recovery points and log starts: after this they speak of no log that was removed before.
    Result<void> write_start_checkpoints();
    bool names_removed_logs() const;
    Result<void> write_high_watermarks();
    template <class Value>
    Result<void> write_checkpoints(std::string_view file, const Value& value);
    template <class Value>
    std::vector<OffsetCheckpointText> checkpoint_texts(const Value& value) const;
    void delete_old_segments();
    Result<void> close_logs();
    Result<void> sync_sealed(const std::vector<std::shared_ptr<PartitionLog>>& logs);

    const LogManagerOptions options_;
    FileSystem& files_;
    const Clock& clock_;
    BlockingPool& pool_;
    const int64_t previous_broker_epoch_;
    const LogEnvironment environment_;
    std::vector<DataDirectory> directories_;
    const std::shared_ptr<NewLogs> new_logs_;

    /// Shared by moves that are at their end, and can't be cancelled then. Before other mutexes.
    std::shared_mutex ending_moves_;
    mutable std::shared_mutex mutex_;  // guards what follows
    std::map<PartitionName, Hosted> logs_;
    std::vector<size_t> log_counts_;  // by directory
    std::shared_ptr<const LogConfig> last_config_;
    std::set<PartitionName> offline_;  // expected, and not found while a directory was offline
    std::set<PartitionName> removed_;  // since the checkpoints were written
    std::map<PartitionName, std::shared_ptr<LogMove>> moves_;
    std::vector<Retraction> retractions_;        // that the cluster is yet to be told
    std::map<PartitionName, size_t> preferred_;  // directories of logs that are yet to be made
    std::vector<Future> futures_;                // while loading

    std::mutex announcer_mutex_;  // held while a move is announced
    LogAnnouncer announcer_;
    LogCleaner cleaner_;  // after all that they use
    LogMover mover_;

    std::mutex failures_mutex_;  // held while a failure is told
    std::function<void(const DirectoryFailure&)> failure_listener_;
    std::vector<DirectoryFailure> unheard_failures_;

    std::mutex checkpoint_mutex_;  // one writer of checkpoint files at a time
    std::map<std::string, OffsetCheckpointText> written_checkpoints_;  // by path; with that mutex
    std::mutex background_mutex_;
    std::condition_variable background_wake_;
    bool stopping_ = false;
    std::atomic<bool> loaded_{false};
    SteadyTime next_high_watermarks_{};  // the background thread's own
    SteadyTime next_checkpoints_{};
    SteadyTime next_producer_expiry_{};
    SteadyTime next_retention_{};
    std::thread background_thread_;
};

}  // namespace milena
