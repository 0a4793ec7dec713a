// SPDX-License-Identifier: Apache-2.0
// A log on its way into another data directory.
//
// It is copied, file by file, into <topic>-<partition>.<hex>-future over there, while it is written
// and read where it is. A segment is written as <base>.log.tmp, synced, and renamed when it is
// complete: so whoever finds the directory after a crash finds a log, if an old one, and may go on.
// At last, while nobody appends, the rest follows, and the directories change their names.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "storage/partition_log.h"

namespace milena {

/// copy() and finish() are one thread's at a time, the mover's; the rest is any thread's.
class LogMove {
  public:
    /// `directory` is the data directory it goes to; `future` the copy's own within it, which may
    /// be there already.
    LogMove(std::shared_ptr<PartitionLog> log, FileSystem& files, std::string directory,
            std::string future);

    PartitionLog& log() const { return *log_; }
    std::shared_ptr<PartitionLog> shared_log() const { return log_; }
    PartitionName name() const { return {log_->topic(), log_->partition()}; }
    const std::string& directory() const { return directory_; }
    const std::string& future() const { return future_; }

    /// Makes the directory, so that a restart knows of the move.
    Result<void> begin();
    /// Copies about `bytes_max`. False once so little is left that finish() may take it.
    Result<bool> copy(int64_t bytes_max);
    /// The rest, and the change of names: the log is in `directory()` then. Returns where its old
    /// files are. REQUIRES: the log's maintenance is paused.
    Result<std::string> finish();

    /// What is copied so far; how far that is behind the log's end.
    int64_t copied_bytes() const { return finished_bytes_.load() + position_.load(); }
    int64_t offset_lag() const;

    void cancel() { cancelled_ = true; }
    bool is_cancelled() const { return cancelled_.load(); }
    /// Whether the cluster was told where the log is about to be.
    bool is_announced() const { return announced_.load(); }
    void set_announced() { announced_ = true; }
    /// Whether the failure that copy() or finish() returned is one of the directory it goes to.
    bool failed_there() const { return failed_there_; }

  private:
    using SegmentList = PartitionLog::SegmentList;

    /// Takes note of what an earlier attempt left complete, and removes the rest.
    Result<void> weigh_leftovers();
    bool is_complete(const std::string& name, const SegmentList& segments) const;
    std::string path_of(Offset base, std::string_view suffix) const;
    std::shared_ptr<Segment> next_segment(const SegmentList& segments) const;
    /// The one that is to be copied now is segment_.
    Result<void> choose_segment(const SegmentList& segments);
    Result<void> open_segment(std::shared_ptr<Segment> segment);
    /// For writing; what there was is gone.
    Result<void> open_copy();
    Result<bool> copy_segments(const SegmentList& segments, int64_t bytes_max);
    Result<int64_t> copy_chunk(int64_t bytes_max);
    /// Whether the copy has the chunk where it belongs.
    Result<bool> is_copied(BytesView chunk);
    Result<void> finish_segment();
    /// All files of it that are there, onto the device.
    Result<void> sync_segment(Offset base);
    /// What is finished gets its name once it is on the device.
    Result<void> settle();
    Result<void> copy_side_files(const Segment& segment);
    Result<void> copy_file(const std::string& name);
    Result<void> complete(const SegmentList& segments);
    /// All files of it that may be there.
    Result<void> remove_copy(Offset base);
    Result<void> remove_dropped(const SegmentList& segments);
    Result<void> there(Result<void> result);

    const std::shared_ptr<PartitionLog> log_;
    FileSystem& files_;
    const std::string directory_;
    const std::string future_;
    std::set<Offset> earlier_;  // left complete by an earlier attempt, if it is still the same
    std::set<Offset> finished_;
    Offset cursor_{-1};                 // nothing is to be copied of what begins up to there
    std::vector<Offset> unsettled_;     // of these, not synced yet
    std::shared_ptr<Segment> segment_;  // the one that is copied
    std::shared_ptr<File> source_;
    std::shared_ptr<File> copy_;
    bool compares_ = false;  // the copy is an earlier attempt's
    bool weighed_ = false;
    bool failed_there_ = false;
    std::atomic<int64_t> finished_bytes_{0};
    std::atomic<int64_t> position_{0};   // in segment_
    std::atomic<int64_t> copied_to_{0};  // offset
    std::atomic<bool> cancelled_{false};
    std::atomic<bool> announced_{false};
};

}  // namespace milena
