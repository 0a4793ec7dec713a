// SPDX-License-Identifier: Apache-2.0
// What the generated encoders and decoders share: arrays and comparison. Only their .cc files
// include it.
#pragma once

#include <algorithm>
#include <type_traits>

#include "protocol/printer.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace milena::protocol {

/// What is reserved at once for an array; beyond that it grows as its elements really come.
inline constexpr size_t kReserveBytesMax = 4096;

template <class T>
void decode_element(Reader& reader, bool flexible, int16_t version, const char* field, T& element) {
    if constexpr (std::integral<T>)
        element = reader.read<T>(field);
    else if constexpr (std::same_as<T, Uuid>)
        element = reader.read_uuid(field);
    else if constexpr (std::same_as<T, std::string_view>)
        element = reader.read_string(flexible, field);
    else
        element.decode(reader, version);
}

template <class T>
constexpr size_t element_size_min() {
    if constexpr (std::integral<T> || std::same_as<T, Uuid>)
        return sizeof(T);
    else if constexpr (std::same_as<T, std::string_view>)
        return 1;
    else
        return T::kSizeMin;
}

template <class T>
void decode_elements(Reader& reader, size_t count, bool flexible, int16_t version,
                     const char* field, std::vector<T>& array) {
    array.reserve(std::min(count, std::max<size_t>(kReserveBytesMax / sizeof(T), 1)));
    for (; count > 0 && reader.ok(); --count)
        decode_element(reader, flexible, version, field, array.emplace_back());
}

template <class T>
void decode_array(Reader& reader, bool flexible, int16_t version, const char* field,
                  std::vector<T>& array) {
    const auto count = reader.read_array_length(flexible, false, element_size_min<T>(), field);
    decode_elements(reader, count.value_or(0), flexible, version, field, array);
}

template <class T>
void decode_nullable_array(Reader& reader, bool flexible, bool nullable, int16_t version,
                           const char* field, std::optional<std::vector<T>>& array) {
    const auto count = reader.read_array_length(flexible, nullable, element_size_min<T>(), field);
    array.reset();
    if (count) decode_elements(reader, *count, flexible, version, field, array.emplace());
}

template <class T>
void encode_array(Writer& writer, bool flexible, int16_t version, const std::vector<T>& array) {
    writer.write_array_length(flexible, array.size());
    for (const T& element : array) {
        if constexpr (std::integral<T>)
            writer.write(element);
        else if constexpr (std::same_as<T, Uuid>)
            writer.write_uuid(element);
        else if constexpr (std::same_as<T, std::string_view>)
            writer.write_string(flexible, element);
        else
            element.encode(writer, version);
    }
}

template <class T>
void encode_nullable_array(Writer& writer, bool flexible, bool nullable, int16_t version,
                           const std::optional<std::vector<T>>& array) {
    if (array)
        encode_array(writer, flexible, version, *array);
    else
        writer.write_null_array(flexible, nullable);
}

template <class T>
size_t array_size(bool flexible, int16_t version, const std::vector<T>& array) {
    size_t size = array_length_size(flexible, array.size());
    if constexpr (std::integral<T> || std::same_as<T, Uuid>)
        size += array.size() * sizeof(T);
    else if constexpr (std::same_as<T, std::string_view>)
        for (const T& element : array) size += string_size(flexible, element);
    else
        for (const T& element : array) size += element.encoded_size(version);
    return size;
}

template <class T>
size_t nullable_array_size(bool flexible, int16_t version,
                           const std::optional<std::vector<T>>& array) {
    return array ? array_size(flexible, version, *array) : null_array_size(flexible);
}

inline bool equal(BytesView a, BytesView b) { return std::ranges::equal(a, b); }
inline bool equal(const std::optional<BytesView>& a, const std::optional<BytesView>& b) {
    return a && b ? equal(*a, *b) : a.has_value() == b.has_value();
}
template <class T>
bool equal(const T& a, const T& b) {
    return a == b;
}

}  // namespace milena::protocol
