// SPDX-License-Identifier: Apache-2.0
// Reads Kafka's primitive types from bytes that a stranger sent.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "protocol/records.h"

namespace milena::protocol {

/// As Kafka bounds them, whatever the frame could hold.
inline constexpr size_t kArrayElementsMax = 1'000'000;
inline constexpr size_t kTaggedFieldsMax = 10'000;
inline constexpr size_t kStringBytesMax = 0x7fff;

/// A cursor over borrowed bytes, which must outlive whatever is read: strings and bytes are views.
/// Errors stick: after the first one nothing remains, every read returns an empty value, and
/// `error()` names the field. So a decoder reads on and asks once, at its end. Nothing is
/// allocated for a length or count before it is checked against what remains.
///
/// `field` is "Message.field", a literal. `flexible`: lengths are varints (KIP-482).
class Reader {
  public:
    explicit Reader(BytesView bytes) : position_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool ok() const { return failed_field_ == nullptr; }
    /// INVALID_REQUEST: "<Message>.<field>: <reason>". REQUIRES: !ok()
    Error error() const;
    size_t remaining() const { return static_cast<size_t>(end_ - position_); }

    template <std::integral T>
    T read(const char* field) {
        if (remaining() < sizeof(T)) [[unlikely]] {
            fail_short(field);
            return T{};
        }
        T value = load_big_endian<T>(position_);
        position_ += sizeof(T);
        return value;
    }
    bool read_bool(const char* field) { return read<uint8_t>(field) != 0; }
    double read_float64(const char* field) { return std::bit_cast<double>(read<uint64_t>(field)); }
    Uuid read_uuid(const char* field);
    /// At most 5 bytes and 32 bits.
    uint32_t read_unsigned_varint(const char* field);
    /// Zigzag, at most 5 bytes and 32 bits.
    int32_t read_varint(const char* field);
    /// Zigzag, at most 10 bytes and 64 bits.
    int64_t read_varlong(const char* field);

    std::string_view read_string(bool flexible, const char* field);
    /// Nothing for null, which is an error unless `nullable`.
    std::optional<std::string_view> read_nullable_string(bool flexible, bool nullable,
                                                         const char* field);
    BytesView read_bytes(bool flexible, const char* field);
    std::optional<BytesView> read_nullable_bytes(bool flexible, bool nullable, const char* field);
    Records read_records(bool flexible, bool nullable, const char* field);
    /// `size` bytes as they lie.
    BytesView read_raw(size_t size, const char* field);

    /// The count of an array whose elements take at least `element_size_min` (> 0) bytes each:
    /// so many bytes do remain. Nothing for null, which is an error unless `nullable`.
    std::optional<size_t> read_array_length(bool flexible, bool nullable, size_t element_size_min,
                                            const char* field);
    /// Whether a nullable struct follows.
    bool read_presence(const char* field) { return read<int8_t>(field) >= 0; }
    /// The same, where the struct is a tagged field.
    bool read_tagged_presence(const char* field) { return read_unsigned_varint(field) > 0; }

    /// A tagged field: between begin_tag and end_tag only its bytes remain.
    struct Tag {
        uint32_t number;
        const uint8_t* outer_end;
    };
    uint32_t read_tag_count(const char* field);
    Tag begin_tag(const char* field);
    void skip_tag() { position_ = end_; }
    void end_tag(const Tag& tag, const char* field);
    /// A whole section of tagged fields of which none is known.
    void skip_tagged_fields(const char* field);

    void fail(const char* field, const char* reason);

  private:
    /// A length as strings, bytes and arrays have it; negative for null.
    int64_t read_length(bool flexible, bool two_bytes, const char* field);
    std::optional<BytesView> read_sized(int64_t length, bool nullable, const char* field);
    void fail_short(const char* field);

    const uint8_t* position_;
    const uint8_t* end_;
    const char* failed_field_ =
        nullptr;  ///< literals: an error costs nothing until it is asked for
    const char* reason_ = nullptr;
};

}  // namespace milena::protocol
