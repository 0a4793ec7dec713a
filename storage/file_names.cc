// SPDX-License-Identifier: Apache-2.0
#include "storage/file_names.h"

#include <charconv>
#include <cstdio>

namespace milena {
namespace {

constexpr size_t kOffsetDigits = 20;
constexpr size_t kNameBytesMax = 255;

template <class Int>
std::optional<Int> parse_number(std::string_view digits) {
    Int value{};
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return {};
    return value;
}

std::string random_hex() {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (uint8_t byte : Uuid::random().bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

}  // namespace

std::string segment_file_name(Offset base_offset, std::string_view suffix) {
    char digits[kOffsetDigits + 1];
    std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(base_offset.value));
    return std::string(digits).append(suffix);
}

std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix) {
    if (name.size() != kOffsetDigits + suffix.size() || !name.ends_with(suffix)) return {};
    auto offset = parse_number<int64_t>(name.substr(0, kOffsetDigits));
    if (!offset) return {};
    return Offset(*offset);
}

std::optional<PartitionName> parse_partition_directory(std::string_view name) {
    size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0 || dash + 1 == name.size()) return {};
    auto partition = parse_number<int32_t>(name.substr(dash + 1));
    if (!partition) return {};
    return PartitionName{std::string(name.substr(0, dash)), *partition};
}

std::string data_directory_of(const std::string& log_directory) {
    return log_directory.substr(0, log_directory.rfind('/'));
}

std::string retired_directory_name(const PartitionName& name, std::string_view suffix) {
    std::string tail = "-" + std::to_string(name.partition) + "." + random_hex();
    tail.append(suffix);
    return name.topic.substr(0, kNameBytesMax - tail.size()).append(tail);
}

}  // namespace milena
