// SPDX-License-Identifier: Apache-2.0
// Kafka's small text files. A checkpoint is
//
//   0                       version
//   <number of entries>
//   <entry> ...             words, separated by one space
//
// An empty file means: no entries.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "storage/file_names.h"

namespace milena {

using CheckpointLines = std::vector<std::string>;

/// The entries, unparsed. A missing file has none. KAFKA_STORAGE_ERROR when the file is not what it
/// says.
Result<CheckpointLines> read_checkpoint(FileSystem& files, const std::string& path);

/// "topic partition offset", as in recovery-point-offset-checkpoint and its siblings.
using OffsetCheckpoint = std::map<PartitionName, Offset>;
Result<OffsetCheckpoint> read_offset_checkpoint(FileSystem& files, const std::string& path);
Result<void> write_offset_checkpoint(FileSystem& files, const std::string& path,
                                     const OffsetCheckpoint& offsets);

/// The same, made entry by entry: for a hundred thousand of them.
class OffsetCheckpointText {
  public:
    void add(const PartitionName& name, Offset offset);
    /// Replaces the file as a whole, durably.
    Result<void> write(FileSystem& files, const std::string& path) const;
    bool operator==(const OffsetCheckpointText&) const = default;

  private:
    size_t count_ = 0;
    std::string entries_;
};

}  // namespace milena
