// SPDX-License-Identifier: Apache-2.0
// The metadata log and the image it makes: loading, leading, appending, snapshots. With one voter a
// record is committed once it is synced.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "cluster/metadata_log.h"
#include "cluster/metadata_snapshot.h"
#include "cluster/record_list.h"
#include "cluster/replay.h"

namespace milena {

struct MetadataStoreOptions {
    /// The data directory that holds (or gets) __cluster_metadata-0.
    std::string data_directory;
    std::string cluster_id;
    int32_t node_id = 1;
    /// A snapshot is due after so many bytes of log.
    int64_t snapshot_bytes = 20 << 20;
    /// Log and snapshots older than the newest snapshot are deleted above this size.
    int64_t retention_bytes = 100 << 20;
    /// Records of one batch; a change that needs more batches is a transaction.
    size_t batch_records_max = 10'000;
    size_t batch_bytes_max = kMetadataBatchBytesMax / 2;
};

/// One thread, the controller's, but for what says otherwise.
class MetadataStore {
  public:
    /// Loads the newest snapshot and the log behind it.
    static Result<std::unique_ptr<MetadataStore>> open(MetadataStoreOptions options,
                                                       FileSystem& files, const Clock& clock);

    /// All that was appended, synced or not.
    const ImageState& state() const { return state_; }
    ImageState& mutable_state() { return state_; }
    Offset end_offset() const { return log_->end_offset(); }
    int32_t epoch() const { return epoch_; }
    bool dynamic_quorum() const { return raft_.voters.has_value(); }
    /// A transaction that a crash (or Apache Kafka's fail-over) left open.
    bool in_transaction() const { return replayer_.in_transaction(); }
    /// What `kafka-storage format` left for the first start: feature levels, credentials.
    const std::vector<Bytes>& bootstrap_values() const { return bootstrap_; }

    /// Takes the leadership in a new epoch: durable, then announced in the log.
    Result<void> become_leader();
    /// Appends all records and replays them, or does neither. What doesn't fit one batch becomes a
    /// transaction (from metadata.version 13 on), of which a crash leaves all or nothing; offsets
    /// of its records are one higher then, for the record that begins it.
    Result<void> append(const RecordList& records);
    /// What was appended could not be replayed: state() is no image of the log any more, and must
    /// not be published.
    bool is_broken() const { return failure_.has_value(); }
    Result<void> sync() { return log_->active_file()->sync(); }
    std::shared_ptr<File> file_to_sync() const { return log_->active_file(); }

    bool snapshot_due() const { return bytes_since_snapshot_ >= options_.snapshot_bytes; }
    /// Begins a new file for what comes; the snapshot may then be written.
    Result<void> begin_snapshot();
    /// Writes a snapshot of `image`. Any thread, one at a time. REQUIRES: committed
    Result<void> write_snapshot(const ImageState& image) const;
    /// Deletes what the snapshot made superfluous.
    Result<void> finish_snapshot();

  private:
    MetadataStore(MetadataStoreOptions options, FileSystem& files, const Clock& clock);

    Result<void> load();
    Result<void> load_snapshot(const SnapshotId& id);
    Result<void> load_bootstrap();
    Result<void> take_batch(const MetadataBatch& batch);
    Result<void> check_voters() const;
    std::vector<Bytes> build_batches(std::span<const Bytes> values) const;
    /// How many of `values` the next batch takes.
    size_t batch_count(std::span<const Bytes> values) const;
    Result<void> append_values(std::span<const Bytes> values, const std::vector<Bytes>& batches);
    Result<void> replay_appended(std::span<const Bytes> values, Offset first);

    const MetadataStoreOptions options_;
    FileSystem& files_;
    const Clock& clock_;
    const std::string directory_;
    const std::string quorum_path_;
    std::unique_ptr<MetadataLog> log_;
    ImageState state_;
    Replayer replayer_;
    RaftRecords raft_;
    std::vector<Bytes> bootstrap_;
    int32_t epoch_ = 0;
    std::optional<Error> failure_;
    int64_t bytes_since_snapshot_ = 0;
};

}  // namespace milena
