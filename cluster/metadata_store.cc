// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_store.h"

#include <algorithm>

#include "base/log.h"
#include "cluster/quorum_state.h"
#include "cluster/record_versions.h"
#include "cluster/snapshot_records.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/leader_change_message.h"
#include "protocol/messages/voters_record.h"

namespace milena {
namespace {

constexpr std::string_view kDirectory = "/__cluster_metadata-0";
constexpr std::string_view kBootstrapFile = "/bootstrap.checkpoint";
constexpr SnapshotId kBootstrapSnapshot{Offset(0), 0};

RecordList as_transaction(std::span<const Bytes> values) {
    RecordList records;
    records.add(protocol::BeginTransactionRecord(), 0);
    for (const Bytes& value : values) records.add_raw(value);
    records.add(protocol::EndTransactionRecord(), 0);
    return records;
}

}  // namespace

MetadataStore::MetadataStore(MetadataStoreOptions options, FileSystem& files, const Clock& clock)
    : options_(std::move(options)),
      files_(files),
      clock_(clock),
      directory_(options_.data_directory + std::string(kDirectory)),
      quorum_path_(directory_ + "/quorum-state"),
      state_(options_.cluster_id, options_.node_id),
      replayer_(state_) {}

Result<std::unique_ptr<MetadataStore>> MetadataStore::open(MetadataStoreOptions options,
                                                           FileSystem& files, const Clock& clock) {
    std::unique_ptr<MetadataStore> store(new MetadataStore(std::move(options), files, clock));
    auto log = MetadataLog::open(files, store->directory_);
    if (!log) return log.error();
    store->log_ = std::move(*log);
    if (auto loaded = store->load(); !loaded) return loaded.error();
    if (auto alone = store->check_voters(); !alone) return alone.error();
    return store;
}

Result<void> MetadataStore::load() {
    auto snapshots = list_snapshots(files_, directory_);
    if (!snapshots) return snapshots.error();
    Offset from{0};
    if (!snapshots->empty() && snapshots->back() > kBootstrapSnapshot) {
        if (auto loaded = load_snapshot(snapshots->back()); !loaded) return loaded;
        from = snapshots->back().end_offset;
    }
    if (auto loaded = load_bootstrap(); !loaded) return loaded;
    auto replayed = log_->replay(from, [this](const auto& batch) { return take_batch(batch); });
    if (!replayed) return replayed;
    if (log_->start_offset() > from)
        return Error(ErrorCode::CORRUPT_MESSAGE, directory_ + " lacks the records from offset " +
                                                     std::to_string(from.value) + " to " +
                                                     std::to_string(log_->start_offset().value));
    return log_->end_offset() < from ? log_->restart_at(from) : Result<void>();
}

Result<void> MetadataStore::load_snapshot(const SnapshotId& id) {
    auto content = read_snapshot(files_, snapshot_path(directory_, id));
    if (!content) return content.error();
    raft_ = std::move(content->raft);
    const Offset last = id.end_offset - 1;
    for (const Bytes& value : content->values)
        if (auto applied = replayer_.apply(value, last, id.epoch); !applied) return applied;
    state_.set_position(last, id.epoch);
    epoch_ = id.epoch;
    return {};
}

Result<void> MetadataStore::load_bootstrap() {
    std::string path = options_.data_directory + std::string(kBootstrapFile);
    const std::string first_snapshot = snapshot_path(directory_, kBootstrapSnapshot);
    // Kafka before 4.4 wrote the one, since then the records are in the other.
    for (const std::string& file : {path, first_snapshot}) {
        if (!files_.exists(file)) continue;
        auto content = read_snapshot(files_, file);
        if (!content) return content.error();
        if (!content->values.empty()) bootstrap_ = std::move(content->values);
        if (!raft_.voters && content->raft.voters) raft_ = std::move(content->raft);
    }
    return {};
}

Result<void> MetadataStore::take_batch(const MetadataBatch& batch) {
    Offset offset = batch.at.base_offset;
    for (const MetadataBatch::Entry& entry : batch.entries) {
        Bytes value(entry.value.begin(), entry.value.end());
        if (entry.type == ControlType::kKRaftVersion) raft_.kraft_version = std::move(value);
        if (entry.type == ControlType::kKRaftVoters) raft_.voters = std::move(value);
        if (!entry.type) {
            bytes_since_snapshot_ += static_cast<int64_t>(entry.value.size());
            if (auto applied = replayer_.apply(entry.value, offset, batch.at.epoch); !applied)
                return Error(applied.error().code(), directory_ + ": record at offset " +
                                                         std::to_string(offset.value) + ": " +
                                                         applied.error().message());
        }
        offset = offset + 1;
    }
    state_.set_position(batch.last_offset, batch.at.epoch);
    epoch_ = std::max(epoch_, batch.at.epoch);
    return {};
}

Result<void> MetadataStore::check_voters() const {
    auto quorum = read_quorum_state(files_, quorum_path_);
    if (!quorum) return quorum.error();
    std::vector<int32_t> voters = quorum->voters;
    if (raft_.voters) {
        auto record = protocol::decode_message<protocol::VotersRecord>(*raft_.voters, 0);
        if (!record) return record.error();
        voters.clear();
        for (const auto& voter : record->voters) voters.push_back(voter.voter_id);
    }
    if (voters.empty() || voters == std::vector<int32_t>{options_.node_id}) return {};
    std::string ids;
    for (const int32_t voter : voters) ids += " " + std::to_string(voter);
    return Error(ErrorCode::INVALID_REQUEST,
                 directory_ + " belongs to a metadata quorum of the nodes" + ids +
                     "; this node is " + std::to_string(options_.node_id) +
                     " and can only be a quorum alone. Start it with the directory's own node.id, "
                     "or with an empty data directory.");
}

Result<void> MetadataStore::become_leader() {
    auto quorum = read_quorum_state(files_, quorum_path_);
    if (!quorum) return quorum.error();
    epoch_ = std::max({epoch_, log_->last_epoch(), quorum->leader_epoch}) + 1;
    quorum->dynamic |= dynamic_quorum();
    quorum->leader_id = options_.node_id;
    quorum->leader_epoch = epoch_;
    if (auto saved = write_quorum_state(files_, quorum_path_, *quorum); !saved) return saved;
    if (auto started = log_->start_epoch(epoch_); !started) return started;
    protocol::LeaderChangeMessage message;
    message.leader_id = options_.node_id;
    message.voters.emplace_back().voter_id = options_.node_id;
    message.granting_voters.emplace_back().voter_id = options_.node_id;
    const ControlRecord record{ControlType::kLeaderChange, protocol::encode_message(message, 0)};
    const BatchStamp at{log_->end_offset(), epoch_, clock_.now()};
    const Bytes batch = build_control_batch(at, {&record, 1});
    if (auto done = log_->append({&batch, 1}, 1); !done) return done;
    state_.set_position(at.base_offset, epoch_);
    return {};
}

Result<void> MetadataStore::append(const RecordList& records) {
    if (failure_) return *failure_;
    const auto values = records.values();
    if (values.empty()) return {};
    std::vector<Bytes> batches = build_batches(values);
    const bool can_begin = state_.metadata_version() >= kMetadataVersionTransactions;
    if (batches.size() == 1 || !can_begin) return append_values(values, batches);
    const RecordList transaction = as_transaction(values);
    return append_values(transaction.values(), build_batches(transaction.values()));
}

std::vector<Bytes> MetadataStore::build_batches(std::span<const Bytes> values) const {
    std::vector<Bytes> batches;
    BatchStamp at{log_->end_offset(), epoch_, clock_.now()};
    while (!values.empty()) {
        const size_t count = batch_count(values);
        batches.push_back(build_metadata_batch(at, values.first(count)));
        at.base_offset = at.base_offset + static_cast<int64_t>(count);
        values = values.subspan(count);
    }
    return batches;
}

size_t MetadataStore::batch_count(std::span<const Bytes> values) const {
    size_t count = 0;
    size_t bytes = 0;
    while (count < values.size() && count < options_.batch_records_max &&
           bytes + values[count].size() < options_.batch_bytes_max)
        bytes += values[count++].size();
    return std::max<size_t>(count, 1);
}

Result<void> MetadataStore::append_values(std::span<const Bytes> values,
                                          const std::vector<Bytes>& batches) {
    const Offset first = log_->end_offset();
    const auto count = static_cast<int64_t>(values.size());
    if (auto done = log_->append(batches, count); !done) return done;
    int64_t bytes = 0;
    for (const Bytes& batch : batches) bytes += static_cast<int64_t>(batch.size());
    bytes_since_snapshot_ += bytes;
    auto replayed = replay_appended(values, first);
    if (replayed) return {};
    // What this node wrote it must be able to read; if not, it may not go on.
    failure_ = replayed.error();
    if (auto undone = log_->take_back(bytes, count); !undone) return undone;
    return replayed;
}

Result<void> MetadataStore::replay_appended(std::span<const Bytes> values, Offset first) {
    Offset offset = first;
    for (const Bytes& value : values) {
        if (auto applied = replayer_.apply(value, offset, epoch_); !applied) return applied;
        offset = offset + 1;
    }
    return {};
}

Result<void> MetadataStore::begin_snapshot() {
    bytes_since_snapshot_ = 0;
    return log_->roll();
}

Result<void> MetadataStore::write_snapshot(const ImageState& image) const {
    const SnapshotId id{image.offset() + 1, image.epoch()};
    const TimestampMs now = clock_.now();
    const RecordList records = snapshot_records(image);
    return milena::write_snapshot(files_, directory_, id, records.values(), raft_, now, now);
}

Result<void> MetadataStore::finish_snapshot() {
    auto snapshots = list_snapshots(files_, directory_);
    if (!snapshots) return snapshots.error();
    std::erase(*snapshots, kBootstrapSnapshot);
    // The newest stays whatever its size; of the older ones those that fit.
    int64_t bytes = log_->bytes();
    const auto size_of = [&](const SnapshotId& id) {
        auto size = files_.file_size(snapshot_path(directory_, id));
        return size ? *size : 0;
    };
    for (const SnapshotId& id : *snapshots) bytes += size_of(id);
    for (size_t i = 0; i + 1 < snapshots->size() && bytes > options_.retention_bytes; ++i) {
        bytes -= size_of((*snapshots)[i]);
        auto removed = files_.remove(snapshot_path(directory_, (*snapshots)[i]));
        if (!removed) return removed;
        const int64_t log_bytes = log_->bytes();
        // The next snapshot is the oldest now: what lies before it can't be replayed any more.
        if (auto done = log_->delete_before((*snapshots)[i + 1].end_offset); !done) return done;
        bytes -= log_bytes - log_->bytes();
    }
    return {};
}

}  // namespace milena
