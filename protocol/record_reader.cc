// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_reader.h"

namespace milena {
namespace {

/// A record body in memory, read the way RecordStream is.
class BodyCursor {
  public:
    explicit BodyCursor(BytesView body)
        : begin_(body.data()), position_(begin_), end_(begin_ + body.size()) {}

    bool read_byte(uint8_t& into) {
        if (position_ == end_) return false;
        into = *position_++;
        return true;
    }
    template <std::signed_integral T>
    bool read(T& into) {
        if (position_ != end_ && *position_ < 0x80) {  // most of them take one byte
            into = static_cast<T>(unzigzag(static_cast<uint32_t>(*position_++)));
            return true;
        }
        return read_varint(position_, end_, into);
    }
    bool skip(size_t count) {
        if (count > static_cast<size_t>(end_ - position_)) return false;
        position_ += count;
        return true;
    }
    uint64_t consumed() const { return static_cast<uint64_t>(position_ - begin_); }

  private:
    const uint8_t* begin_;
    const uint8_t* position_;
    const uint8_t* end_;
};

/// Reads a record's body of `length` bytes. Never reads or skips behind it by more than one
/// integer. Returns why it is malformed, or null.
template <class Cursor>
class BodyParser {
  public:
    BodyParser(Cursor& cursor, uint32_t length)
        : cursor_(cursor), start_(cursor.consumed()), length_(length) {}

    const char* parse(RecordOutline& into) {
        if (!cursor_.read_byte(into.attributes) || !cursor_.read(into.timestamp_delta) ||
            !cursor_.read(into.offset_delta))
            return "a record ends early";
        if (!skip_nullable(into.key_length, into.key_at)) return "a key is longer than its record";
        if (!skip_nullable(into.value_length, into.value_at))
            return "a value is longer than its record";
        if (!cursor_.read(into.header_count)) return "a record ends before its headers";
        into.headers_at = position();
        if (into.header_count < 0 || static_cast<uint32_t>(into.header_count) > remaining())
            return "a record's number of headers cannot be";
        for (int32_t n = 0; n < into.header_count; n++)
            if (!skip_header()) return "a header is malformed";
        return position() == length_ ? nullptr : "a record's length does not fit its content";
    }

  private:
    uint32_t position() const { return static_cast<uint32_t>(cursor_.consumed() - start_); }
    uint32_t remaining() const { return position() < length_ ? length_ - position() : 0; }

    bool skip_nullable(int32_t& size, uint32_t& at) {
        if (!cursor_.read(size)) return false;
        at = position();
        return size <= 0 || skip(size);
    }
    bool skip(int32_t size) {
        auto count = static_cast<uint32_t>(size);
        return count <= remaining() && cursor_.skip(count);
    }
    bool skip_header() {
        int32_t key_length = 0;
        int32_t value_length = 0;
        return cursor_.read(key_length) && key_length >= 0 && skip(key_length) &&
               cursor_.read(value_length) && (value_length <= 0 || skip(value_length));
    }

    Cursor& cursor_;
    uint64_t start_;
    uint32_t length_;
};

std::optional<BytesView> nullable_field(BytesView body, uint32_t at, int32_t length) {
    if (length < 0) return std::nullopt;
    return body.subspan(at, static_cast<size_t>(length));
}

}  // namespace

TimestampMs record_timestamp(const RecordBatchView& batch, int64_t timestamp_delta) {
    if (batch.timestamp_type() == TimestampType::kLogAppendTime) return batch.max_timestamp();
    // Both come from the wire: the sum may wrap, as it does in Java.
    return TimestampMs(static_cast<int64_t>(static_cast<uint64_t>(batch.base_timestamp().value) +
                                            static_cast<uint64_t>(timestamp_delta)));
}

std::vector<RecordHeader> RecordView::headers() const {
    std::vector<RecordHeader> headers;
    headers.reserve(static_cast<size_t>(header_count));
    const uint8_t* at = header_bytes.data();
    const uint8_t* end = at + header_bytes.size();
    for (int32_t n = 0; n < header_count; n++) {
        int32_t key_length = 0;
        int32_t value_length = 0;
        read_varint(at, end, key_length);  // checked when the record was read
        RecordHeader header{as_text({at, static_cast<size_t>(key_length)}), std::nullopt};
        at += key_length;
        read_varint(at, end, value_length);
        if (value_length >= 0) {
            header.value = BytesView(at, static_cast<size_t>(value_length));
            at += value_length;
        }
        headers.push_back(header);
    }
    return headers;
}

RecordReader::RecordReader(const RecordBatchView& batch, int32_t record_bytes_max)
    : batch_(batch),
      compression_(batch.compression()),
      record_bytes_max_(record_bytes_max),
      stream_(batch.records(), compression_.value_or(CompressionType::kNone)) {}

Error RecordReader::failed(std::string reason) const {
    if (stream_.failure()) return *stream_.failure();
    return Error(ErrorCode::INVALID_RECORD,
                 "record " + std::to_string(records_read_) + " of the batch: " + std::move(reason));
}

Result<bool> RecordReader::finish() {
    if (stream_.at_end()) return false;
    return failed("more bytes than the batch's records take");
}

/// Reads the length of a record that must come. Returns why it can't be, or null: cheaper, for
/// each of many small records, than a Result.
const char* RecordReader::begin_record(int32_t& length) {
    if (!compression_) [[unlikely]]
        return "its codec is unknown";
    if (!stream_.read(length)) [[unlikely]]
        return "the batch ends before it";
    if (length < 0) [[unlikely]]
        return "its length is negative";
    if (*compression_ != CompressionType::kNone && length > record_bytes_max_) [[unlikely]]
        return "decompressed, it is larger than the limit";
    return nullptr;
}

Result<bool> RecordReader::next() {
    if (records_read_ >= batch_.record_count()) return finish();
    int32_t length = 0;
    if (const char* reason = begin_record(length)) return failed(reason);
    auto size = static_cast<size_t>(length);
    if (!stream_.ensure(size)) return failed("it is longer than the batch");
    BytesView body(stream_.data(), size);
    BodyCursor cursor(body);
    RecordOutline outline;
    if (const char* reason = BodyParser(cursor, static_cast<uint32_t>(length)).parse(outline))
        return failed(reason);
    record_ = {.offset_delta = outline.offset_delta,
               .timestamp_delta = outline.timestamp_delta,
               .key = nullable_field(body, outline.key_at, outline.key_length),
               .value = nullable_field(body, outline.value_at, outline.value_length),
               .header_count = outline.header_count,
               .header_bytes = body.subspan(outline.headers_at),
               .offset = batch_.base_offset() + outline.offset_delta,
               .timestamp = record_timestamp(batch_, outline.timestamp_delta)};
    stream_.consume(size);
    records_read_++;
    return true;
}

Result<bool> RecordReader::next_outline(RecordOutline& into) {
    if (records_read_ >= batch_.record_count()) return finish();
    int32_t length = 0;
    if (const char* reason = begin_record(length)) return failed(reason);
    auto size = static_cast<size_t>(length);
    const char* reason = nullptr;
    if (stream_.available() >= size) {
        BodyCursor cursor({stream_.data(), size});
        reason = BodyParser(cursor, static_cast<uint32_t>(length)).parse(into);
        stream_.consume(size);
    } else {
        reason = BodyParser(stream_, static_cast<uint32_t>(length)).parse(into);
    }
    if (reason) return failed(reason);
    records_read_++;
    return true;
}

}  // namespace milena
