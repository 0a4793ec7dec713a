// SPDX-License-Identifier: Apache-2.0
#include "storage/text_checkpoint.h"

#include <algorithm>
#include <charconv>

namespace milena {
namespace {

Error malformed(const std::string& path, std::string_view what) {
    return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                 path + " is not a checkpoint: " + std::string(what));
}

/// What stands before the next `separator`, which goes, too.
std::string_view take_until(char separator, std::string_view& text) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

template <class Int>
bool parse_number(std::string_view word, Int& into) {
    const char* const end = word.data() + word.size();
    return std::from_chars(word.data(), end, into) == std::from_chars_result{end, std::errc()};
}

}  // namespace

Result<CheckpointLines> read_checkpoint(FileSystem& files, const std::string& path) {
    CheckpointLines lines;
    auto content = files.read_file(path);
    if (!content && !files.exists(path)) return lines;
    if (!content) return content.error();
    if (content->empty()) return lines;
    std::string_view text = as_text(*content);
    if (const std::string_view version = take_until('\n', text); version != "0")
        return malformed(path, "unknown version " + std::string(version));
    size_t expected = 0;
    if (!parse_number(take_until('\n', text), expected))
        return malformed(path, "no number of entries");
    while (!text.empty())
        if (const std::string_view line = take_until('\n', text); !line.empty())
            lines.emplace_back(line);
    if (lines.size() != expected)
        return malformed(path, "it has " + std::to_string(lines.size()) +
                                   " entries and announces " + std::to_string(expected));
    return lines;
}

Result<OffsetCheckpoint> read_offset_checkpoint(FileSystem& files, const std::string& path) {
    auto lines = read_checkpoint(files, path);
    if (!lines) return lines.error();
    OffsetCheckpoint offsets;
    for (const std::string& line : *lines) {
        std::string_view words = line;
        PartitionName name{std::string(take_until(' ', words))};
        Offset offset;
        if (name.topic.empty() || !parse_number(take_until(' ', words), name.partition) ||
            !parse_number(words, offset.value))
            return malformed(path, "the entry '" + line + "'");
        offsets.insert_or_assign(offsets.end(), std::move(name), offset);  // sorted, if it is ours
    }
    return offsets;
}

Result<void> write_offset_checkpoint(FileSystem& files, const std::string& path,
                                     const OffsetCheckpoint& offsets) {
    OffsetCheckpointText text;
    for (const auto& [name, offset] : offsets) text.add(name, offset);
    return text.write(files, path);
}

void OffsetCheckpointText::add(const PartitionName& name, Offset offset) {
    ++count_;
    entries_.append(name.topic).append(" ").append(std::to_string(name.partition));
    entries_.append(" ").append(std::to_string(offset.value)).append("\n");
}

Result<void> OffsetCheckpointText::write(FileSystem& files, const std::string& path) const {
    return files.replace_file(path, "0\n" + std::to_string(count_) + "\n" + entries_);
}

}  // namespace milena
