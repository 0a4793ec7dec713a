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

#include "storage/log_cleaner.h"
#include "storage/log_manager.h"
#include "storage/new_logs.h"
#include "storage/partition_log.h"
#include "storage/text_checkpoint.h"

namespace milena {

/// One data directory. Guarded by the manager.
struct DataDirectory {
    std::string path;
    DirectoryIdentity identity;
    std::unique_ptr<FileLock> lock;
    bool clean_shutdown = false;
    bool offline = false;  ///< something in it can't be read; set while loading only
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
    std::vector<DirectoryDescription> describe() const override;
    std::shared_ptr<const Uuid> directory_of(const std::string& topic,
                                             int32_t partition) const override;
    void configure_cleaner(const CleanerOptions& options) override;
    void start_background() override;
    void stop_background() override;
    Result<void> shut_down(int64_t broker_epoch) override;

  private:
    struct Hosted {
        std::shared_ptr<PartitionLog> log;
        size_t directory = 0;  // index into directories_
    };
    struct LoadTask;
    using Expectations = std::map<PartitionName, const ExpectedLog*>;
    /// Which directory holds a partition.
    using Holders = std::map<PartitionName, size_t>;

    // Loading (log_manager_load.cc).
    Result<std::vector<LoadTask>> find_logs(const Expectations& expected);
    Result<void> find_logs_in(size_t index, const Expectations& expected, Holders& holders,
                              std::vector<LoadTask>& tasks);
    Result<void> check_holder(size_t index, const PartitionName& name, Holders& holders) const;
    /// Its logs are forgotten, its files left as they are.
    void take_offline(size_t index, const Error& cause);
    bool is_offline(const PartitionName& name) const;
    Result<void> end_loading(const std::vector<ExpectedLog>& expected);
    std::vector<size_t> online_directories() const;
    Result<void> make_stray(const std::string& directory, const PartitionName& name);
    Result<void> run_load_task(const LoadTask& task);
    /// Calls `work(0..count-1)` on a few threads, also after a failure; returns the first failure.
    Result<void> run_on_threads(size_t count, const std::function<Result<void>(size_t)>& work);
    Result<std::shared_ptr<PartitionLog>> find_or_open(const PartitionName& name, Uuid topic_id,
                                                       std::shared_ptr<const LogConfig> config);
    Result<void> forget_removed(const PartitionName& name);
    std::shared_ptr<const LogConfig> intern(const LogConfig& config);

    // Background (log_manager_background.cc).
    void background();
    void background_round(SteadyTime now);
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

    mutable std::shared_mutex mutex_;  // guards what follows
    std::map<PartitionName, Hosted> logs_;
    std::vector<size_t> log_counts_;  // by directory
    std::shared_ptr<const LogConfig> last_config_;
    std::set<PartitionName> offline_;  // expected, and not found while a directory was offline
    std::set<PartitionName> removed_;  // since the checkpoints were written

    LogCleaner cleaner_;  // after all that it uses

    std::mutex checkpoint_mutex_;  // one writer of checkpoint files at a time
    std::map<std::string, OffsetCheckpoint> written_checkpoints_;  // by path; with that mutex
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
