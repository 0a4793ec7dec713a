// SPDX-License-Identifier: Apache-2.0
#include "server/offline/dump.h"
#include "server/offline/tables.h"
#include "server/offline/text.h"

namespace milena {
namespace {

std::string row_line(const OffsetIndexEntry& entry, Offset base) {
    return "entry offset=" + number(base.value + entry.relative_offset) +
           " position=" + number(entry.position);
}

std::string row_line(const TimeIndexEntry& entry, Offset base) {
    return "entry time=" + time_text(TimestampMs(entry.timestamp)) +
           " offset=" + number(base.value + entry.relative_offset);
}

std::string row_line(const AbortedTransactionEntry& entry, Offset) {
    return "aborted producer=" + number(entry.producer_id.value) +
           " offsets=" + number(entry.first_offset.value) + ".." + number(entry.last_offset.value) +
           " last_stable_offset=" + number(entry.last_stable_offset.value);
}

std::string row_line(const ProducerSnapshotRow& row, Offset) {
    return "producer id=" + number(row.id.value) + " epoch=" + number(row.epoch.value) +
           " last_sequence=" + number(row.last_sequence) +
           " last_offset=" + number(row.last_offset.value) +
           " offset_delta=" + number(row.offset_delta) + " time=" + time_text(row.timestamp) +
           " coordinator_epoch=" + number(row.coordinator_epoch) +
           " transaction_start=" + number(row.transaction_start.value);
}

std::string row_line(const CheckpointRow& row, Offset) { return "entry " + row.text; }

template <class Row>
Result<void> print(const std::string& path, const Result<Table<Row>>& table, Offset base,
                   const DumpOptions& options, Report& report) {
    if (!table) return table.error();
    DumpedItems items(report, options.limit);
    for (const Row& row : table->rows) items.put(row_line(row, base));
    if (table->room_bytes > 0)
        report.note(path, number(table->room_bytes) + " bytes of room at the end");
    report.damages(path, table->damages);
    return {};
}

Result<void> print_lines(FileSystem& files, const std::string& path, const DumpOptions& options,
                         Report& report) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    DumpedItems items(report, options.limit);
    std::string_view rest = as_text(*content);
    while (!rest.empty()) {
        const size_t end = std::min(rest.find('\n'), rest.size());
        items.put("text " + std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

}  // namespace

Result<void> dump_table(FileSystem& files, const std::string& path, const NamedFile& named,
                        const DumpOptions& options, Report& report) {
    const Offset base = named.base_offset;
    switch (named.kind) {
        case FileKind::kOffsetIndex:
            return print(path, read_offset_index(files, path), base, options, report);
        case FileKind::kTimeIndex:
            return print(path, read_time_index(files, path), base, options, report);
        case FileKind::kTransactionIndex:
            return print(path, read_transaction_index(files, path), base, options, report);
        case FileKind::kSnapshot:
            return print(path, read_snapshot_rows(files, path), base, options, report);
        case FileKind::kEpochs:
        case FileKind::kOffsets:
            return print(path, read_checkpoint_rows(files, path), base, options, report);
        case FileKind::kText:
            return print_lines(files, path, options, report);
        default:
            return Error(ErrorCode::KAFKA_STORAGE_ERROR, "no tool knows what this file holds");
    }
}

}  // namespace milena
