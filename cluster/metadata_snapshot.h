// SPDX-License-Identifier: Apache-2.0
// Snapshots of the metadata log: `<end offset>-<epoch>.checkpoint`, batches between a
// SnapshotHeader and a SnapshotFooter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cluster/metadata_batch.h"
#include "cluster/record_list.h"

namespace milena {

/// What a snapshot covers: everything below `end_offset`; `epoch` is that of the last record.
struct SnapshotId {
    Offset end_offset;
    int32_t epoch = 0;
    auto operator<=>(const SnapshotId&) const = default;
};

/// In order; unfinished ones are deleted.
Result<std::vector<SnapshotId>> list_snapshots(FileSystem& files, const std::string& directory);
std::string snapshot_path(const std::string& directory, const SnapshotId& id);

/// The dynamic quorum's control records, kept as they were written (kraft.version 1 only).
struct RaftRecords {
    std::optional<Bytes> kraft_version;
    std::optional<Bytes> voters;
};

struct SnapshotContent {
    std::vector<Bytes> values;
    RaftRecords raft;
    TimestampMs last_contained;
};

/// CORRUPT_MESSAGE if it is damaged or has no footer.
Result<SnapshotContent> read_snapshot(FileSystem& files, const std::string& path);

/// Durable, under its final name, on return. `last_contained` is the time of the last batch in it.
Result<void> write_snapshot(FileSystem& files, const std::string& directory, const SnapshotId& id,
                            std::span<const Bytes> values, const RaftRecords& raft,
                            TimestampMs last_contained, TimestampMs now);

}  // namespace milena
