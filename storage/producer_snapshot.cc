// SPDX-License-Identifier: Apache-2.0
#include "storage/producer_snapshot.h"

#include "protocol/crc32c.h"
#include "storage/file_names.h"

namespace milena {
namespace {

using Head = ProducerSnapshotHead;
using Row = ProducerSnapshotRow;

Row row_of(ProducerId id, const ProducerEntry& entry) {
    ProducedBatch last;
    if (entry.batch_count > 0) last = entry.batches[entry.batch_count - 1u];
    return {id,
            entry.epoch,
            last.last_sequence,
            last.last_offset,
            last.offset_delta,
            entry.last_timestamp,
            entry.coordinator_epoch,
            entry.transaction_start};
}

ProducerEntry entry_of(const Row& row) {
    ProducerEntry entry;
    ProducedBatch last;
    entry.epoch = row.epoch;
    last.last_sequence = row.last_sequence;
    last.last_offset = row.last_offset;
    last.offset_delta = row.offset_delta;
    last.timestamp = entry.last_timestamp = row.timestamp;
    entry.coordinator_epoch = row.coordinator_epoch;
    entry.transaction_start = row.transaction_start;
    if (last.last_offset.value >= 0) entry.remember(last);
    return entry;
}

Error broken(const std::string& path, const std::string& why) {
    return Error(ErrorCode::KAFKA_STORAGE_ERROR, path + " is not usable: " + why);
}

}  // namespace

ProducerSnapshotRow ProducerSnapshotRow::load(const uint8_t* from) {
    ProducerSnapshotRow row;
    row.id = ProducerId(load_big_endian<int64_t>(from));
    row.epoch = ProducerEpoch(load_big_endian<int16_t>(from + 8));
    row.last_sequence = load_big_endian<int32_t>(from + 10);
    row.last_offset = Offset(load_big_endian<int64_t>(from + 14));
    row.offset_delta = load_big_endian<int32_t>(from + 22);
    row.timestamp = TimestampMs(load_big_endian<int64_t>(from + 26));
    row.coordinator_epoch = load_big_endian<int32_t>(from + 34);
    row.transaction_start = Offset(load_big_endian<int64_t>(from + 38));
    return row;
}

void ProducerSnapshotRow::store(uint8_t* to) const {
    store_big_endian(to, id.value);
    store_big_endian(to + 8, epoch.value);
    store_big_endian(to + 10, last_sequence);
    store_big_endian(to + 14, last_offset.value);
    store_big_endian(to + 22, offset_delta);
    store_big_endian(to + 26, timestamp.value);
    store_big_endian(to + 34, coordinator_epoch);
    store_big_endian(to + 38, transaction_start.value);
}

Result<void> write_producer_snapshot(FileSystem& files, const std::string& directory,
                                     const ProducerStates& producers) {
    Bytes content(Head::kSize + Row::kSize * producers.size());
    store_big_endian(content.data(), Head::kVersion);
    store_big_endian(content.data() + Head::kCrcEnd, static_cast<int32_t>(producers.size()));
    uint8_t* to = content.data() + Head::kSize;
    for (const auto& [id, entry] : producers.producers()) {
        row_of(id, entry).store(to);
        to += Row::kSize;
    }
    store_big_endian(content.data() + Head::kCrcPosition,
                     crc32c(BytesView(content).subspan(Head::kCrcEnd)));
    // Not synced: a snapshot that a power failure tore has a wrong CRC and is not used.
    auto file =
        files.open(directory + "/" + segment_file_name(producers.end_offset(), kSnapshotSuffix),
                   OpenMode::kTruncate);
    if (!file) return file.error();
    return (*file)->write_at(0, content);
}

Result<ProducerStates> read_producer_snapshot(FileSystem& files, const std::string& path,
                                              Offset end_offset) {
    auto content = files.read_file(path);
    if (!content) return content.error();
    if (content->size() < Head::kSize) return broken(path, "it is cut short");
    if (load_big_endian<int16_t>(content->data()) != Head::kVersion)
        return broken(path, "unknown version");
    if (load_big_endian<uint32_t>(content->data() + Head::kCrcPosition) !=
        crc32c(BytesView(*content).subspan(Head::kCrcEnd)))
        return broken(path, "the CRC is wrong");
    int32_t count = load_big_endian<int32_t>(content->data() + Head::kCrcEnd);
    if (count < 0 || content->size() != Head::kSize + Row::kSize * static_cast<size_t>(count))
        return broken(path, "its length does not fit the number of producers");
    ProducerStates producers;
    for (const uint8_t* from = content->data() + Head::kSize; count > 0; --count) {
        const Row row = Row::load(from);
        producers.restore(row.id, entry_of(row));
        from += Row::kSize;
    }
    producers.set_end_offset(end_offset);
    return producers;
}

bool names_no_producers(FileSystem& files, const std::string& path) {
    const auto bytes = files.file_size(path);
    return bytes && *bytes == ProducerSnapshotHead::kSize;
}

}  // namespace milena
