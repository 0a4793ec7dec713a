// SPDX-License-Identifier: Apache-2.0
// What lies in the directory of a partition.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "storage/file_names.h"

namespace milena {

struct SegmentFile {
    Offset base_offset;
    std::string path;
};

/// The segments of a log, oldest first; leftovers are not among them.
Result<std::vector<SegmentFile>> list_segments(FileSystem& files, const std::string& directory);

/// Directories of partitions of a data directory, by topic and number.
Result<std::vector<PartitionName>> list_partitions(FileSystem& files,
                                                   const std::string& data_directory);

/// What a checkpoint of the data directory says of a partition; nothing without an entry or a
/// readable file.
std::optional<Offset> checkpointed_offset(FileSystem& files, const std::string& data_directory,
                                          std::string_view checkpoint, const PartitionName& name);

}  // namespace milena
