// SPDX-License-Identifier: Apache-2.0
// The registry of settings: what Kafka knows by name, made from settings.json at build time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace milena {

/// Where a setting can be set.
enum class SettingScope { kBroker, kTopic, kGroup, kClientMetrics };

/// The numbers are those that DescribeConfigs sends (ConfigType); 0 is a setting nobody knows.
enum class SettingType : int8_t {
    kUnknown = 0,
    kBoolean = 1,
    kString = 2,
    kInt = 3,
    kShort = 4,
    kLong = 5,
    kDouble = 6,
    kList = 7,
    kClass = 8,
    kPassword = 9,
};

enum class Importance { kHigh, kMedium, kLow };

/// Whether a setting of the broker can change at run time, and on what resource.
enum class DynamicMode { kReadOnly, kPerBroker, kClusterWide };

/// Checks beyond type, range and choices.
enum class SettingRule {
    kNone,
    kList,          ///< no element twice
    kNonEmptyList,  ///< at least one element, none twice
    kNonEmpty,
    kNonNull,
    kGzipLevel,          ///< -1 or 1 to 9
    kThrottledReplicas,  ///< "*" or partition:broker,...
    kOffsetReset,        ///< earliest, latest or by_duration:<ISO 8601>
    kQuorumVoters,       ///< id@host:port,...
    kBootstrapServers,   ///< host:port,...
};

struct Setting {
    std::string_view name;
    SettingScope scope = SettingScope::kBroker;
    SettingType type = SettingType::kUnknown;
    std::optional<std::string_view> default_value;  ///< none: null, or required
    bool required = false;
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::vector<std::string_view> choices;  ///< for a list: of each element
    bool any_case = false;                  ///< choices match in any case
    SettingRule rule = SettingRule::kNone;
    Importance importance = Importance::kMedium;
    DynamicMode dynamic = DynamicMode::kReadOnly;
    bool internal = false;   ///< Kafka knows it but doesn't show it
    bool effective = false;  ///< Milena acts on it
    /// Settings of the broker that give its value where nothing is set here; the first one set
    /// wins. For a setting of the broker it contains the setting itself.
    std::vector<std::string_view> synonyms;
    std::string_view documentation;

    bool sensitive() const { return type == SettingType::kPassword; }
};

/// A parsed value; monostate is null.
using SettingValue =
    std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

/// All settings of a scope, by name.
std::span<const Setting> settings_of(SettingScope scope);
/// Null if Kafka has no such setting.
const Setting* find_setting(SettingScope scope, std::string_view name);
/// The known name nearest to `name`, if one is near enough to be what was meant.
std::optional<std::string_view> similar_setting(SettingScope scope, std::string_view name);

/// Parses and checks `text` (none: null) as Kafka does. INVALID_CONFIG names key, value and what is
/// valid.
Result<SettingValue> parse_setting(const Setting& setting, std::optional<std::string_view> text);
/// As DescribeConfigs shows it: lists joined by commas, numbers without blanks. None for null.
std::optional<std::string> print_value(const SettingValue& value);
/// "1048576 or more", "one of: a, b", ...; empty if all of the type are valid.
std::string valid_values(const Setting& setting);

}  // namespace milena
