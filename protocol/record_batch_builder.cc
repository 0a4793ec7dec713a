// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_batch_builder.h"

#include <algorithm>

#include "protocol/varint.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

/// What the compressor is handed at once.
constexpr size_t kPieceBytes = 64 << 10;
constexpr size_t kBatchBytesMax = std::numeric_limits<int32_t>::max();

size_t nullable_size(const std::optional<BytesView>& bytes) {
    if (!bytes) return varint_size(int32_t{-1});
    return varint_size(static_cast<int32_t>(bytes->size())) + bytes->size();
}

uint8_t* write_bytes(uint8_t* to, BytesView bytes) {
    return std::copy(bytes.begin(), bytes.end(), to);
}

uint8_t* write_nullable(uint8_t* to, const std::optional<BytesView>& bytes) {
    if (!bytes) return write_varint(to, int32_t{-1});
    to = write_varint(to, static_cast<int32_t>(bytes->size()));
    return write_bytes(to, *bytes);
}

}  // namespace

/// Headers to be encoded, or those of another batch, encoded already.
struct RecordBatchBuilder::Headers {
    std::span<const RecordHeader> headers;
    int32_t copied_count = 0;
    BytesView copied;

    int32_t count() const { return static_cast<int32_t>(headers.size()) + copied_count; }
    size_t size() const {
        size_t total = varint_size(count()) + copied.size();
        for (const RecordHeader& header : headers)
            total += nullable_size(as_bytes(header.key)) + nullable_size(header.value);
        return total;
    }
    uint8_t* write(uint8_t* to) const {
        to = write_varint(to, count());
        for (const RecordHeader& header : headers)
            to = write_nullable(write_nullable(to, as_bytes(header.key)), header.value);
        return write_bytes(to, copied);
    }
};

RecordBatchBuilder::RecordBatchBuilder(const RecordBatchOptions& options)
    : options_(options), compressor_(take_compressor(options.compression)) {
    batch_.resize(Layout::kHeaderBytes);
    if (!compressor_) return;
    int level = options.compression_level.value_or(default_compression_level(options.compression));
    Result<void> started = compressor_->start(level, batch_);
    if (!started) failure_ = started.error();
}

Result<void> RecordBatchBuilder::append(const NewRecord& record) {
    return append_record(int64_t{last_offset_delta_} + 1, record.timestamp, record.key,
                         record.value,
                         {.headers = record.headers, .copied_count = 0, .copied = {}});
}

Result<void> RecordBatchBuilder::append_at(Offset offset, const NewRecord& record) {
    return append_record(offset - options_.base_offset, record.timestamp, record.key, record.value,
                         {.headers = record.headers, .copied_count = 0, .copied = {}});
}

Result<void> RecordBatchBuilder::append_copy(const RecordView& record) {
    return append_record(
        int64_t{last_offset_delta_} + 1, record.timestamp, record.key, record.value,
        {.headers = {}, .copied_count = record.header_count, .copied = record.header_bytes});
}

Result<void> RecordBatchBuilder::append_record(int64_t offset_delta, TimestampMs timestamp,
                                               const std::optional<BytesView>& key,
                                               const std::optional<BytesView>& value,
                                               const Headers& headers) {
    if (failure_) return *failure_;
    if (offset_delta <= last_offset_delta_ || offset_delta > std::numeric_limits<int32_t>::max())
        return Error(ErrorCode::INVALID_RECORD, "offsets in a batch must grow, within 2^31");
    if (record_count_ == 0) base_timestamp_ = timestamp;
    auto delta = static_cast<int32_t>(offset_delta);
    auto timestamp_delta = static_cast<int64_t>(static_cast<uint64_t>(timestamp.value) -
                                                static_cast<uint64_t>(base_timestamp_.value));
    size_t body = 1 + varint_size(timestamp_delta) + varint_size(delta) + nullable_size(key) +
                  nullable_size(value) + headers.size();
    Bytes& out = compressor_ ? pending_ : batch_;
    if (out.size() + body + kVarintBytesMax > kBatchBytesMax)
        return Error(ErrorCode::MESSAGE_TOO_LARGE, "a batch holds at most 2 GiB");
    size_t start = out.size();
    out.resize(start + varint_size(static_cast<int32_t>(body)) + body);
    uint8_t* to = write_varint(out.data() + start, static_cast<int32_t>(body));
    *to++ = 0;  // attributes: none are defined
    to = write_varint(write_varint(to, timestamp_delta), delta);
    headers.write(write_nullable(write_nullable(to, key), value));

    record_count_++;
    last_offset_delta_ = delta;
    max_timestamp_ = std::max(max_timestamp_, timestamp);
    return pending_.size() >= kPieceBytes ? flush() : Result<void>();
}

Result<void> RecordBatchBuilder::flush() {
    Result<void> written = compressor_->write(pending_, batch_);
    pending_.clear();
    if (!written) failure_ = written.error();
    return written;
}

TimestampMs RecordBatchBuilder::max_timestamp() const {
    return options_.timestamp_type == TimestampType::kLogAppendTime ? options_.log_append_time
                                                                    : max_timestamp_;
}

void RecordBatchBuilder::write_header() {
    uint8_t* at = batch_.data();
    auto attributes = static_cast<int16_t>(options_.compression);
    if (options_.timestamp_type == TimestampType::kLogAppendTime)
        attributes |= Layout::kTimestampTypeBit;
    if (options_.transactional) attributes |= Layout::kTransactionalBit;
    if (options_.control) attributes |= Layout::kControlBit;
    store_big_endian(at + Layout::kBaseOffset, options_.base_offset.value);
    store_big_endian(at + Layout::kLength,
                     static_cast<int32_t>(batch_.size() - Layout::kPrefixBytes));
    store_big_endian(at + Layout::kLeaderEpoch, options_.leader_epoch.value);
    store_big_endian(at + Layout::kMagic, kRecordBatchMagic);
    store_big_endian(at + Layout::kAttributes, attributes);
    store_big_endian(at + Layout::kLastOffsetDelta, last_offset_delta_);
    store_big_endian(at + Layout::kBaseTimestamp, base_timestamp_.value);
    store_big_endian(at + Layout::kMaxTimestamp, max_timestamp().value);
    store_big_endian(at + Layout::kProducerId, options_.producer_id.value);
    store_big_endian(at + Layout::kProducerEpoch, options_.producer_epoch.value);
    store_big_endian(at + Layout::kBaseSequence, options_.base_sequence);
    store_big_endian(at + Layout::kRecordCount, record_count_);
    store_big_endian(at + Layout::kCrc, record_batch_crc(batch_));
}

Result<Bytes> RecordBatchBuilder::build() {
    if (failure_) return *failure_;
    if (compressor_) {
        if (!pending_.empty())
            if (auto flushed = flush(); !flushed) return flushed.error();
        if (auto finished = compressor_->finish(batch_); !finished) return finished.error();
        compressor_.reset();
    }
    if (batch_.size() > kBatchBytesMax)
        return Error(ErrorCode::MESSAGE_TOO_LARGE, "a batch holds at most 2 GiB");
    write_header();
    return std::move(batch_);
}

}  // namespace milena
