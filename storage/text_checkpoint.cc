// SPDX-License-Identifier: Apache-2.0
#include "storage/text_checkpoint.h"

#include <sstream>

namespace milena {
namespace {

Error malformed(const std::string& path, std::string_view what) {
    return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                 path + " is not a checkpoint: " + std::string(what));
}

}  // namespace

Result<CheckpointLines> read_checkpoint(FileSystem& files, const std::string& path) {
    CheckpointLines lines;
    auto content = files.read_file(path);
    if (!content && !files.exists(path)) return lines;
    if (!content) return content.error();
    if (content->empty()) return lines;
    std::istringstream text{std::string(as_text(*content))};
    std::string line;
    if (!std::getline(text, line) || line != "0") return malformed(path, "unknown version " + line);
    size_t expected = 0;
    if (!(text >> expected)) return malformed(path, "no number of entries");
    std::getline(text, line);
    while (std::getline(text, line))
        if (!line.empty()) lines.push_back(std::move(line));
    if (lines.size() != expected)
        return malformed(path, "it has " + std::to_string(lines.size()) +
                                   " entries and announces " + std::to_string(expected));
    return lines;
}

Result<void> write_checkpoint(FileSystem& files, const std::string& path,
                              const CheckpointLines& lines) {
    std::string text = "0\n" + std::to_string(lines.size()) + "\n";
    for (const std::string& line : lines) text.append(line).push_back('\n');
    return files.replace_file(path, text);
}

Result<OffsetCheckpoint> read_offset_checkpoint(FileSystem& files, const std::string& path) {
    auto lines = read_checkpoint(files, path);
    if (!lines) return lines.error();
    OffsetCheckpoint offsets;
    for (const std::string& line : *lines) {
        std::istringstream words(line);
        PartitionName name;
        int64_t offset;
        if (!(words >> name.topic >> name.partition >> offset))
            return malformed(path, "the entry '" + line + "'");
        offsets[name] = Offset(offset);
    }
    return offsets;
}

Result<void> write_offset_checkpoint(FileSystem& files, const std::string& path,
                                     const OffsetCheckpoint& offsets) {
    CheckpointLines lines;
    lines.reserve(offsets.size());
    for (const auto& [name, offset] : offsets)
        lines.push_back(name.topic + " " + std::to_string(name.partition) + " " +
                        std::to_string(offset.value));
    return write_checkpoint(files, path, lines);
}

}  // namespace milena
