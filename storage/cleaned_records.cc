// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaned_records.h"

#include <algorithm>
#include <array>

#include "protocol/record_batch.h"
#include "protocol/record_reader.h"
#include "protocol/varint.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

constexpr size_t kPieceBytes = 64 << 10;
constexpr size_t kInflatedBytesMax = 4 << 20;
constexpr uint8_t kCompressionBits = Layout::kCompressionMask;

/// A field with its length before it; a negative one means null.
bool read_field(const uint8_t*& at, const uint8_t* end, std::optional<BytesView>& into) {
    int32_t length;
    if (!read_varint(at, end, length) || length > end - at) return false;
    into.reset();
    if (length < 0) return true;
    into = BytesView(at, static_cast<size_t>(length));
    at += length;
    return true;
}

void seal_header(Bytes& batch, int16_t attributes, int32_t count, TimestampMs base_timestamp,
                 TimestampMs max_timestamp) {
    uint8_t* at = batch.data();
    store_big_endian(at + Layout::kLength,
                     static_cast<int32_t>(batch.size() - Layout::kPrefixBytes));
    store_big_endian(at + Layout::kAttributes, attributes);
    store_big_endian(at + Layout::kRecordCount, count);
    store_big_endian(at + Layout::kBaseTimestamp, base_timestamp.value);
    store_big_endian(at + Layout::kMaxTimestamp, max_timestamp.value);
    store_big_endian(at + Layout::kCrc, record_batch_crc(batch));
}

BytesView header_bytes(const BatchReader::Batch& batch) {
    return batch.bytes.first(Layout::kHeaderBytes);
}

}  // namespace

CompressionType compression_of(const BatchHeader& header) {
    return static_cast<CompressionType>(header.attributes & kCompressionBits);
}

// ---- Reading

RecordBytes::RecordBytes(const BatchReader::Batch& batch)
    : bytes(batch.bytes.subspan(Layout::kRecords)), compression(compression_of(batch.header)) {}

RecordBytes Inflater::inflate(const BatchReader::Batch& batch) {
    RecordBytes records(batch);
    if (records.compression == CompressionType::kNone) return records;
    const DecompressorLease decompressor = take_decompressor(records.compression);
    if (!decompressor->start(records.bytes)) return records;
    if (inflated_.empty()) inflated_.resize(kPieceBytes);
    for (size_t filled = 0;;) {
        if (filled == inflated_.size()) {
            if (filled >= kInflatedBytesMax) return records;
            inflated_.resize(2 * filled);
        }
        const auto got = decompressor->read(MutableBytesView(inflated_).subspan(filled));
        if (!got) return records;
        if (*got == 0) {
            records.bytes = BytesView(inflated_).first(filled);
            records.compression = CompressionType::kNone;
            return records;
        }
        filled += *got;
    }
}

CleanedRecordReader::CleanedRecordReader(const BatchHeader& header, const RecordBytes& records)
    : header_(header),
      stream_(records.bytes, records.compression),
      records_left_(header.record_count) {}

Error CleanedRecordReader::failed() const {
    return Error(ErrorCode::CORRUPT_MESSAGE,
                 "the records of the batch at offset " + std::to_string(header_.base_offset.value) +
                     " can't be read" +
                     (stream_.failure() ? ": " + stream_.failure()->message() : ""));
}

bool CleanedRecordReader::parse(BytesView body, CleanedRecord& into) const {
    const uint8_t* at = body.data() + 1;  // behind the attributes
    const uint8_t* const end = body.data() + body.size();
    int64_t timestamp_delta;
    if (body.empty() || !read_varint(at, end, timestamp_delta)) return false;
    into.body = body;
    into.after_time = BytesView(at, static_cast<size_t>(end - at));
    into.timestamp = header_.is_log_append_time()
                         ? header_.max_timestamp
                         : TimestampMs(header_.base_timestamp.value + timestamp_delta);
    int32_t offset_delta;
    std::optional<BytesView> value;
    if (!read_varint(at, end, offset_delta) || !read_field(at, end, into.key) ||
        !read_field(at, end, value))
        return false;
    into.offset = header_.base_offset + offset_delta;
    into.has_value = value.has_value();
    return true;
}

Result<std::optional<CleanedRecord>> CleanedRecordReader::next() {
    stream_.consume(std::exchange(body_bytes_, 0));
    if (records_left_ == 0) {
        if (!stream_.at_end()) return failed();
        return std::optional<CleanedRecord>();
    }
    --records_left_;
    int32_t length;
    if (!stream_.read(length) || length <= 0 || length > RecordReader::kRecordBytesMax ||
        !stream_.ensure(static_cast<size_t>(length)))
        return failed();
    body_bytes_ = static_cast<size_t>(length);
    CleanedRecord record;
    if (!parse(BytesView(stream_.data(), body_bytes_), record)) return failed();
    return std::optional<CleanedRecord>(record);
}

// ---- Writing

CleanedBatchWriter::CleanedBatchWriter(const BatchReader::Batch& batch, TimestampMs base_timestamp,
                                       Bytes& out)
    : batch_(batch),
      base_timestamp_(base_timestamp),
      compressor_(take_compressor(compression_of(batch.header))),
      out_(out) {
    out_.assign(header_bytes(batch).begin(), header_bytes(batch).end());
    if (compressor_)
        started_ =
            compressor_->start(default_compression_level(compression_of(batch.header)), out_);
}

Result<void> CleanedBatchWriter::append(const CleanedRecord& record) {
    if (!started_) return started_;
    const int64_t delta = record.timestamp.value - base_timestamp_.value;
    std::array<uint8_t, kVarintBytesMax + 1 + kVarlongBytesMax> head;
    uint8_t* to = write_varint(
        head.data(), static_cast<int32_t>(1 + varint_size(delta) + record.after_time.size()));
    *to++ = record.body.front();
    to = write_varint(to, delta);
    Bytes& out = compressor_ ? pending_ : out_;
    out.insert(out.end(), head.data(), to);
    out.insert(out.end(), record.after_time.begin(), record.after_time.end());
    ++count_;
    return pending_.size() >= kPieceBytes ? flush() : Result<void>();
}

Result<void> CleanedBatchWriter::flush() {
    auto written = compressor_->write(pending_, out_);
    pending_.clear();
    return written;
}

Result<void> CleanedBatchWriter::finish(bool has_delete_horizon, TimestampMs max_timestamp) {
    if (compressor_) {
        if (!pending_.empty())
            if (auto flushed = flush(); !flushed) return flushed;
        if (auto finished = compressor_->finish(out_); !finished) return finished;
    }
    int16_t attributes = batch_.header.attributes;
    if (has_delete_horizon) attributes |= Layout::kDeleteHorizonBit;
    seal_header(out_, attributes, count_, base_timestamp_, max_timestamp);
    return {};
}

void write_empty_batch(const BatchReader::Batch& batch, Bytes& out) {
    constexpr int kKept =
        Layout::kTimestampTypeBit | Layout::kTransactionalBit | Layout::kControlBit;
    out.assign(header_bytes(batch).begin(), header_bytes(batch).end());
    seal_header(out, static_cast<int16_t>(batch.header.attributes & kKept), 0,
                TimestampMs(kNoTimestamp), batch.header.max_timestamp);
}

}  // namespace milena
