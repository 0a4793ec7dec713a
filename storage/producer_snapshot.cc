// SPDX-License-Identifier: Apache-2.0
#include "storage/producer_snapshot.h"

#include "protocol/crc32c.h"
#include "storage/file_names.h"

namespace milena {
namespace {

constexpr int16_t kVersion = 1;
constexpr size_t kCrcEnd = 6;
constexpr size_t kHeadSize = 10;
constexpr size_t kEntrySize = 46;

void store_entry(uint8_t* to, ProducerId id, const ProducerEntry& entry) {
    ProducedBatch last;
    if (entry.batch_count > 0) last = entry.batches[entry.batch_count - 1u];
    store_big_endian(to, id.value);
    store_big_endian(to + 8, entry.epoch.value);
    store_big_endian(to + 10, last.last_sequence);
    store_big_endian(to + 14, last.last_offset.value);
    store_big_endian(to + 22, last.offset_delta);
    store_big_endian(to + 26, entry.last_timestamp.value);
    store_big_endian(to + 34, entry.coordinator_epoch);
    store_big_endian(to + 38, entry.transaction_start.value);
}

ProducerEntry load_entry(const uint8_t* from) {
    ProducerEntry entry;
    ProducedBatch last;
    entry.epoch = ProducerEpoch(load_big_endian<int16_t>(from + 8));
    last.last_sequence = load_big_endian<int32_t>(from + 10);
    last.last_offset = Offset(load_big_endian<int64_t>(from + 14));
    last.offset_delta = load_big_endian<int32_t>(from + 22);
    last.timestamp = entry.last_timestamp = TimestampMs(load_big_endian<int64_t>(from + 26));
    entry.coordinator_epoch = load_big_endian<int32_t>(from + 34);
    entry.transaction_start = Offset(load_big_endian<int64_t>(from + 38));
    if (last.last_offset.value >= 0) entry.remember(last);
    return entry;
}

Error broken(const std::string& path, const std::string& why) {
    return Error(ErrorCode::KAFKA_STORAGE_ERROR, path + " is not usable: " + why);
}

}  // namespace

Result<void> write_producer_snapshot(FileSystem& files, const std::string& directory,
                                     const ProducerStates& producers) {
    Bytes content(kHeadSize + kEntrySize * producers.size());
    store_big_endian(content.data(), kVersion);
    store_big_endian(content.data() + kCrcEnd, static_cast<int32_t>(producers.size()));
    uint8_t* to = content.data() + kHeadSize;
    for (const auto& [id, entry] : producers.producers()) {
        store_entry(to, id, entry);
        to += kEntrySize;
    }
    store_big_endian(content.data() + 2, crc32c(BytesView(content).subspan(kCrcEnd)));
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
    if (content->size() < kHeadSize) return broken(path, "it is cut short");
    if (load_big_endian<int16_t>(content->data()) != kVersion)
        return broken(path, "unknown version");
    if (load_big_endian<uint32_t>(content->data() + 2) !=
        crc32c(BytesView(*content).subspan(kCrcEnd)))
        return broken(path, "the CRC is wrong");
    int32_t count = load_big_endian<int32_t>(content->data() + kCrcEnd);
    if (count < 0 || content->size() != kHeadSize + kEntrySize * static_cast<size_t>(count))
        return broken(path, "its length does not fit the number of producers");
    ProducerStates producers;
    for (const uint8_t* from = content->data() + kHeadSize; count > 0; --count) {
        producers.restore(ProducerId(load_big_endian<int64_t>(from)), load_entry(from));
        from += kEntrySize;
    }
    producers.set_end_offset(end_offset);
    return producers;
}

}  // namespace milena
