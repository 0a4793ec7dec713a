// SPDX-License-Identifier: Apache-2.0
#include "server/offline/tables.h"

#include <algorithm>

#include "protocol/crc32c.h"
#include "server/offline/text.h"

namespace milena {
namespace {

/// Rows of one size behind `head` bytes; bytes that are no whole row are damage.
template <class Row, class Load>
Table<Row> load_rows(BytesView content, int64_t head, const Load& load) {
    Table<Row> table;
    const auto size = static_cast<int64_t>(content.size());
    int64_t at = head;
    for (; at + Row::kSize <= size; at += Row::kSize) table.rows.push_back(load(&content[at]));
    if (at < size)
        table.damages.push_back({at, number(size - at) + " bytes are no whole entry of " +
                                         number(Row::kSize) + " bytes"});
    return table;
}

/// Cuts the zeros off that a broker writes ahead. An entry of zeros may be the first, true one.
template <class Row>
void cut_room(Table<Row>& table, BytesView content) {
    const auto last = std::find_if(content.rbegin(), content.rend(), [](uint8_t b) { return b; });
    const int64_t used = content.rend() - last;
    const int64_t rows = (used + Row::kSize - 1) / Row::kSize;
    const int64_t zeros = static_cast<int64_t>(table.rows.size()) - rows;
    if (zeros <= 0 || (zeros == 1 && rows == 0)) return;
    table.rows.resize(static_cast<size_t>(rows));
    table.room_bytes = zeros * Row::kSize;
}

template <class Row, class IsBehind>
void check_order(Table<Row>& table, const char* what, const IsBehind& is_behind) {
    for (size_t i = 1; i < table.rows.size(); ++i)
        if (!is_behind(table.rows[i - 1], table.rows[i]))
            table.damages.push_back({static_cast<int64_t>(i) * Row::kSize,
                                     "entry " + number(static_cast<int64_t>(i)) +
                                         " is not behind the one before it (" + what + ")"});
}

/// Nothing if the count fits the version that stands in the first line.
std::optional<std::string> wrong_head(const std::vector<CheckpointRow>& lines) {
    if (lines[0].text != "0") return "unknown version '" + lines[0].text + "'";
    if (lines.size() < 2) return "there is no number of entries";
    const auto entries = static_cast<int64_t>(lines.size()) - 2;
    if (lines[1].text == number(entries)) return {};
    return "there are " + number(entries) + " entries, not " + lines[1].text;
}

}  // namespace

Result<Table<OffsetIndexEntry>> read_offset_index(FileSystem& files, const std::string& path) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    auto table = load_rows<OffsetIndexEntry>(*content, 0, OffsetIndexEntry::load);
    cut_room(table, *content);
    check_order(table, "offset, position",
                [](const OffsetIndexEntry& before, const OffsetIndexEntry& entry) {
                    return entry.relative_offset > before.relative_offset &&
                           entry.position > before.position;
                });
    return table;
}

Result<Table<TimeIndexEntry>> read_time_index(FileSystem& files, const std::string& path) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    auto table = load_rows<TimeIndexEntry>(*content, 0, TimeIndexEntry::load);
    cut_room(table, *content);
    check_order(table, "time, offset",
                [](const TimeIndexEntry& before, const TimeIndexEntry& entry) {
                    return entry.timestamp >= before.timestamp &&
                           entry.relative_offset >= before.relative_offset;
                });
    return table;
}

Result<Table<AbortedTransactionEntry>> read_transaction_index(FileSystem& files,
                                                              const std::string& path) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    auto table = load_rows<AbortedTransactionEntry>(*content, 0, AbortedTransactionEntry::load);
    for (size_t at = 0; at < table.rows.size(); ++at) {
        const int64_t position = static_cast<int64_t>(at) * AbortedTransactionEntry::kSize;
        const auto version = load_big_endian<int16_t>(content->data() + position);
        if (version != 0) table.damages.push_back({position, "unknown version " + number(version)});
    }
    check_order(table, "last offset",
                [](const AbortedTransactionEntry& before, const AbortedTransactionEntry& entry) {
                    return entry.last_offset > before.last_offset;
                });
    return table;
}

Result<Table<ProducerSnapshotRow>> read_snapshot_rows(FileSystem& files, const std::string& path) {
    using Head = ProducerSnapshotHead;
    auto content = files.read_file(path);
    if (!content) return content.error();
    Table<ProducerSnapshotRow> table;
    if (content->size() < Head::kSize) {
        table.damages.push_back({0, "the snapshot is cut short"});
        return table;
    }
    table = load_rows<ProducerSnapshotRow>(*content, Head::kSize, ProducerSnapshotRow::load);
    const auto version = load_big_endian<int16_t>(content->data());
    if (version != Head::kVersion)
        table.damages.push_back({0, "unknown version " + number(version)});
    if (load_big_endian<uint32_t>(content->data() + Head::kCrcPosition) !=
        crc32c(BytesView(*content).subspan(Head::kCrcEnd)))
        table.damages.push_back({Head::kCrcPosition, "the snapshot has a wrong CRC"});
    const auto count = load_big_endian<int32_t>(content->data() + Head::kCrcEnd);
    if (count != static_cast<int64_t>(table.rows.size()))
        table.damages.push_back(
            {Head::kCrcEnd, "there are " + number(static_cast<int64_t>(table.rows.size())) +
                                " producers, not " + number(count)});
    return table;
}

Result<Table<CheckpointRow>> read_checkpoint_rows(FileSystem& files, const std::string& path) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    Table<CheckpointRow> table;
    const std::string_view text = as_text(*content);
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        table.rows.push_back(
            {static_cast<int64_t>(begin), std::string(text.substr(begin, end - begin))});
        begin = end + 1;
    }
    if (table.rows.empty()) return table;  // an empty file has no entries
    if (auto wrong = wrong_head(table.rows)) table.damages.push_back({0, *wrong});
    table.rows.erase(table.rows.begin(),
                     table.rows.begin() + std::min<ptrdiff_t>(2, std::ssize(table.rows)));
    return table;
}

}  // namespace milena
