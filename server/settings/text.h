// SPDX-License-Identifier: Apache-2.0
// Small helpers on text that the settings share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace milena {

/// Without blanks (as Java's trim: all up to U+0020) at both ends.
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equals_any_case(std::string_view a, std::string_view b);
/// The parts between `separator`, trimmed; no part at all if `text` is blank.
std::vector<std::string> split_list(std::string_view text, char separator = ',');
/// All of `text` as a decimal integer, with an optional sign; none if it is anything else.
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<double> parse_double(std::string_view text);
/// As Java prints a double: shortest digits, always a point, exponent outside of 1e-3 to 1e7.
std::string print_double(double value);
template <class Range>
std::string join(const Range& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) text += separator;
        text += part;
    }
    return text;
}

}  // namespace milena
