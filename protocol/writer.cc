// SPDX-License-Identifier: Apache-2.0
#include "protocol/writer.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "protocol/reader.h"

namespace milena::protocol {
namespace {

uint32_t zigzag(int32_t value) {
    return (static_cast<uint32_t>(value) << 1) ^ static_cast<uint32_t>(value >> 31);
}
uint64_t zigzag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
size_t groups_of_seven(uint64_t value) {
    return static_cast<size_t>(std::bit_width(value | 1) + 6) / 7;
}

std::string_view cut_to_limit(std::string_view text) {
    if (text.size() <= kStringBytesMax) return text;
    size_t size = kStringBytesMax;
    while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

uint32_t compact_length(size_t length) { return static_cast<uint32_t>(length + 1); }

}  // namespace

void Writer::overrun() {
    std::fputs("milena: a message is longer than its encoded_size() said\n", stderr);
    std::abort();
}

void Writer::write_raw(BytesView bytes) {
    uint8_t* to = claim(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

void Writer::write_unsigned_varint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) write(static_cast<uint8_t>(value | 0x80));
    write(static_cast<uint8_t>(value));
}

void Writer::write_varint(int32_t value) { write_unsigned_varint(zigzag(value)); }

void Writer::write_varlong(int64_t value) {
    uint64_t rest = zigzag(value);
    for (; rest >= 0x80; rest >>= 7) write(static_cast<uint8_t>(rest | 0x80));
    write(static_cast<uint8_t>(rest));
}

void Writer::write_string(bool flexible, std::string_view text) {
    text = cut_to_limit(text);
    if (flexible)
        write_unsigned_varint(compact_length(text.size()));
    else
        write(static_cast<int16_t>(text.size()));
    write_raw(as_bytes(text));
}

void Writer::write_nullable_string(bool flexible, bool nullable,
                                   std::optional<std::string_view> text) {
    if (text || !nullable)
        write_string(flexible, text.value_or(std::string_view{}));
    else if (flexible)
        write_unsigned_varint(0);
    else
        write<int16_t>(-1);
}

void Writer::write_bytes(bool flexible, BytesView bytes) {
    write_array_length(flexible, bytes.size());
    write_raw(bytes);
}

void Writer::write_nullable_bytes(bool flexible, bool nullable, std::optional<BytesView> bytes) {
    if (bytes)
        write_bytes(flexible, *bytes);
    else
        write_null_array(flexible, nullable);
}

void Writer::write_records(bool flexible, bool nullable, const Records& records) {
    if (records.is_null()) return write_null_array(flexible, nullable);
    write_array_length(flexible, records.size());
    write_raw(records.bytes());
    if (!records.slices().empty() && cuts_ == nullptr) overrun();
    for (const FileSlice& slice : records.slices())
        if (slice.length > 0) cuts_->push_back({written(), slice});
}

void Writer::write_array_length(bool flexible, size_t count) {
    if (flexible)
        write_unsigned_varint(compact_length(count));
    else
        write(static_cast<int32_t>(count));
}

void Writer::write_null_array(bool flexible, bool nullable) {
    if (!nullable)
        write_array_length(flexible, 0);
    else if (flexible)
        write_unsigned_varint(0);
    else
        write<int32_t>(-1);
}

void Writer::write_tag(uint32_t number, size_t size) {
    write_unsigned_varint(number);
    write_unsigned_varint(static_cast<uint32_t>(size));
}

size_t unsigned_varint_size(uint32_t value) { return groups_of_seven(value); }
size_t varint_size(int32_t value) { return groups_of_seven(zigzag(value)); }
size_t varlong_size(int64_t value) { return groups_of_seven(zigzag(value)); }

size_t string_size(bool flexible, std::string_view text) {
    const size_t size = cut_to_limit(text).size();
    return size + (flexible ? unsigned_varint_size(compact_length(size)) : sizeof(int16_t));
}

size_t nullable_string_size(bool flexible, bool, std::optional<std::string_view> text) {
    return string_size(flexible, text.value_or(std::string_view{}));
}

size_t bytes_size(bool flexible, BytesView bytes) {
    return array_length_size(flexible, bytes.size()) + bytes.size();
}

size_t nullable_bytes_size(bool flexible, bool, std::optional<BytesView> bytes) {
    return bytes_size(flexible, bytes.value_or(BytesView{}));
}

size_t records_size(bool flexible, bool, const Records& records) {
    return array_length_size(flexible, records.size()) + records.bytes().size();
}

size_t array_length_size(bool flexible, size_t count) {
    return flexible ? unsigned_varint_size(compact_length(count)) : sizeof(int32_t);
}

size_t null_array_size(bool flexible) { return array_length_size(flexible, 0); }

size_t tagged_field_size(uint32_t number, size_t size) {
    return unsigned_varint_size(number) + unsigned_varint_size(static_cast<uint32_t>(size)) + size;
}

}  // namespace milena::protocol
