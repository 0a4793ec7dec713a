// SPDX-License-Identifier: Apache-2.0
#include "server/config_rules.h"

#include <algorithm>
#include <variant>

#include "cluster/topic_control.h"
#include "server/settings/describe.h"
#include "server/settings/resource_checks.h"
#include "server/settings/topic_config.h"

namespace milena {

namespace {

SettingScope scope_of(ConfigResourceType type) {
    switch (type) {
        case ConfigResourceType::kTopic:
            return SettingScope::kTopic;
        case ConfigResourceType::kGroup:
            return SettingScope::kGroup;
        case ConfigResourceType::kClientMetrics:
            return SettingScope::kClientMetrics;
        default:
            return SettingScope::kBroker;
    }
}

/// Only what log.dirs names can be cordoned, or "*", which means all of them.
Result<void> check_cordoned(const Settings& settings, const ConfigMap& all) {
    constexpr std::string_view kName = "cordoned.log.dirs";
    const auto given = all.find(kName);
    if (given == all.end()) return {};
    auto parsed = parse_setting(*find_setting(SettingScope::kBroker, kName), given->second);
    if (!parsed) return parsed.error();
    const std::vector<std::string> known = settings.data_directories();
    for (const std::string& path : std::get<std::vector<std::string>>(*parsed))
        if (path != "*" && std::ranges::find(known, path) == known.end())
            return Error(ErrorCode::INVALID_REQUEST,
                         "cordoned.log.dirs names " + path + ", which is not in log.dirs");
    return {};
}

}  // namespace

Result<void> SettingsRules::check(const ConfigResource& resource, const ConfigMap& all) const {
    if (resource.type == ConfigResourceType::kBroker) {
        auto valid = check_broker_config(all, resource.name.empty());
        return valid ? check_cordoned(settings_, all) : valid;
    }
    if (resource.name.empty())
        return Error(ErrorCode::INVALID_REQUEST, "Only brokers have defaults; name the resource.");
    switch (resource.type) {
        case ConfigResourceType::kTopic:
            if (auto named = check_topic_name(resource.name); !named) return named;
            return check_topic_config(all, settings_.static_values());
        case ConfigResourceType::kGroup:
            return check_group_config(all, settings_.static_values());
        default:
            return check_client_metrics_config(all);
    }
}

bool SettingsRules::is_list(ConfigResourceType type, std::string_view key) const {
    if (type == ConfigResourceType::kClientMetrics) return false;  // Kafka only replaces theirs
    const Setting* setting = find_setting(scope_of(type), key);
    return setting && setting->type == SettingType::kList;
}

std::optional<std::string> SettingsRules::default_value(ConfigResourceType type,
                                                        std::string_view key) const {
    const Setting* setting = find_setting(scope_of(type), key);
    if (!setting) return std::nullopt;
    if (type == ConfigResourceType::kTopic)
        return topic_value(*setting, settings_.static_values(), {});
    auto given = settings_.static_values().find(key);
    if (given != settings_.static_values().end()) return given->second;
    if (!setting->default_value) return std::nullopt;
    return std::string(*setting->default_value);
}

std::vector<ConfigRules::EffectiveConfig> SettingsRules::effective_topic_configs(
    const MetadataImage& image, const ConfigMap& overrides) const {
    std::vector<EffectiveConfig> all;
    auto layers = ConfigLayers::of(settings_, image, node_id_);
    for (auto& described : describe_topic(layers, overrides)) {
        // As given, where DescribeConfigs shows how it is understood.
        auto given = overrides.find(described.name);
        all.push_back({described.name, given != overrides.end() ? given->second : described.value,
                       described.read_only, static_cast<int8_t>(described.source),
                       described.sensitive});
    }
    return all;
}

ConfigMap SettingsRules::broker_values(const MetadataImage& image) const {
    return settings_.merged(image.configs({ConfigResourceType::kBroker, ""}),
                            image.configs({ConfigResourceType::kBroker, std::to_string(node_id_)}));
}

LogConfig SettingsRules::log_config(const MetadataImage& image, const std::string& topic) const {
    static const ConfigMap none;
    const ConfigMap* overrides = image.configs({ConfigResourceType::kTopic, topic});
    return make_log_config(broker_values(image), overrides ? *overrides : none);
}

}  // namespace milena
