// SPDX-License-Identifier: Apache-2.0
#include "storage/log_cleaner.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "base/log.h"

namespace milena {
namespace {

using std::chrono::milliseconds;

/// Bytes between two rests, or looks at whether to stop.
constexpr int64_t kPaceBytes = 256 << 10;
constexpr int64_t kMapBytesMin = 64 << 10;
/// One part in so many of the buffer is for SupersededRecords.
constexpr int64_t kSupersededShare = 16;
constexpr int32_t kBufferBytesMin = 4 << 10;
/// In the kernel, a thread may keep its core from others: with reads and writes four times as
/// large, requests wait longer for it, and the cleaner is no faster.
constexpr int32_t kBufferBytesMax = 64 << 10;

/// The process's CPU time lacks up to so much of each other thread that runs.
constexpr milliseconds kTick(4);

std::string checkpoint_path(const std::string& directory) {
    return directory + "/" + std::string(kCleanerCheckpoint);
}

PartitionName name_of(const PartitionLog& log) { return {log.topic(), log.partition()}; }

CleanerPace::Duration cpu_time(clockid_t clock) {
    timespec time{};
    (void)clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

struct LogCleaner::Workshop {
    explicit Workshop(const CleanerOptions& with)
        : options(with),
          bytes(std::max(kMapBytesMin, with.dedupe_buffer_bytes / std::max(with.threads, 1))),
          map(bytes - superseded_bytes(), with.load_factor) {}

    int64_t superseded_bytes() const { return bytes / kSupersededShare; }

    const CleanerOptions options;
    const int64_t bytes;
    OffsetMap map;
};

LogCleaner::LogCleaner(std::function<std::vector<CleanableLog>()> logs, FileSystem& files,
                       const Clock& clock, CleanerOptions options)
    : logs_(std::move(logs)), files_(files), clock_(clock), options_(options) {
    throttle_.set_rate(options.io_bytes_per_second);
}

// ---- Threads

void LogCleaner::start() {
    std::lock_guard lock(mutex_);
    started_ = true;
    match_threads();
}

void LogCleaner::stop() {
    std::vector<std::thread> threads;
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void LogCleaner::reconfigure(const CleanerOptions& options) {
    throttle_.set_rate(options.io_bytes_per_second);
    std::lock_guard lock(mutex_);
    options_ = options;
    if (started_ && !stopping_) match_threads();
    wake_.notify_all();
}

/// Those beyond the number end by themselves, and go on if they are wanted again before.
void LogCleaner::match_threads() {
    running_ = std::max(options_.threads, 0);
    while (static_cast<int>(threads_.size()) < running_) {
        const int number = static_cast<int>(threads_.size());
        threads_.emplace_back([this, number] { work(number); });
    }
}

void LogCleaner::work(int number) {
    pthread_setname_np(pthread_self(), ("cleaner-" + std::to_string(number)).c_str());
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (number >= running_) {
            wake_.wait(lock, [&] { return stopping_ || number < running_; });
            continue;
        }
        const milliseconds backoff(options_.backoff_ms);
        const bool retention_is_due = clock_.steady_now() >= next_retention_;
        if (retention_is_due) next_retention_ = clock_.steady_now() + backoff;
        lock.unlock();
        const bool cleaned = clean_one();
        if (retention_is_due) delete_old_segments();
        lock.lock();
        if (!cleaned && !stopping_) wake_.wait_for(lock, backoff);
    }
}

bool LogCleaner::proceed(int64_t bytes, SteadyTime& begun) {
    const SteadyTime now = clock_.steady_now();
    const SteadyTime throttled = bytes > 0 ? throttle_.charge(bytes, now) : now;
    std::unique_lock lock(mutex_);
    if (pace_.is_look_due(now)) {
        const int others = std::max(0, static_cast<int>(threads_.size()) - 1);
        pace_.note_others(now, cpu_time_of_others(), kTick * others);
    }
    const SteadyTime until = std::max(throttled, now + pace_.rest_after(now - begun, now));
    if (until > now) wake_.wait_for(lock, until - now, [this] { return stopping_; });
    begun = until > now ? clock_.steady_now() : now;
    return !stopping_;
}

CleanerPace::Duration LogCleaner::cpu_time_of_others() {
    CleanerPace::Duration time = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
    for (std::thread& thread : threads_) {
        clockid_t clock{};
        if (pthread_getcpuclockid(thread.native_handle(), &clock) == 0) time -= cpu_time(clock);
    }
    return time;
}

// ---- Choosing

bool LogCleaner::may_clean(const PartitionName& name, const PartitionLog& log) const {
    if (!log.config().cleanup_compact || !log.check_usable() || log.is_moving()) return false;
    if (busy_.contains(name) || uncleanable_.contains(name)) return false;
    const auto failed = failed_.find(name);
    return failed == failed_.end() || failed->second <= clock_.steady_now();
}

std::optional<CompactionRange> LogCleaner::examine(const CleanableLog& candidate,
                                                   const PartitionName& name) {
    std::optional<Offset> known;
    {
        std::lock_guard lock(checkpoint_mutex_);
        const OffsetCheckpoint& checkpoint = checkpoint_of(candidate.directory);
        if (const auto at = checkpoint.find(name); at != checkpoint.end()) known = at->second;
    }
    auto range = find_compaction_range(*candidate.log, known, clock_.now());
    if (range) return *range;
    MILENA_LOG(Warn) << name.directory_name() << " can't be compacted: " << range.error().message();
    return {};
}

std::optional<LogCleaner::Job> LogCleaner::take_job() {
    std::lock_guard choosing(choice_mutex_);
    std::optional<Job> best;
    for (const CleanableLog& candidate : logs_()) {
        const PartitionName name = name_of(*candidate.log);
        {
            std::lock_guard lock(mutex_);
            if (!may_clean(name, *candidate.log)) continue;
        }
        auto range = examine(candidate, name);
        if (!range || !range->is_due(candidate.log->config())) continue;
        if (best && best->range.dirty_ratio() >= range->dirty_ratio()) continue;
        best = Job{candidate, name, *range};
    }
    std::lock_guard lock(mutex_);
    if (best) busy_.insert(best->name);
    if (busy_.empty())
        pace_.note_all_clean();
    else
        pace_.note_work(clock_.steady_now());
    return best;
}

// ---- Cleaning

bool LogCleaner::clean_one() {
    SteadyTime begun = clock_.steady_now();
    auto job = take_job();
    if (!job) return false;
    std::unique_lock lock(mutex_);
    Workshop workshop(options_);
    lock.unlock();
    end_job(*job, compact(*job, workshop, begun));
    (void)proceed(0, begun);  // also after a log that is too small for a rest under way
    return true;
}

Result<std::optional<CompactionOutcome>> LogCleaner::compact(const Job& job, Workshop& workshop,
                                                             SteadyTime& begun) {
    const int32_t buffer_bytes =
        std::clamp(workshop.options.io_buffer_bytes / std::max(workshop.options.threads, 1) / 2,
                   kBufferBytesMin, kBufferBytesMax);
    CompactionOptions options;
    options.read_bytes = options.write_bytes = static_cast<size_t>(buffer_bytes);
    int64_t unpaced = 0;
    options.superseded_bytes = workshop.superseded_bytes();
    options.proceed = [&](int64_t bytes) {
        unpaced += bytes;
        if (unpaced < kPaceBytes) return true;
        return job.target.log->check_usable() && proceed(std::exchange(unpaced, 0), begun);
    };
    Compaction compaction(*job.target.log, files_, workshop.map, std::move(options));
    return compaction.run(job.range, clock_.now());
}

void LogCleaner::end_job(const Job& job, const Result<std::optional<CompactionOutcome>>& outcome) {
    const bool is_usable = job.target.log->check_usable().has_value();
    if (outcome && *outcome) {
        MILENA_LOG(Info) << job.name.directory_name() << " is compacted up to offset "
                         << (*outcome)->end.value << ": " << (*outcome)->bytes_before
                         << " bytes are now " << (*outcome)->bytes_after;
        std::lock_guard lock(checkpoint_mutex_);
        // Looked at here: a log that is removed later is forgotten later.
        if (job.target.log->check_usable())
            checkpoint_of(job.target.directory)[job.name] = (*outcome)->end;
        if (auto written = write_checkpoint_of(job.target.directory); !written) {
            MILENA_LOG(Warn) << written.error().message();
        }
    }
    std::lock_guard lock(mutex_);
    busy_.erase(job.name);
    failed_.erase(job.name);
    if (!outcome && is_usable) {
        const bool is_damaged = outcome.error().code() != ErrorCode::KAFKA_STORAGE_ERROR;
        MILENA_LOG(Error) << job.name.directory_name() << " could not be compacted"
                          << (is_damaged ? ", and will not be before the next start: " : ": ")
                          << outcome.error().message();
        if (is_damaged) uncleanable_.insert(job.name);
        if (!is_damaged) (void)job.target.log->note_failure(outcome.error());
        failed_[job.name] = clock_.steady_now() + milliseconds(options_.backoff_ms);
    }
}

void LogCleaner::delete_old_segments() {
    for (const CleanableLog& candidate : logs_()) {
        if (!candidate.log->config().cleanup_compact) continue;
        if (auto deleted = candidate.log->delete_old_segments(); !deleted) {
            MILENA_LOG(Warn) << "retention: " << deleted.error().message();
        }
    }
}

std::set<PartitionName> LogCleaner::uncleanable() const {
    std::lock_guard lock(mutex_);
    return uncleanable_;
}

// ---- Checkpoints

OffsetCheckpoint& LogCleaner::checkpoint_of(const std::string& directory) {
    auto [at, is_new] = checkpoints_.try_emplace(directory);
    if (!is_new) return at->second;
    auto read = read_offset_checkpoint(files_, checkpoint_path(directory));
    if (read) {
        at->second = std::move(*read);
    } else {
        MILENA_LOG(Warn) << read.error().message() << "; compaction starts over there";
    }
    return at->second;
}

Result<void> LogCleaner::write_checkpoint_of(const std::string& directory) {
    return write_offset_checkpoint(files_, checkpoint_path(directory), checkpoint_of(directory));
}

Result<void> LogCleaner::relocate(const PartitionName& name, const std::string& from,
                                  const std::string& to) {
    std::lock_guard lock(checkpoint_mutex_);
    const auto known = checkpoint_of(from).extract(name);
    if (known.empty()) return {};
    checkpoint_of(to)[name] = known.mapped();
    if (auto written = write_checkpoint_of(to); !written) return written;
    return write_checkpoint_of(from);
}

Result<void> LogCleaner::forget(const std::set<PartitionName>& removed,
                                const std::vector<std::string>& directories) {
    if (removed.empty()) return {};
    {
        std::lock_guard lock(mutex_);
        for (const PartitionName& name : removed) {
            uncleanable_.erase(name);
            failed_.erase(name);
        }
    }
    std::lock_guard lock(checkpoint_mutex_);
    for (const std::string& directory : directories) {
        const size_t erased = std::erase_if(checkpoint_of(directory), [&](const auto& entry) {
            return removed.contains(entry.first);
        });
        if (erased == 0) continue;
        if (auto written = write_checkpoint_of(directory); !written) {
            checkpoints_.erase(directory);  // read again, it names them again
            return written;
        }
    }
    return {};
}

}  // namespace milena
