// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_batch.h"

#include "protocol/record_batch.h"
#include "protocol/record_batch_builder.h"
#include "protocol/record_reader.h"

namespace milena {
namespace {

constexpr size_t kControlKeyBytes = 4;  // int16 version 0, int16 type

RecordBatchBuilder builder_at(const BatchStamp& at, bool control) {
    RecordBatchOptions options;
    options.base_offset = at.base_offset;
    options.leader_epoch = LeaderEpoch(at.epoch);
    options.control = control;
    return RecordBatchBuilder(options);
}

/// Neither appending to an uncompressed batch of bounded size nor building it can fail.
Bytes finish(RecordBatchBuilder& builder) {
    auto built = builder.build();
    return built ? std::move(*built) : Bytes();
}

void append(RecordBatchBuilder& builder, const BatchStamp& at, std::optional<BytesView> key,
            BytesView value) {
    NewRecord record;
    record.timestamp = at.timestamp;
    record.key = key;
    record.value = value;
    (void)builder.append(record);
}

Result<std::optional<ControlType>> control_type(const RecordView& record, bool control) {
    if (!control) return std::optional<ControlType>();
    if (!record.key || record.key->size() < kControlKeyBytes)
        return Error(ErrorCode::CORRUPT_MESSAGE, "control record without a type");
    return std::optional(
        static_cast<ControlType>(load_big_endian<int16_t>(record.key->data() + 2)));
}

}  // namespace

Bytes build_metadata_batch(const BatchStamp& at, std::span<const Bytes> values) {
    RecordBatchBuilder builder = builder_at(at, false);
    for (const Bytes& value : values) append(builder, at, std::nullopt, value);
    return finish(builder);
}

Bytes build_control_batch(const BatchStamp& at, std::span<const ControlRecord> records) {
    RecordBatchBuilder builder = builder_at(at, true);
    for (const ControlRecord& record : records) {
        uint8_t key[kControlKeyBytes];
        store_big_endian<int16_t>(key, 0);
        store_big_endian(key + 2, static_cast<int16_t>(record.type));
        append(builder, at, BytesView(key), record.value);
    }
    return finish(builder);
}

int64_t batch_size(BytesView prefix) {
    return int64_t{load_big_endian<int32_t>(prefix.data() + RecordBatchLayout::kLength)} +
           static_cast<int64_t>(RecordBatchLayout::kPrefixBytes);
}

Result<MetadataBatch> parse_metadata_batch(BytesView bytes) {
    auto view = RecordBatchView::parse(bytes);
    if (!view) return view.error();
    if (!view->is_crc_valid()) return Error(ErrorCode::CORRUPT_MESSAGE, "batch with a wrong CRC");
    MetadataBatch batch;
    batch.at = {view->base_offset(), view->leader_epoch().value, view->base_timestamp()};
    batch.last_offset = view->last_offset();
    batch.control = view->is_control();
    if (view->compression() != CompressionType::kNone)
        return Error(ErrorCode::CORRUPT_MESSAGE, "compressed metadata batch");
    RecordReader reader(*view);
    for (auto more = reader.next();; more = reader.next()) {
        if (!more) return more.error();
        if (!*more) return batch;
        auto type = control_type(reader.record(), batch.control);
        if (!type) return type.error();
        if (!reader.record().value)
            return Error(ErrorCode::CORRUPT_MESSAGE, "metadata record without a value");
        batch.entries.push_back({*type, *reader.record().value});
    }
}

}  // namespace milena
