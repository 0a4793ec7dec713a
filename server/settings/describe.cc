// SPDX-License-Identifier: Apache-2.0
#include "server/settings/describe.h"

#include <algorithm>
#include <set>

#include "server/settings/logger_config.h"
#include "server/settings/resource_checks.h"
#include "server/settings/topic_config.h"

namespace milena {

using Synonyms = std::vector<ConfigSynonym>;

static const ConfigMap& or_empty(const ConfigMap* map) {
    static const ConfigMap empty;
    return map ? *map : empty;
}

ConfigLayers ConfigLayers::of(const Settings& settings, const MetadataImage& image,
                              int32_t node_id) {
    return {settings, image.configs({ConfigResourceType::kBroker, ""}),
            image.configs({ConfigResourceType::kBroker, std::to_string(node_id)})};
}

static void add_from(const ConfigMap& layer, const std::vector<std::string_view>& names,
                     ConfigSource source, bool sensitive, Synonyms& to) {
    for (std::string_view name : names) {
        auto at = layer.find(name);
        if (at == layer.end()) continue;
        to.push_back({std::string(name),
                      sensitive ? std::nullopt : std::optional<std::string>(at->second), source});
    }
}

static void add_defaults(const std::vector<std::string_view>& names, bool sensitive, Synonyms& to) {
    for (std::string_view name : names) {
        const Setting* setting = find_setting(SettingScope::kBroker, name);
        if (!setting || !setting->default_value) continue;
        to.push_back({std::string(name),
                      sensitive ? std::nullopt
                                : std::optional<std::string>(std::string(*setting->default_value)),
                      ConfigSource::kDefault});
    }
}

// Kafka shows synonyms only from the first that bears the asked name on: log.retention.hours alone
// is no synonym of log.retention.ms.
static Synonyms from_broker(const ConfigLayers& layers, std::string_view name, bool sensitive) {
    auto names = broker_synonyms(name);
    Synonyms all;
    add_from(or_empty(layers.this_broker), names, ConfigSource::kDynamicBroker, sensitive, all);
    add_from(or_empty(layers.cluster_default), names, ConfigSource::kDynamicDefaultBroker,
             sensitive, all);
    add_from(layers.settings.static_values(), names, ConfigSource::kStaticBroker, sensitive, all);
    add_defaults(names, sensitive, all);
    auto first = std::find_if(all.begin(), all.end(), [&](auto& s) { return s.name == name; });
    all.erase(all.begin(), first);
    return all;
}

// Parsed and printed, so that "1, 2" is shown as "1,2"; a value that can't be parsed as it is.
static std::optional<std::string> shown(const Setting& setting, std::optional<std::string> text) {
    if (!text || setting.sensitive()) return std::nullopt;
    auto value = parse_setting(setting, text);
    return value ? print_value(*value) : text;
}

static DescribedConfig describe_setting(const Setting& setting, std::optional<std::string> text,
                                        Synonyms synonyms) {
    DescribedConfig config;
    config.name = setting.name;
    config.value = shown(setting, std::move(text));
    config.source = synonyms.empty() ? ConfigSource::kDefault : synonyms.front().source;
    config.sensitive = setting.sensitive();
    config.type = setting.type;
    config.documentation = setting.documentation;
    config.synonyms = std::move(synonyms);
    return config;
}

// Kafka keeps values of settings that it doesn't know to itself: they might be secrets.
static DescribedConfig describe_unknown(const std::string& name, Synonyms synonyms) {
    DescribedConfig config;
    config.name = name;
    config.sensitive = true;
    config.source = synonyms.empty() ? ConfigSource::kDefault : synonyms.front().source;
    config.synonyms = std::move(synonyms);
    return config;
}

static Synonyms own_value(const Setting& setting, const ConfigMap& overrides, ConfigSource source) {
    Synonyms own;
    add_from(overrides, {setting.name}, source, setting.sensitive(), own);
    return own;
}

static void append(Synonyms more, Synonyms& to) { to.insert(to.end(), more.begin(), more.end()); }

static bool is_shown(const Setting& setting, const ConfigMap& set) {
    return !setting.internal || set.contains(setting.name);
}

std::vector<DescribedConfig> describe_topic(const ConfigLayers& layers,
                                            const ConfigMap& overrides) {
    std::vector<DescribedConfig> configs;
    ConfigMap broker = layers.settings.merged(layers.cluster_default, layers.this_broker);
    for (const Setting& setting : settings_of(SettingScope::kTopic)) {
        if (!is_shown(setting, overrides)) continue;
        Synonyms synonyms = own_value(setting, overrides, ConfigSource::kTopic);
        if (!setting.synonyms.empty())
            append(from_broker(layers, setting.synonyms.front(), setting.sensitive()), synonyms);
        configs.push_back(describe_setting(setting, topic_value(setting, broker, overrides),
                                           std::move(synonyms)));
    }
    return configs;
}

static DescribedConfig describe_broker_setting(const ConfigLayers& layers, const Setting& setting,
                                               const ConfigMap& values) {
    auto at = values.find(setting.name);
    std::optional<std::string> text;
    if (at != values.end())
        text = at->second;
    else if (setting.default_value)
        text = std::string(*setting.default_value);
    auto synonyms = from_broker(layers, setting.name, setting.sensitive());
    auto config = describe_setting(setting, std::move(text), std::move(synonyms));
    config.read_only = setting.dynamic == DynamicMode::kReadOnly;
    return config;
}

// Set, but in no registry: a listener's own ("listener.name.internal.max.connections") or unknown.
static std::set<std::string> unregistered_names(const ConfigLayers& layers) {
    std::set<std::string> names;
    for (const ConfigMap* layer :
         {&layers.settings.static_values(), layers.cluster_default, layers.this_broker})
        for (auto& [name, value] : or_empty(layer))
            if (!find_setting(SettingScope::kBroker, name)) names.insert(name);
    return names;
}

static DescribedConfig describe_unregistered(const ConfigLayers& layers, const std::string& name) {
    const Setting* base = find_broker_setting(name);
    const bool hidden = !base || base->sensitive();
    Synonyms synonyms = from_broker(layers, name, hidden);
    if (base && !hidden) append(from_broker(layers, base->name, false), synonyms);
    auto config = describe_unknown(name, std::move(synonyms));
    config.read_only = true;
    if (!base) return config;
    config.type = base->type;
    config.sensitive = hidden;
    config.documentation = base->documentation;
    if (!config.synonyms.empty()) config.value = shown(*base, config.synonyms.front().value);
    return config;
}

std::vector<DescribedConfig> describe_broker(const ConfigLayers& layers) {
    std::vector<DescribedConfig> configs;
    ConfigMap values = layers.settings.merged(layers.cluster_default, layers.this_broker);
    for (const Setting& setting : settings_of(SettingScope::kBroker))
        if (is_shown(setting, values))
            configs.push_back(describe_broker_setting(layers, setting, values));
    for (const std::string& name : unregistered_names(layers))
        configs.push_back(describe_unregistered(layers, name));
    return configs;
}

std::vector<DescribedConfig> describe_broker_default(const ConfigLayers& layers) {
    std::vector<DescribedConfig> configs;
    for (auto& [name, value] : or_empty(layers.cluster_default)) {
        const Setting* setting = find_setting(SettingScope::kBroker, name);
        auto synonyms = from_broker(layers, name, !setting || setting->sensitive());
        std::erase_if(synonyms, [](const ConfigSynonym& synonym) {
            return synonym.source != ConfigSource::kDynamicDefaultBroker;
        });
        configs.push_back(setting ? describe_setting(*setting, value, std::move(synonyms))
                                  : describe_unknown(name, std::move(synonyms)));
        configs.back().read_only = !setting || setting->dynamic == DynamicMode::kReadOnly;
    }
    return configs;
}

// The broker names a list of assignors, a group one: the first.
static std::string first_element(const std::string& list) { return list.substr(0, list.find(',')); }

static DescribedConfig describe_group_setting(const ConfigLayers& layers, const Setting& setting,
                                              const ConfigMap& overrides, const ConfigMap& broker) {
    Synonyms synonyms = own_value(setting, overrides, ConfigSource::kGroup);
    std::optional<std::string> text;
    if (setting.default_value) text = std::string(*setting.default_value);
    if (setting.synonyms.empty()) {
        synonyms.push_back({std::string(setting.name), text, ConfigSource::kDefault});
    } else {
        auto name = setting.synonyms.front();
        append(from_broker(layers, name, setting.sensitive()), synonyms);
        const Setting* in_broker = find_setting(SettingScope::kBroker, name);
        auto at = broker.find(name);
        if (at != broker.end())
            text = at->second;
        else if (in_broker && in_broker->default_value)
            text = std::string(*in_broker->default_value);
        if (in_broker && in_broker->type == SettingType::kList &&
            setting.type != SettingType::kList && text)
            text = first_element(*text);
    }
    auto own = overrides.find(setting.name);
    if (own != overrides.end()) text = own->second;
    return describe_setting(setting, std::move(text), std::move(synonyms));
}

std::vector<DescribedConfig> describe_group(const ConfigLayers& layers,
                                            const ConfigMap& overrides) {
    std::vector<DescribedConfig> configs;
    ConfigMap broker = layers.settings.merged(layers.cluster_default, layers.this_broker);
    for (const Setting& setting : settings_of(SettingScope::kGroup))
        if (is_shown(setting, overrides))
            configs.push_back(describe_group_setting(layers, setting, overrides, broker));
    return configs;
}

std::vector<DescribedConfig> describe_client_metrics(const ConfigMap& overrides) {
    std::vector<DescribedConfig> configs;
    for (const Setting& setting : settings_of(SettingScope::kClientMetrics)) {
        Synonyms synonyms = own_value(setting, overrides, ConfigSource::kClientMetrics);
        auto at = overrides.find(setting.name);
        std::optional<std::string> text;
        if (at != overrides.end())
            text = at->second;
        else if (setting.default_value)
            text = std::string(*setting.default_value);
        configs.push_back(describe_setting(setting, std::move(text), std::move(synonyms)));
    }
    return configs;
}

std::vector<DescribedConfig> describe_broker_loggers() {
    DescribedConfig root;
    root.name = kRootLogger;
    root.value = std::string(log_level_name(log_level()));
    root.source = ConfigSource::kDynamicBrokerLogger;
    return {root};
}

}  // namespace milena
