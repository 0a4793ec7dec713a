// SPDX-License-Identifier: Apache-2.0
// Variable-length integers of the record format: seven bits a byte, least significant first, signed
// values zigzag-encoded. 32 bits take at most 5 bytes, 64 bits at most 10.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"

namespace milena {

inline constexpr size_t kVarintBytesMax = 5;
inline constexpr size_t kVarlongBytesMax = 10;

template <std::signed_integral T>
constexpr std::make_unsigned_t<T> zigzag(T value) {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>((static_cast<U>(value) << 1) ^
                          static_cast<U>(value >> (8 * sizeof(T) - 1)));
}
template <std::unsigned_integral U>
constexpr std::make_signed_t<U> unzigzag(U value) {
    return static_cast<std::make_signed_t<U>>((value >> 1) ^ (~(value & 1) + 1));
}

/// Bytes that `value` takes, zigzag-encoded.
template <std::signed_integral T>
constexpr size_t varint_size(T value) {
    return (static_cast<size_t>(std::bit_width(zigzag(value) | 1)) + 6) / 7;
}

/// Writes `value` at `to` and returns the end. REQUIRES: varint_size(value) writable bytes.
template <std::signed_integral T>
uint8_t* write_varint(uint8_t* to, T value) {
    auto rest = zigzag(value);
    while (rest >= 0x80) {
        *to++ = static_cast<uint8_t>(rest | 0x80);
        rest >>= 7;
    }
    *to++ = static_cast<uint8_t>(rest);
    return to;
}

/// Reads a T from [at, end) and moves `at` behind it; false if the bytes end or the integer is
/// longer than a T can be. Bits beyond a T's in the last byte are dropped, as Kafka does.
template <std::signed_integral T>
bool read_varint(const uint8_t*& at, const uint8_t* end, T& into) {
    using U = std::make_unsigned_t<T>;
    constexpr int kShiftMax = sizeof(T) == 4 ? 28 : 63;
    U value = 0;
    for (int shift = 0; shift <= kShiftMax; shift += 7) {
        if (at == end) return false;
        uint8_t byte = *at++;
        value |= static_cast<U>(byte & 0x7f) << shift;
        if (byte < 0x80) {
            into = unzigzag(value);
            return true;
        }
    }
    return false;
}

}  // namespace milena
