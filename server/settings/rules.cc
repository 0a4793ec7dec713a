// SPDX-License-Identifier: Apache-2.0
// Written by hand, not with std::regex: its recursion lets a long value overflow the stack.
#include "server/settings/rules.h"

#include <algorithm>

#include "server/settings/text.h"

namespace milena {

using Strings = std::vector<std::string>;

static bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

static bool has_blank(const Strings& list) {
    return std::any_of(list.begin(), list.end(), [](auto& text) { return text.empty(); });
}

static bool throttled_replica(std::string_view text) {
    size_t colon = text.find(':');
    return text.empty() || (colon != std::string_view::npos && all_digits(text.substr(0, colon)) &&
                            all_digits(text.substr(colon + 1)));
}

static bool throttled_replicas(const Strings& list) {
    if (list.size() == 1 && list[0] == "*") return true;
    return std::all_of(list.begin(), list.end(), throttled_replica);
}

static bool host_and_port(std::string_view text) {
    size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    auto port = parse_integer(text.substr(colon + 1));
    return port && *port >= 0 && *port <= 65535;
}

static bool quorum_voter(std::string_view text) {
    size_t at = text.find('@');
    return at != std::string_view::npos && all_digits(text.substr(0, at)) &&
           host_and_port(text.substr(at + 1));
}

// Takes "12H" off the head of `text` if its unit is one of `units`, the left-most of which come
// first.
static bool take_amount(std::string_view& text, std::string_view& units) {
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits == text.size()) return false;
    size_t end = digits;
    if (text[digits] == '.' || text[digits] == ',') {  // of seconds alone
        end = text.find_first_not_of("0123456789", digits + 1);
        if (end == std::string_view::npos || end - digits > 10 || to_lower(text.substr(end)) != "s")
            return false;
    }
    size_t unit = units.find(to_lower(text.substr(end, 1)));
    if (unit == std::string_view::npos) return false;
    units.remove_prefix(unit + 1);
    text.remove_prefix(end + 1);
    return true;
}

// java.time.Duration's form, without a sign: a negative one is refused anyway.
static bool is_duration(std::string_view text) {
    if (text.size() < 2 || to_lower(text.substr(0, 1)) != "p") return false;
    text.remove_prefix(1);
    std::string_view days = "d", rest = "hms";
    if (to_lower(text.substr(0, 1)) != "t" && !take_amount(text, days)) return false;
    if (text.empty()) return true;
    if (to_lower(text.substr(0, 1)) != "t" || text.size() == 1) return false;
    text.remove_prefix(1);
    while (!text.empty())
        if (!take_amount(text, rest)) return false;
    return true;
}

static bool offset_reset(std::string_view text) {
    constexpr std::string_view kByDuration = "by_duration:";
    if (text.starts_with(kByDuration)) return is_duration(text.substr(kByDuration.size()));
    return text == "earliest" || text == "latest";
}

bool follows_rule(SettingRule rule, const SettingValue& value) {
    auto* list = std::get_if<Strings>(&value);
    auto* text = std::get_if<std::string>(&value);
    auto* number = std::get_if<int64_t>(&value);
    switch (rule) {
        case SettingRule::kNone:
            return true;
        case SettingRule::kNonNull:
            return text != nullptr;
        case SettingRule::kNonEmpty:
            return !text || !text->empty();
        case SettingRule::kList:
            return !list || !has_blank(*list);
        case SettingRule::kNonEmptyList:
            return !list || (!list->empty() && !has_blank(*list));
        case SettingRule::kGzipLevel:
            return number && (*number == -1 || (*number >= 1 && *number <= 9));
        case SettingRule::kThrottledReplicas:
            return list && throttled_replicas(*list);
        case SettingRule::kOffsetReset:
            return text && offset_reset(*text);
        case SettingRule::kQuorumVoters:
            return list && std::all_of(list->begin(), list->end(), quorum_voter);
        case SettingRule::kBootstrapServers:
            return list && std::all_of(list->begin(), list->end(), host_and_port);
    }
    return false;
}

}  // namespace milena
