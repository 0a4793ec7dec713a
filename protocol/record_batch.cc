// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_batch.h"

#include "protocol/crc32c.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

/// The least that any of Kafka's formats has behind its length: an empty message of magic 0.
constexpr int32_t kLengthMin = 14;

Error corrupt(std::string message) { return Error(ErrorCode::CORRUPT_MESSAGE, std::move(message)); }

Result<void> check_length(int32_t length) {
    if (length < kLengthMin)
        return corrupt("the batch announces a length of " + std::to_string(length) + " bytes");
    return {};
}

Result<void> check_magic(int8_t magic, int32_t length) {
    if (magic < 0 || magic > kRecordBatchMagic)
        return corrupt("the batch has the unknown format (magic) " + std::to_string(magic));
    if (magic < kRecordBatchMagic)
        return Error(ErrorCode::INVALID_RECORD,
                     "the batch has format (magic) " + std::to_string(magic) + ", not 2");
    if (static_cast<size_t>(length) < Layout::kHeaderBytes - Layout::kPrefixBytes)
        return corrupt("the batch is shorter than its header: length " + std::to_string(length));
    return {};
}

}  // namespace

Result<RecordBatchView> RecordBatchView::parse(BytesView bytes) {
    RecordBatches batches(bytes);
    auto first = batches.next();
    if (!first) return first.error();
    if (!*first) return corrupt("the batch is cut short");
    return **first;
}

Result<std::optional<RecordBatchView>> RecordBatches::next() {
    BytesView rest = bytes_.subspan(position_);
    if (rest.size() < Layout::kPrefixBytes) return std::optional<RecordBatchView>();
    auto length = load_big_endian<int32_t>(rest.data() + Layout::kLength);
    if (auto checked = check_length(length); !checked) return checked.error();
    if (rest.size() <= Layout::kMagic) return std::optional<RecordBatchView>();
    auto magic = load_big_endian<int8_t>(rest.data() + Layout::kMagic);
    if (auto checked = check_magic(magic, length); !checked) return checked.error();
    size_t size = Layout::kPrefixBytes + static_cast<size_t>(length);
    if (rest.size() < size) return std::optional<RecordBatchView>();
    position_ += size;
    return std::optional(RecordBatchView(rest.first(size)));
}

std::optional<CompressionType> RecordBatchView::compression() const {
    int id = attributes() & Layout::kCompressionMask;
    if (id > kCompressionTypeLast) return std::nullopt;
    return static_cast<CompressionType>(id);
}

int32_t RecordBatchView::last_sequence() const {
    if (base_sequence() < 0) return -1;
    return increment_sequence(base_sequence(), last_offset_delta());
}

bool RecordBatchView::is_crc_valid() const { return record_batch_crc(bytes_) == crc(); }

uint32_t record_batch_crc(BytesView batch) { return crc32c(batch.subspan(Layout::kAttributes)); }

int32_t increment_sequence(int32_t sequence, int32_t increment) {
    int64_t sum = static_cast<int64_t>(sequence) + increment;
    return static_cast<int32_t>(sum & 0x7fffffff);
}

void RecordBatchStamper::set_max_timestamp(TimestampType type, TimestampMs timestamp) {
    uint8_t* at = batch_.data();
    auto attributes = load_big_endian<int16_t>(at + Layout::kAttributes);
    auto max_timestamp = load_big_endian<int64_t>(at + Layout::kMaxTimestamp);
    auto type_bit = type == TimestampType::kLogAppendTime ? Layout::kTimestampTypeBit : int16_t{0};
    if ((attributes & Layout::kTimestampTypeBit) == type_bit && max_timestamp == timestamp.value)
        return;
    // Bits without a meaning are dropped, as Kafka does when it writes the field.
    auto kept = Layout::kKnownAttributes & ~Layout::kTimestampTypeBit;
    auto stamped = static_cast<int16_t>((attributes & kept) | type_bit);
    store_big_endian(at + Layout::kAttributes, stamped);
    store_big_endian(at + Layout::kMaxTimestamp, timestamp.value);
    store_big_endian(at + Layout::kCrc, record_batch_crc(batch_));
}

}  // namespace milena
