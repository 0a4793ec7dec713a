// SPDX-License-Identifier: Apache-2.0
// Keeps compacted logs compact: threads that take the dirtiest log, compact it, and note in each
// data directory's cleaner-offset-checkpoint how far they came.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/cleaner_options.h"
#include "storage/cleaner_pace.h"
#include "storage/compaction.h"
#include "storage/text_checkpoint.h"
#include "storage/throttle.h"

namespace milena {

/// A log and the data directory that holds it.
struct CleanableLog {
    std::shared_ptr<PartitionLog> log;
    std::string directory;
};

/// Thread safe.
class LogCleaner {
  public:
    /// `logs` tells all logs of the node, and may be called by any thread until stop() returns.
    LogCleaner(std::function<std::vector<CleanableLog>()> logs, FileSystem& files,
               const Clock& clock, CleanerOptions options);
    ~LogCleaner() { stop(); }

    void start();
    /// What is under way is given up. Nothing is cleaned afterwards.
    void stop();
    /// Threads, buffers and rates follow, the first two with the next log that is cleaned.
    void reconfigure(const CleanerOptions& options);

    /// A log is in another data directory now.
    Result<void> relocate(const PartitionName& name, const std::string& from,
                          const std::string& to);
    /// These logs were removed: none of their names is in a checkpoint of `directories` after this.
    Result<void> forget(const std::set<PartitionName>& removed,
                        const std::vector<std::string>& directories);

    /// Compacts the dirtiest log, if one is dirty enough, in the calling thread. Whether there was.
    bool clean_one();
    /// Applies retention to the compacted logs, which nobody else does.
    void delete_old_segments();

    /// Logs that can't be compacted before somebody mends them.
    std::set<PartitionName> uncleanable() const;

  private:
    struct Job {
        CleanableLog target;
        PartitionName name;
        CompactionRange range;
    };
    struct Workshop;  // what one thread works with

    void work(int number);
    std::optional<Job> take_job();
    std::optional<CompactionRange> examine(const CleanableLog& candidate,
                                           const PartitionName& name);
    /// REQUIRES: mutex_ held.
    bool may_clean(const PartitionName& name, const PartitionLog& log) const;
    Result<std::optional<CompactionOutcome>> compact(const Job& job, Workshop& workshop,
                                                     SteadyTime& begun);
    void end_job(const Job& job, const Result<std::optional<CompactionOutcome>>& outcome);
    /// A stint on `bytes` is done, of work since `begun`. Rests; work begins again at `begun` then.
    /// False when the cleaner stops.
    bool proceed(int64_t bytes, SteadyTime& begun);
    /// What the process has taken without its cleaner threads. REQUIRES: mutex_ held.
    CleanerPace::Duration cpu_time_of_others();
    void match_threads();
    OffsetCheckpoint& checkpoint_of(const std::string& directory);
    Result<void> write_checkpoint_of(const std::string& directory);

    const std::function<std::vector<CleanableLog>()> logs_;
    FileSystem& files_;
    const Clock& clock_;
    Throttle throttle_;

    std::mutex choice_mutex_;   // one thread chooses at a time; taken before the others
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    CleanerOptions options_;
    CleanerPace pace_;
    bool stopping_ = false;
    bool started_ = false;
    std::set<PartitionName> busy_;
    std::set<PartitionName> uncleanable_;
    std::map<PartitionName, SteadyTime> failed_;  // not tried again before
    SteadyTime next_retention_{};
    std::vector<std::thread> threads_;
    int running_ = 0;  // of these, the ones that are to go on

    std::mutex checkpoint_mutex_;  // guards what follows; one writer of these files at a time
    std::map<std::string, OffsetCheckpoint> checkpoints_;  // by data directory
};

}  // namespace milena
