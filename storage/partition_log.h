// SPDX-License-Identifier: Apache-2.0
// The log of one partition in one directory.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/executor.h"
#include "base/line_limit.h"
#include "base/published.h"
#include "storage/cleaned_segment.h"
#include "storage/directory_failures.h"
#include "storage/file_cache.h"
#include "storage/file_names.h"
#include "storage/leader_epochs.h"
#include "storage/log.h"
#include "storage/producer_state.h"
#include "storage/read_hints.h"
#include "storage/recent_borders.h"
#include "storage/restless_logs.h"
#include "storage/retired_files.h"
#include "storage/segment.h"

namespace milena {

/// What logs share. A log whose sync still runs may outlive the log manager, so each holds the
/// cache; clock, pool and file system outlive them all.
struct LogEnvironment {
    std::shared_ptr<FileCache> cache;
    const Clock& clock;
    BlockingPool& pool;
    std::shared_ptr<RetiredFiles> retired = std::make_shared<RetiredFiles>();
    std::shared_ptr<DirectoryFailures> failures = std::make_shared<DirectoryFailures>();
    std::shared_ptr<RestlessLogs> restless = std::make_shared<RestlessLogs>();
    std::shared_ptr<LineLimit> full_disk_lines =
        std::make_shared<LineLimit>(std::chrono::seconds(10));

    FileSystem& files() const { return cache->files(); }
};

/// Where a producer left off: what its last batch is needed for even without records.
struct LastOfProducer {
    Offset data_offset{-1};  ///< last offset of its last batch of records; -1 if none is known
    ProducerEpoch epoch{-1};
};

/// What the checkpoints of the data directory know of a log when it is opened.
struct LogCheckpoint {
    bool is_there = false;  ///< the log's directory, with partition.metadata in it
    bool clean_shutdown = true;
    Offset recovery_point{0};
    Offset log_start{0};
    Offset high_watermark{0};
};

/// The directory of a log, which may change under who reads it.
class LogDirectory {
  public:
    explicit LogDirectory(std::string path) {
        path_.store(std::make_shared<const std::string>(std::move(path)));
    }
    void store(std::shared_ptr<const std::string> path) { path_.store(std::move(path)); }
    std::string operator*() const { return *path_.load(); }
    std::shared_ptr<const std::string> operator->() const { return path_.load(); }
    operator std::shared_ptr<const std::string>() const { return path_.load(); }

  private:
    Published<const std::string> path_;
};

/// Directories in which a log that moves has been, is, and will be.
struct Relocation {
    std::string future;  ///< the copy
    std::string place;   ///< its name when it is complete
    std::string aside;   ///< that of the old files then
    /// Set if it fails, and the directory that the log goes to is to blame.
    bool failed_there = false;
};

/// The mutex guards producers, epochs, the segments' write side and who publishes; what readers
/// need is published: segments, offsets, recent borders.
class PartitionLog final : public Log, public std::enable_shared_from_this<PartitionLog> {
  public:
    using SegmentList = std::vector<std::shared_ptr<Segment>>;

    /// Loads what is in `directory`, the partition's own, and recovers after a crash. If there is
    /// nothing, the directory is yet to be made: see make_directory().
    static Result<std::shared_ptr<PartitionLog>> open(const LogEnvironment& environment,
                                                      std::string directory, PartitionName name,
                                                      Uuid topic_id,
                                                      std::shared_ptr<const LogConfig> config,
                                                      const LogCheckpoint& checkpoint);
    ~PartitionLog() override;

    const std::string& topic() const override { return name_.topic; }
    int32_t partition() const override { return name_.partition; }
    Uuid topic_id() const override { return topic_id_; }
    std::string directory() const override { return *directory_; }
    Result<void> check_usable() const override;

    Offset log_start_offset() const override { return Offset(log_start_.load()); }
    Offset log_end_offset() const override { return Offset(log_end_.load()); }
    Offset high_watermark() const override { return Offset(high_watermark_.load()); }
    Offset last_stable_offset() const override;
    int64_t size_bytes() const override;
    bool advance_high_watermark(Offset to) override;

    Result<ValidRecords> validate(MutableBytesView batches, const AppendSource& source,
                                  std::vector<RecordError>* record_errors) const override;
    Result<AppendInfo> append(ValidRecords records, LeaderEpoch epoch) override;
    Result<VerificationGuard> start_verification(const TransactionStart& start) override;
    Result<void> check_transaction(ProducerId producer, ProducerEpoch epoch,
                                   std::optional<VerificationGuard> guard) const override;
    Result<LogRead> read(Offset from, int64_t max_bytes, Offset end, bool at_least_one,
                         bool with_aborted) override;
    Result<std::optional<TimestampedOffset>> offset_for_timestamp(TimestampMs timestamp) override;
    Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() override;

    std::optional<LeaderEpoch> latest_epoch() const override;
    std::optional<LeaderEpoch> epoch_of(Offset offset) const override;
    std::pair<LeaderEpoch, Offset> end_offset_for_epoch(LeaderEpoch requested) const override;
    Result<void> start_epoch(LeaderEpoch epoch) override;
    Result<Offset> delete_records_before(Offset offset) override;

    void sync(std::function<void(Result<void>)> done) override;
    Offset recovery_point() const override { return Offset(recovery_point_.load()); }

    std::vector<ActiveProducer> active_producers() const override;
    void reconfigure(const LogConfig& config) override;
    LogConfig config() const override { return *config_.load(); }

    // For the log manager.

    /// Makes the directory and its partition.metadata, unless they are there; so does the first
    /// append. Nothing happens once the log is retired.
    Result<void> make_directory();
    bool has_directory() const { return has_directory_.load(); }
    /// Soon after the log became restless: flush.ms, segments below the log start.
    void tick();
    /// Drops the segments that retention asks for; their files are renamed, and removed after
    /// file.delete.delay.ms. Returns how many.
    Result<size_t> delete_old_segments();
    /// Forgets producers whose newest record is too old. Seldom: an idempotent producer of old
    /// records is remembered only until then.
    void expire_producers();
    /// seal(), synced, and closed.
    Result<void> shut_down();
    /// Indexes trimmed, producer snapshot and epochs written; nothing is appended afterwards.
    /// Whether any of it must still go onto the device.
    Result<bool> seal();
    /// Brings what seal() left onto the device.
    Result<void> sync_sealed();
    /// The whole volume was synced after seal().
    void note_all_synced();
    /// While it is held, neither retention nor compaction touches the files. Before other mutexes.
    std::unique_lock<std::mutex> pause_maintenance() {
        return std::unique_lock(maintenance_mutex_);
    }
    /// No further use (the partition is deleted): files are closed, open slices stay readable.
    void retire();
    bool is_offline() const { return offline_.load(); }
    /// The disk failed: nothing is written or read any more, and the data directory's owner hears
    /// of it (later, from another thread). Returns `cause`.
    Error go_offline(const Error& cause);
    /// The same, unless the disk is merely full. REQUIRES: the files are as they were before.
    Error note_failure(const Error& cause) {
        return cause.is_disk_full() ? cause : go_offline(cause);
    }
    /// Its data directory failed elsewhere.
    void take_offline() { offline_ = true; }
    bool is_compacted() const { return config_.load()->cleanup_compact; }
    /// Makes `to.future` the log's directory, under the name `to.place`: nobody notices but by the
    /// time it takes. `complete` brings the files of these segments there, onto the device; appends
    /// wait for it. On failure the log is where it was; without one it is there, though perhaps
    /// offline with its new directory. REQUIRES: pause_maintenance() is held.
    Result<void> relocate(Relocation& to,
                          const std::function<Result<void>(const SegmentList&)>& complete);
    /// From now on compaction leaves the segments alone, or not.
    void set_moving(bool moving) { moving_ = moving; }
    bool is_moving() const { return moving_.load(); }
    /// First offset of the first segment: what the log start is without a checkpoint, also after a
    /// power failure.
    Offset first_segment_offset() const { return Offset(first_segment_.load()); }

    /// A snapshot; the last one is the active segment.
    std::shared_ptr<const SegmentList> segment_list() const { return segments_.load(); }

    // For the cleaner.

    /// Records before `end`, and all that a start needs to find them, onto the device. In the
    /// calling thread.
    Result<void> sync_before(Offset end);
    /// So that after a power failure no other log is taken for this one, nor this for another.
    Result<void> sync_identity();
    /// Of every producer that the log remembers.
    std::unordered_map<ProducerId, LastOfProducer> last_of_producers() const;
    /// Aborted transactions that ended at or after `from` and began before `end`.
    Result<std::vector<AbortedTransactionEntry>> aborted_entries(Offset from, Offset end) const;
    /// Whether they stand in the log, in this order, and the active one is not among them.
    bool has_neighbours(const SegmentList& wanted) const;
    /// Puts `cleaned`, which is finished, in the place of `old`, which are sealed neighbours.
    /// False, and nothing is changed, if they are not in the log any more. If the files can't be
    /// renamed half-way, the log is offline.
    Result<bool> replace_segments(const SegmentList& old, CleanedSegment& cleaned);
    /// The newest record's; of a segment without timestamps, when its file was last written to.
    Result<TimestampMs> age_timestamp(Segment& segment) const;

  private:
    PartitionLog(const LogEnvironment& environment, std::string directory, PartitionName name,
                 Uuid topic_id, std::shared_ptr<const LogConfig> config);

    // Opening (partition_log_open.cc).
    Result<void> load(const LogCheckpoint& checkpoint);
    void start_empty();
    using FileNames = std::vector<std::string>;
    Result<SegmentList> find_segments(const FileNames& names, Offset log_start);
    Result<void> remove_orphans(const FileNames& names, const SegmentList& segments);
    /// Whether both are there; the segment then knows their sizes.
    Result<bool> find_indexes(Segment& segment);
    Result<Offset> find_log_end(Segment& last);
    /// Returns up to where files beside the records may be trusted.
    Result<Offset> load_segments(SegmentList& segments, const LogCheckpoint& checkpoint);
    /// Makes one empty segment at `start` of them, on disk, too.
    Result<void> begin_at(Offset start, SegmentList& segments);
    Result<void> recover_segments(SegmentList& segments, size_t first);
    /// `names`: what is in the directory, sorted.
    struct OffsetRange {
        Offset start;
        Offset end;
    };
    Result<void> load_producers(const SegmentList& segments, const FileNames& names,
                                const OffsetRange& log, Offset trusted_end);
    /// Removes those from `first` on: they can't be part of the log.
    Result<void> remove_lost_segments(SegmentList& segments, size_t first);
    /// Of a file that should not be there after the next start either.
    Result<void> remove_file(const std::string& path);
    /// What was removed stays removed, and what was made before a crash is yet to be synced.
    Result<void> settle_names(const LogCheckpoint& checkpoint);
    Result<void> replay_producers(Segment& segment, Offset from, Offset trusted_end);
    Result<void> load_epochs(const SegmentList& segments);
    Result<void> remove_segment_files(Offset base_offset);

    // Appending (partition_log_append.cc).
    /// REQUIRES: mutex_ held.
    Result<void> make_directory_locked();
    Result<AppendInfo> append_locked(MutableBytesView bytes, LeaderEpoch epoch,
                                     const AppendSource& source, const LogConfig& config);
    Result<std::optional<ProducedBatch>> check_producers(BytesView bytes,
                                                         const AppendSource& source) const;
    Result<void> write_batches(BytesView bytes, const LogConfig& config);
    void note_appended(BytesView bytes, int64_t position);
    void note_epoch(LeaderEpoch epoch, Offset start);
    /// Returns what undoes it, see cut_aborted_transactions().
    Result<int64_t> note_aborted(const Segment& segment, const CompletedTransaction& completed);
    /// Of a marker that is about to be appended to `segment`; nothing if it aborts nothing.
    Result<std::optional<int64_t>> note_aborted_by(BytesView bytes, const Segment& segment);
    Error undo_append(Segment& segment, std::optional<int64_t> noted, const Error& cause);
    void note_batch(const BatchHeader& header, BytesView batch);
    /// As note_failure(); the log tells now and then of a disk that is full. Returns `cause`.
    Error refuse_append(const Error& cause);
    Result<void> roll(Offset base_offset);
    void publish_unstable_offset();
    int64_t draw_roll_jitter() const;

    // Reading (partition_log_read.cc).
    std::shared_ptr<const SegmentList> segments() const { return segments_.load(); }
    /// REQUIRES: `from` < `end`, both within the log.
    Result<LogRead> read_segments(Offset from, int64_t max_bytes, Offset end, bool at_least_one,
                                  bool with_aborted);
    /// Position of the batch that holds `from`, or of the first after it.
    Result<std::optional<int64_t>> find_start(Segment& segment, Offset from);
    Result<std::optional<int64_t>> find_start_in_file(Segment& segment, Offset from);
    /// Position where segment `index` stops being below `end`.
    Result<int64_t> find_end(const SegmentList& segments, size_t index, int64_t start,
                             Offset end) const;
    /// What may be read of a segment.
    struct Extent {
        int64_t start = 0;
        int64_t limit = 0;
        std::optional<Offset> following;  ///< where the next segment begins
    };
    /// The largest border that keeps the slice within `max_bytes`; nothing if no whole batch is
    /// there.
    Result<std::optional<int64_t>> fit(Segment& segment, const Extent& extent, int64_t max_bytes,
                                       bool at_least_one);
    Result<std::vector<AbortedTransactionEntry>> aborted_between(const SegmentList& segments,
                                                                 size_t first, Offset from,
                                                                 Offset end) const;
    template <class Search>
    Result<std::optional<TimestampedOffset>> search_segments(const Search& search) const;
    Result<std::optional<TimestampedOffset>> search_records(Segment& segment, TimestampMs timestamp,
                                                            Offset from) const;

    // Retention (partition_log_retention.cc).
    Result<size_t> count_expired(const SegmentList& segments) const;
    /// Drops the first `count` of `seen`; the active one only if it still has `active_size`.
    /// REQUIRES: maintenance_mutex_ held.
    Result<size_t> drop_segments(const SegmentList& seen, size_t count, int64_t active_size);
    /// Takes them out of the log; their files are still there.
    Result<SegmentList> take_segments(const SegmentList& seen, size_t count, int64_t active_size);
    Result<void> roll_to_empty();
    void remove_segments_below_start();
    Result<void> retire_dropped(const SegmentList& dropped);
    Result<void> retire_segment_files(Offset base_offset, bool with_snapshot);
    Result<void> retire_file(const std::string& name);

    // Compaction (partition_log_compaction.cc).
    /// All its files, only the one of the records, or only the others.
    Result<void> rename_all(const CleanedSegment& cleaned, std::string_view from,
                            std::string_view to, std::optional<bool> logs = {});
    Result<void> swap_files(const SegmentList& old, const CleanedSegment& cleaned);
    void publish_cleaned(const SegmentList& old, std::shared_ptr<Segment> cleaned);

    // Moving (partition_log_move.cc).
    Result<void> write_state(const std::string& directory);
    SegmentList relocated(const SegmentList& old,
                          const std::shared_ptr<const std::string>& directory) const;
    Result<void> change_names(Relocation& to);
    Result<void> take_back(const Relocation& to);
    void sync_new_names(const std::string& from);

    // Syncing (partition_log_sync.cc).
    /// Asks for a tick().
    void become_restless();
    bool awaits_flush(const LogConfig& config) const;
    void run_sync_round();
    Result<void> sync_aborted_transactions(const Segment& segment);
    /// Epochs of records onto the device. Before the recovery point moves past these records: of
    /// what lies behind it, a recovery learns the epochs from the records themselves.
    Result<void> write_epochs();
    Result<void> sync_files();
    Result<void> sync_directory();
    /// Whether the files of `segment` may be gone because it was dropped, or the whole log deleted.
    bool is_removed(const Segment& segment) const;

    const LogEnvironment environment_;
    const PartitionName name_;
    const Uuid topic_id_;
    LogDirectory directory_;  // changes with mutex_ and the other locks held
    Published<const LogConfig> config_;
    Published<const SegmentList> segments_;
    std::atomic<RecentBorders*> recent_{nullptr};  // owned; a log without records has none
    ReadHints hints_;
    std::atomic<int64_t> log_start_{0};
    std::atomic<int64_t> log_end_{0};
    std::atomic<int64_t> high_watermark_{0};
    std::atomic<int64_t> first_unstable_{-1};  // -1: every transaction is decided
    std::atomic<int64_t> recovery_point_{0};
    std::atomic<int64_t> first_segment_{0};  // none before it comes back after a power failure
    std::atomic<int64_t> last_sync_ms_{0};
    std::atomic<bool> offline_{false};
    std::atomic<bool> retired_{false};
    std::atomic<bool> moving_{false};
    std::atomic<bool> restless_{false};
    std::atomic<bool> has_directory_{true};  // made under mutex_
    std::atomic<bool> directory_dirty_{false};
    std::atomic<bool> is_identified_{false};  // partition.metadata is on the device
    bool names_removed_ = false;              // while opening

    /// Who drops or replaces segments and renames their files; taken before all others.
    std::mutex maintenance_mutex_;
    std::mutex sync_files_mutex_;  // one thread syncs at a time; taken before those that follow
    std::mutex epoch_file_mutex_;  // one writer of the file at a time; taken before mutex_
    mutable std::mutex mutex_;
    LeaderEpochs epochs_;
    bool epochs_dirty_ = false;        // epochs of records are not in the file
    bool epoch_is_unwritten_ = false;  // the latest is not in the file, but has no records either
    ProducerStates producers_;
    uint64_t guards_given_ = 0;
    Offset last_snapshot_{-1};
    int64_t roll_jitter_ms_ = 0;

    std::mutex sync_mutex_;  // guards what follows; nothing else is locked under it
    std::vector<std::function<void(Result<void>)>> sync_waiters_;
    bool sync_running_ = false;
};

}  // namespace milena
