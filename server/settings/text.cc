// SPDX-License-Identifier: Apache-2.0
#include "server/settings/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace milena {

std::string_view trim(std::string_view text) {
    auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

bool equals_any_case(std::string_view a, std::string_view b) { return to_lower(a) == to_lower(b); }

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> parts;
    if (trim(text).empty()) return parts;
    while (true) {
        size_t at = text.find(separator);
        parts.emplace_back(trim(text.substr(0, at)));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::optional<int64_t> parse_integer(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_double(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!std::isfinite(value)) return std::nullopt;  // "nan", "inf"
    return value;
}

std::string print_double(double value) {
    char buffer[64];
    double size = std::fabs(value);
    bool plain = value == 0 || (size >= 1e-3 && size < 1e7);
    auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
    std::string text(buffer, end);
    size_t exponent = text.find('e');
    std::string digits = text.substr(0, exponent);
    if (digits.find('.') == std::string::npos) digits += ".0";
    if (exponent == std::string::npos) return digits;
    auto power = parse_integer(std::string_view(text).substr(exponent + 1));
    return digits + "E" + std::to_string(power.value_or(0));
}

}  // namespace milena
