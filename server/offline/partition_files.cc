// SPDX-License-Identifier: Apache-2.0
#include "server/offline/partition_files.h"

#include <algorithm>

#include "storage/text_checkpoint.h"

namespace milena {

Result<std::vector<SegmentFile>> list_segments(FileSystem& files, const std::string& directory) {
    auto names = files.list(directory);
    if (!names) return names.error();
    std::vector<SegmentFile> segments;  // names sort as their offsets
    for (const std::string& name : *names)
        if (auto base = parse_segment_file_name(name, kLogSuffix))
            segments.push_back({*base, directory + "/" + name});
    return segments;
}

Result<std::vector<PartitionName>> list_partitions(FileSystem& files,
                                                   const std::string& data_directory) {
    auto names = files.list(data_directory);
    if (!names) return names.error();
    std::vector<PartitionName> partitions;
    for (const std::string& name : *names)
        if (auto partition = parse_partition_directory(name)) partitions.push_back(*partition);
    std::ranges::sort(partitions);
    return partitions;
}

std::optional<Offset> checkpointed_offset(FileSystem& files, const std::string& data_directory,
                                          std::string_view checkpoint, const PartitionName& name) {
    auto offsets = read_offset_checkpoint(files, data_directory + "/" + std::string(checkpoint));
    if (!offsets) return {};
    const auto found = offsets->find(name);
    return found == offsets->end() ? std::nullopt : std::optional(found->second);
}

}  // namespace milena
