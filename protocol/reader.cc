// SPDX-License-Identifier: Apache-2.0
#include "protocol/reader.h"

#include <algorithm>
#include <string>

namespace milena::protocol {

Error Reader::error() const {
    return Error(ErrorCode::INVALID_REQUEST, std::string(failed_field_) + ": " + reason_);
}

void Reader::fail(const char* field, const char* reason) {
    if (ok()) {
        failed_field_ = field;
        reason_ = reason;
    }
    position_ = end_;
}

void Reader::fail_short(const char* field) { fail(field, "the message ends too early"); }

Uuid Reader::read_uuid(const char* field) {
    Uuid uuid;
    BytesView bytes = read_raw(uuid.bytes.size(), field);
    std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
    return uuid;
}

uint32_t Reader::read_unsigned_varint(const char* field) {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 7) {
        const auto byte = read<uint8_t>(field);
        if (shift == 28 && byte > 0x0f) break;
        value |= static_cast<uint32_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail(field, "a varint has more than 32 bits");
    return 0;
}

int32_t Reader::read_varint(const char* field) {
    const uint32_t raw = read_unsigned_varint(field);
    return static_cast<int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

int64_t Reader::read_varlong(const char* field) {
    uint64_t raw = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = read<uint8_t>(field);
        if (shift == 63 && byte > 1) break;
        raw |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
    }
    fail(field, "a varint has more than 64 bits");
    return 0;
}

BytesView Reader::read_raw(size_t size, const char* field) {
    if (remaining() < size) {
        fail_short(field);
        return {};
    }
    BytesView bytes(position_, size);
    position_ += size;
    return bytes;
}

int64_t Reader::read_length(bool flexible, bool two_bytes, const char* field) {
    if (flexible) return int64_t{read_unsigned_varint(field)} - 1;
    return two_bytes ? read<int16_t>(field) : read<int32_t>(field);
}

std::optional<BytesView> Reader::read_sized(int64_t length, bool nullable, const char* field) {
    if (length >= 0) return read_raw(static_cast<size_t>(length), field);
    if (!nullable) fail(field, "null is not allowed");
    return std::nullopt;
}

std::optional<std::string_view> Reader::read_nullable_string(bool flexible, bool nullable,
                                                             const char* field) {
    const int64_t length = read_length(flexible, true, field);
    if (length > static_cast<int64_t>(kStringBytesMax)) {
        fail(field, "a string is longer than 32767 bytes");
        return std::nullopt;
    }
    const auto bytes = read_sized(length, nullable, field);
    if (!bytes) return std::nullopt;
    return as_text(*bytes);
}

std::string_view Reader::read_string(bool flexible, const char* field) {
    return read_nullable_string(flexible, false, field).value_or(std::string_view{});
}

std::optional<BytesView> Reader::read_nullable_bytes(bool flexible, bool nullable,
                                                     const char* field) {
    return read_sized(read_length(flexible, false, field), nullable, field);
}

BytesView Reader::read_bytes(bool flexible, const char* field) {
    return read_nullable_bytes(flexible, false, field).value_or(BytesView{});
}

Records Reader::read_records(bool flexible, bool nullable, const char* field) {
    const auto bytes = read_nullable_bytes(flexible, nullable, field);
    return bytes ? Records(*bytes) : Records();
}

std::optional<size_t> Reader::read_array_length(bool flexible, bool nullable,
                                                size_t element_size_min, const char* field) {
    const int64_t length = read_length(flexible, false, field);
    if (!ok()) return nullable ? std::nullopt : std::optional<size_t>(0);
    if (length < 0) {
        if (!nullable) fail(field, "null is not allowed");
        return std::nullopt;
    }
    const auto count = static_cast<size_t>(length);
    if (count > kArrayElementsMax) {
        fail(field, "an array has more than 1000000 elements");
        return 0;
    }
    if (count * element_size_min > remaining()) {
        fail(field, "an array has more elements than the message has room for");
        return 0;
    }
    return count;
}

uint32_t Reader::read_tag_count(const char* field) {
    const uint32_t count = read_unsigned_varint(field);
    if (count <= kTaggedFieldsMax) return count;
    fail(field, "more than 10000 tagged fields");
    return 0;
}

Reader::Tag Reader::begin_tag(const char* field) {
    Tag tag{read_unsigned_varint(field), end_};
    const uint32_t size = read_unsigned_varint(field);
    if (size > remaining())
        fail_short(field);
    else
        end_ = position_ + size;
    return tag;
}

void Reader::end_tag(const Tag& tag, const char* field) {
    if (position_ != end_) fail(field, "a tagged field is longer than its value");
    end_ = tag.outer_end;
    if (!ok()) position_ = end_;
}

void Reader::skip_tagged_fields(const char* field) {
    for (uint32_t count = read_tag_count(field); count > 0 && ok(); --count) {
        read_unsigned_varint(field);
        read_raw(read_unsigned_varint(field), field);
    }
}

}  // namespace milena::protocol
