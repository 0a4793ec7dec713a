// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_snapshot.h"

#include <algorithm>
#include <cstdio>

#include "protocol/message.h"
#include "protocol/messages/snapshot_footer_record.h"
#include "protocol/messages/snapshot_header_record.h"

namespace milena {
namespace {

constexpr std::string_view kUnfinishedSuffix = ".part";
constexpr size_t kRecordsPerBatchMax = 4096;
constexpr size_t kBatchBytesTarget = 1 << 20;

std::optional<SnapshotId> parse_name(const std::string& name) {
    long long offset = 0;
    int epoch = 0;
    int length = 0;
    const int fields =
        std::sscanf(name.c_str(), "%20lld-%10d.checkpoint%n", &offset, &epoch, &length);
    if (fields != 2 || static_cast<size_t>(length) != name.size()) return std::nullopt;
    return SnapshotId{Offset(offset), epoch};
}

/// Writes batch after batch; offsets within a snapshot count from 0.
class SnapshotWriter {
  public:
    SnapshotWriter(File& file, int32_t epoch, TimestampMs now) : file_(file), at_{{}, epoch, now} {}

    Result<void> control(std::vector<ControlRecord> records) {
        return write(build_control_batch(at_, records), records.size());
    }

    Result<void> data(std::span<const Bytes> values) {
        while (!values.empty()) {
            size_t count = 0;
            size_t bytes = 0;
            while (count < values.size() && count < kRecordsPerBatchMax &&
                   bytes < kBatchBytesTarget)
                bytes += values[count++].size();
            auto written = write(build_metadata_batch(at_, values.first(count)), count);
            if (!written) return written;
            values = values.subspan(count);
        }
        return {};
    }

  private:
    Result<void> write(const Bytes& batch, size_t records) {
        auto written = file_.write_at(position_, batch);
        position_ += static_cast<int64_t>(batch.size());
        at_.base_offset = at_.base_offset + static_cast<int64_t>(records);
        return written;
    }

    File& file_;
    BatchStamp at_;
    int64_t position_ = 0;
};

std::vector<ControlRecord> header_records(const RaftRecords& raft, TimestampMs last_contained) {
    protocol::SnapshotHeaderRecord header;
    header.last_contained_log_timestamp = last_contained.value;
    std::vector<ControlRecord> records;
    records.push_back({ControlType::kSnapshotHeader, protocol::encode_message(header, 0)});
    if (raft.kraft_version) records.push_back({ControlType::kKRaftVersion, *raft.kraft_version});
    if (raft.voters) records.push_back({ControlType::kKRaftVoters, *raft.voters});
    return records;
}

Result<void> write_content(File& file, const SnapshotId& id, std::span<const Bytes> values,
                           const RaftRecords& raft, TimestampMs last_contained, TimestampMs now) {
    SnapshotWriter writer(file, id.epoch, now);
    if (auto done = writer.control(header_records(raft, last_contained)); !done) return done;
    if (auto done = writer.data(values); !done) return done;
    std::vector<ControlRecord> footer;
    footer.push_back({ControlType::kSnapshotFooter,
                      protocol::encode_message(protocol::SnapshotFooterRecord(), 0)});
    if (auto done = writer.control(std::move(footer)); !done) return done;
    return file.sync();
}

/// False after the footer.
bool take_batch(const MetadataBatch& batch, SnapshotContent& content) {
    for (const MetadataBatch::Entry& entry : batch.entries) {
        Bytes value(entry.value.begin(), entry.value.end());
        if (!entry.type) {
            content.values.push_back(std::move(value));
        } else if (*entry.type == ControlType::kSnapshotFooter) {
            return false;
        } else if (*entry.type == ControlType::kKRaftVersion) {
            content.raft.kraft_version = std::move(value);
        } else if (*entry.type == ControlType::kKRaftVoters) {
            content.raft.voters = std::move(value);
        }
    }
    content.last_contained = batch.at.timestamp;
    return true;
}

}  // namespace

std::string snapshot_path(const std::string& directory, const SnapshotId& id) {
    char name[64];
    std::snprintf(name, sizeof name, "/%020lld-%010d.checkpoint",
                  static_cast<long long>(id.end_offset.value), id.epoch);
    return directory + name;
}

Result<std::vector<SnapshotId>> list_snapshots(FileSystem& files, const std::string& directory) {
    auto names = files.list(directory);
    if (!names) return names.error();
    std::vector<SnapshotId> found;
    for (const std::string& name : *names) {
        if (auto id = parse_name(name)) found.push_back(*id);
        if (!name.ends_with(kUnfinishedSuffix)) continue;
        if (auto removed = files.remove(directory + "/" + name); !removed) return removed.error();
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<SnapshotContent> read_snapshot(FileSystem& files, const std::string& path) {
    auto bytes = files.read_file(path);
    if (!bytes) return bytes.error();
    SnapshotContent content;
    BytesView rest(*bytes);
    while (rest.size() >= kBatchLengthPrefix) {
        const int64_t size = batch_size(rest);
        if (size <= 0 || size > static_cast<int64_t>(rest.size())) break;
        auto batch = parse_metadata_batch(rest.first(static_cast<size_t>(size)));
        if (!batch) return Error(batch.error().code(), path + ": " + batch.error().message());
        if (!take_batch(*batch, content)) return content;
        rest = rest.subspan(static_cast<size_t>(size));
    }
    return Error(ErrorCode::CORRUPT_MESSAGE, path + " ends before its footer");
}

Result<void> write_snapshot(FileSystem& files, const std::string& directory, const SnapshotId& id,
                            std::span<const Bytes> values, const RaftRecords& raft,
                            TimestampMs last_contained, TimestampMs now) {
    const std::string path = snapshot_path(directory, id);
    const std::string unfinished = path + std::string(kUnfinishedSuffix);
    auto file = files.open(unfinished, OpenMode::kTruncate);
    if (!file) return file.error();
    if (auto done = write_content(**file, id, values, raft, last_contained, now); !done)
        return done;
    if (auto renamed = files.rename(unfinished, path); !renamed) return renamed;
    return files.sync_directory(directory);
}

}  // namespace milena
