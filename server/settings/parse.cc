// SPDX-License-Identifier: Apache-2.0
// Text -> value, with Kafka's checks of type, range, choices and form.
#include <algorithm>
#include <limits>

#include "server/settings/rules.h"
#include "server/settings/setting.h"
#include "server/settings/text.h"

namespace milena {

static std::string print_bound(const Setting& setting, double bound) {
    if (setting.type == SettingType::kDouble) return print_double(bound);
    return std::to_string(static_cast<int64_t>(bound));
}

static std::string_view type_text(SettingType type) {
    switch (type) {
        case SettingType::kBoolean:
            return "true or false";
        case SettingType::kInt:
            return "a whole number of 32 bits";
        case SettingType::kShort:
            return "a whole number of 16 bits";
        case SettingType::kLong:
            return "a whole number of 64 bits";
        case SettingType::kDouble:
            return "a number";
        default:
            return "text";
    }
}

static std::string_view rule_text(SettingRule rule) {
    switch (rule) {
        case SettingRule::kNone:
            return "";
        case SettingRule::kList:
            return "a list without blank elements";
        case SettingRule::kNonEmptyList:
            return "a list of at least one element, none blank";
        case SettingRule::kNonEmpty:
            return "text that is not empty";
        case SettingRule::kNonNull:
            return "text";
        case SettingRule::kGzipLevel:
            return "1 to 9, or -1";
        case SettingRule::kThrottledReplicas:
            return "* or a list of partition:broker";
        case SettingRule::kOffsetReset:
            return "earliest, latest or by_duration: with an ISO 8601 duration, e.g. "
                   "by_duration:P1DT2H";
        case SettingRule::kQuorumVoters:
            return "a list of id@host:port";
        case SettingRule::kBootstrapServers:
            return "a list of host:port";
    }
    return "";
}

std::string valid_values(const Setting& setting) {
    if (setting.minimum && setting.maximum)
        return print_bound(setting, *setting.minimum) + " to " +
               print_bound(setting, *setting.maximum);
    if (setting.minimum) return print_bound(setting, *setting.minimum) + " or more";
    if (!setting.choices.empty()) return "one of: " + join(setting.choices, ", ");
    return std::string(rule_text(setting.rule));
}

static Error invalid(const Setting& setting, std::optional<std::string_view> text,
                     std::string_view why) {
    std::string shown = setting.sensitive() ? "(hidden)" : text ? std::string(*text) : "null";
    return Error(ErrorCode::INVALID_CONFIG, std::string(setting.name) + "=" + shown +
                                                " is not valid; it must be " + std::string(why));
}

template <class Int>
static std::optional<int64_t> parse_bounded(std::string_view text) {
    auto value = parse_integer(text);
    if (!value || *value < std::numeric_limits<Int>::min() ||
        *value > std::numeric_limits<Int>::max())
        return std::nullopt;
    return value;
}

template <class T>
static std::optional<SettingValue> as_value(std::optional<T> value) {
    if (!value) return std::nullopt;
    return SettingValue(*value);
}

static std::optional<SettingValue> parse_type(SettingType type, std::string_view text) {
    switch (type) {
        case SettingType::kBoolean:
            if (equals_any_case(text, "true")) return SettingValue(true);
            if (equals_any_case(text, "false")) return SettingValue(false);
            return std::nullopt;
        case SettingType::kInt:
            return as_value(parse_bounded<int32_t>(text));
        case SettingType::kShort:
            return as_value(parse_bounded<int16_t>(text));
        case SettingType::kLong:
            return as_value(parse_bounded<int64_t>(text));
        case SettingType::kDouble:
            return as_value(parse_double(text));
        case SettingType::kList:
            return SettingValue(split_list(text));
        default:
            return SettingValue(std::string(text));
    }
}

static bool in_range(const Setting& setting, const SettingValue& value) {
    double number = 0;
    if (auto* whole = std::get_if<int64_t>(&value))
        number = static_cast<double>(*whole);
    else if (auto* real = std::get_if<double>(&value))
        number = *real;
    else
        return true;
    return !(setting.minimum && number < *setting.minimum) &&
           !(setting.maximum && number > *setting.maximum);
}

static bool is_choice(const Setting& setting, const std::string& text) {
    return std::any_of(setting.choices.begin(), setting.choices.end(), [&](std::string_view c) {
        return setting.any_case ? equals_any_case(c, text) : c == text;
    });
}

static bool in_choices(const Setting& setting, const SettingValue& value) {
    if (setting.choices.empty()) return true;
    if (auto* text = std::get_if<std::string>(&value)) return is_choice(setting, *text);
    if (auto* list = std::get_if<std::vector<std::string>>(&value))
        return std::all_of(list->begin(), list->end(),
                           [&](const std::string& element) { return is_choice(setting, element); });
    return true;
}

// As Kafka does: what stands twice in such a list is taken once.
static void remove_repeated(const Setting& setting, SettingValue& value) {
    if (setting.rule != SettingRule::kList && setting.rule != SettingRule::kNonEmptyList) return;
    auto* list = std::get_if<std::vector<std::string>>(&value);
    if (!list) return;
    std::vector<std::string> once;
    for (std::string& element : *list)
        if (std::find(once.begin(), once.end(), element) == once.end())
            once.push_back(std::move(element));
    *list = std::move(once);
}

Result<SettingValue> parse_setting(const Setting& setting, std::optional<std::string_view> text) {
    if (!text) {
        if (setting.default_value || setting.required)
            return invalid(setting, text, type_text(setting.type));
        return SettingValue();
    }
    auto value = parse_type(setting.type, trim(*text));
    if (!value) return invalid(setting, text, type_text(setting.type));
    remove_repeated(setting, *value);
    if (!in_range(setting, *value) || !in_choices(setting, *value))
        return invalid(setting, text, valid_values(setting));
    if (!follows_rule(setting.rule, *value)) return invalid(setting, text, rule_text(setting.rule));
    return *value;
}

std::optional<std::string> print_value(const SettingValue& value) {
    if (auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
    if (auto* real = std::get_if<double>(&value)) return print_double(*real);
    if (auto* text = std::get_if<std::string>(&value)) return *text;
    if (auto* list = std::get_if<std::vector<std::string>>(&value)) return join(*list, ",");
    return std::nullopt;
}

}  // namespace milena
