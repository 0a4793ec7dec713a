// SPDX-License-Identifier: Apache-2.0
// Writes Kafka's primitive types into a buffer of known size.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/records.h"

namespace milena::protocol {

/// A place in an answer where bytes of a file come in between: what lies before `buffer_offset` is
/// sent, then the slice, then the rest.
struct Cut {
    size_t buffer_offset = 0;
    FileSlice slice;
};

/// Fills a buffer that `encoded_size()` has measured; writing past its end is a defect of the
/// caller and aborts. `flexible`: lengths are varints (KIP-482). Null where the version has no null
/// is written as empty. A string longer than the 32767 bytes that Kafka allows is cut at the end of
/// a character.
class Writer {
  public:
    /// File slices of records are noted in `cuts`. Without it there must be none.
    explicit Writer(MutableBytesView buffer, std::vector<Cut>* cuts = nullptr)
        : begin_(buffer.data()), position_(begin_), end_(begin_ + buffer.size()), cuts_(cuts) {}

    size_t written() const { return static_cast<size_t>(position_ - begin_); }
    size_t remaining() const { return static_cast<size_t>(end_ - position_); }

    template <std::integral T>
    void write(T value) {
        store_big_endian(claim(sizeof value), value);
    }
    void write_bool(bool value) { write<uint8_t>(value ? 1 : 0); }
    void write_float64(double value) { write(std::bit_cast<uint64_t>(value)); }
    void write_uuid(const Uuid& uuid) { write_raw(uuid.bytes); }
    void write_unsigned_varint(uint32_t value);
    void write_varint(int32_t value);
    void write_varlong(int64_t value);

    void write_string(bool flexible, std::string_view text);
    void write_nullable_string(bool flexible, bool nullable, std::optional<std::string_view> text);
    void write_bytes(bool flexible, BytesView bytes);
    void write_nullable_bytes(bool flexible, bool nullable, std::optional<BytesView> bytes);
    void write_records(bool flexible, bool nullable, const Records& records);
    void write_raw(BytesView bytes);

    void write_array_length(bool flexible, size_t count);
    /// Null, or the length 0 where the version has no null.
    void write_null_array(bool flexible, bool nullable);
    /// Before a nullable struct.
    void write_presence(bool present) { write<int8_t>(present ? 1 : -1); }
    /// The same, where the struct is a tagged field.
    void write_tagged_presence(bool present) { write<uint8_t>(present ? 1 : 0); }
    void write_tag(uint32_t number, size_t size);

  private:
    uint8_t* claim(size_t size) {
        if (remaining() < size) [[unlikely]]
            overrun();
        uint8_t* at = position_;
        position_ += size;
        return at;
    }
    [[noreturn]] static void overrun();

    uint8_t* begin_;
    uint8_t* position_;
    uint8_t* end_;
    std::vector<Cut>* cuts_;
};

size_t unsigned_varint_size(uint32_t value);
size_t varint_size(int32_t value);
size_t varlong_size(int64_t value);
size_t string_size(bool flexible, std::string_view text);
size_t nullable_string_size(bool flexible, bool nullable, std::optional<std::string_view> text);
size_t bytes_size(bool flexible, BytesView bytes);
size_t nullable_bytes_size(bool flexible, bool nullable, std::optional<BytesView> bytes);
/// Without the bytes of file slices: what goes into the buffer.
size_t records_size(bool flexible, bool nullable, const Records& records);
size_t array_length_size(bool flexible, size_t count);
size_t null_array_size(bool flexible);
/// Tag, size and `size` bytes of value.
size_t tagged_field_size(uint32_t number, size_t size);

}  // namespace milena::protocol
