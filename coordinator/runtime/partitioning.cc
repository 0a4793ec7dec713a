// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/partitioning.h"

#include <charconv>
#include <limits>

#include "base/ids.h"

namespace milena {

namespace {

constexpr uint32_t kReplacement = 0xFFFD;

/// Takes one code point off the front; bytes that are no UTF-8 become the replacement character.
uint32_t take_code_point(std::string_view& text) {
    const auto byte_at = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte_at(0);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const bool is_start = first < 0x80 || (first >= 0xC2 && first <= 0xF4);
    uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
    size_t used = 1;
    while (is_start && used < length && used < text.size() && (byte_at(used) & 0xC0) == 0x80)
        point = point << 6 | (byte_at(used++) & 0x3F);
    text.remove_prefix(used);
    return is_start && used == length ? point : kReplacement;
}

/// Calls `visit` with each UTF-16 unit of `text`.
template <class Visit>
void visit_units(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const uint32_t point = take_code_point(text);
        if (point < 0x10000) {
            visit(point);
        } else {
            visit(0xD800 + ((point - 0x10000) >> 10));
            visit(0xDC00 + ((point - 0x10000) & 0x3FF));
        }
    }
}

}  // namespace

std::u16string java_chars(std::string_view text) {
    std::u16string chars;
    chars.reserve(text.size());
    visit_units(text, [&](uint32_t unit) { chars.push_back(static_cast<char16_t>(unit)); });
    return chars;
}

size_t java_length(std::string_view text) {
    size_t length = 0;
    visit_units(text, [&](uint32_t) { ++length; });
    return length;
}

int32_t java_hash(std::string_view text) {
    uint32_t hash = 0;
    visit_units(text, [&](uint32_t unit) { hash = hash * 31 + unit; });
    return static_cast<int32_t>(hash);
}

int32_t coordinator_partition(std::string_view key, int32_t partitions) {
    const int32_t hash = java_hash(key);
    const int32_t positive = hash == std::numeric_limits<int32_t>::min() ? 0 : std::abs(hash);
    return positive % partitions;
}

bool is_share_partition_key(std::string_view key) {
    const size_t last = key.rfind(':');
    if (last == std::string_view::npos || last == 0) return false;
    const size_t middle = key.rfind(':', last - 1);
    if (middle == std::string_view::npos || middle == 0) return false;
    if (!Uuid::parse(key.substr(middle + 1, last - middle - 1))) return false;
    const std::string_view index = key.substr(last + 1);
    int32_t partition = -1;
    const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), partition);
    return error == std::errc() && end == index.data() + index.size();
}

}  // namespace milena
