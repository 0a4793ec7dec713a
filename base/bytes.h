// SPDX-License-Identifier: Apache-2.0
// Bytes and the big-endian integers that Kafka writes everywhere.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace milena {

using Bytes = std::vector<uint8_t>;
/// Borrowed bytes; the owner is said where one is handed over.
using BytesView = std::span<const uint8_t>;
using MutableBytesView = std::span<uint8_t>;

inline std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline BytesView as_bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <std::integral T>
constexpr T byteswap(T value) {
    using U = std::make_unsigned_t<T>;
    if constexpr (sizeof(T) == 1)
        return value;
    else if constexpr (sizeof(T) == 2)
        return static_cast<T>(__builtin_bswap16(static_cast<U>(value)));
    else if constexpr (sizeof(T) == 4)
        return static_cast<T>(__builtin_bswap32(static_cast<U>(value)));
    else
        return static_cast<T>(__builtin_bswap64(static_cast<U>(value)));
}

/// Reads a big-endian T. REQUIRES: sizeof(T) readable bytes at `from`.
template <std::integral T>
inline T load_big_endian(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::big ? value : byteswap(value);
}

/// Writes `value` big-endian. REQUIRES: sizeof(T) writable bytes at `to`.
template <std::integral T>
inline void store_big_endian(uint8_t* to, T value) {
    if constexpr (std::endian::native != std::endian::big) value = byteswap(value);
    std::memcpy(to, &value, sizeof value);
}

}  // namespace milena
