// SPDX-License-Identifier: Apache-2.0
// The metadata log on disk, as KRaft keeps it:
//   __cluster_metadata-0/00000000000000000000.log    record batches; the name is the first offset
//   __cluster_metadata-0/leader-epoch-checkpoint     "epoch first-offset" of every epoch
//   __cluster_metadata-0/partition.metadata          the fixed topic id
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cluster/metadata_batch.h"

namespace milena {

inline constexpr std::string_view kMetadataTopic = "__cluster_metadata";
inline constexpr int64_t kMetadataBatchBytesMax = 8 << 20;

/// One thread; active_file() alone may be used by another, to sync it.
class MetadataLog {
  public:
    /// Makes the directory if it isn't there. Indexes that Apache Kafka left are dropped: it
    /// rebuilds them, and they would not cover what is appended here.
    static Result<std::unique_ptr<MetadataLog>> open(FileSystem& files, std::string directory);

    using Visit = std::function<Result<void>(const MetadataBatch&)>;
    /// Every batch that holds `from` or later, in order. A torn tail is cut off; damage anywhere
    /// else is CORRUPT_MESSAGE, as is a log without records where a broker was stopped cleanly. To
    /// be called once, before the first append.
    Result<void> replay(Offset from, const Visit& visit);
    /// Starts anew at `offset`: what a snapshot newer than the whole log asks for.
    Result<void> restart_at(Offset offset);

    Offset start_offset() const { return segments_.begin()->first; }
    Offset end_offset() const { return end_; }
    /// Epoch of the last batch, 0 if there is none.
    int32_t last_epoch() const { return epochs_.empty() ? 0 : epochs_.rbegin()->first; }
    int64_t bytes() const;

    /// Appends batches that were built for end_offset() and what follows; `record_count` offsets
    /// are taken. After an error the log is as before, or takes nothing any more.
    Result<void> append(std::span<const Bytes> batches, int64_t record_count);
    /// Takes the last `bytes` with their `record_count` offsets back: what was appended last.
    Result<void> take_back(int64_t bytes, int64_t record_count);
    /// Remembers that `epoch` starts at end_offset(). Durable on return.
    Result<void> start_epoch(int32_t epoch);
    /// What must be synced for appended batches to be durable.
    std::shared_ptr<File> active_file() const { return active_; }

    /// Next batch goes into a new file. After an error nothing is appended any more.
    Result<void> roll();
    /// Deletes files that hold nothing at or above `offset`, never the active one.
    Result<void> delete_before(Offset offset);

  private:
    MetadataLog(FileSystem& files, std::string directory)
        : files_(files), directory_(std::move(directory)) {}

    Result<void> prepare_directory();
    Result<void> load_epochs();
    Result<void> save_epochs();
    Result<void> replay_segment(Offset base, bool last, Offset from, const Visit& visit);
    /// Whether the data directory's broker was stopped cleanly, and has not run since.
    bool was_stopped();
    Result<void> cut_tail(File& file, int64_t position, const std::string& why);
    Result<void> open_active();
    std::string segment_path(Offset base) const;

    FileSystem& files_;
    const std::string directory_;
    std::map<Offset, int64_t> segments_;  // base offset -> bytes; never empty after open
    std::map<int32_t, Offset> epochs_;    // epoch -> first offset
    std::shared_ptr<File> active_;
    Offset end_{0};
    bool broken_ = false;  // a failed append could not be undone, or a roll failed
};

}  // namespace milena
