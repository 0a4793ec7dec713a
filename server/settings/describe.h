// SPDX-License-Identifier: Apache-2.0
// What DescribeConfigs shows: each value with where it comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/metadata_image.h"
#include "server/settings/setting.h"
#include "server/settings/settings.h"

namespace milena {

/// The numbers that DescribeConfigs sends.
enum class ConfigSource : int8_t {
    kUnknown = 0,
    kTopic = 1,
    kDynamicBroker = 2,
    kDynamicDefaultBroker = 3,
    kStaticBroker = 4,
    kDefault = 5,
    kDynamicBrokerLogger = 6,
    kClientMetrics = 7,
    kGroup = 8,
};

struct ConfigSynonym {
    std::string name;
    std::optional<std::string> value;  ///< none if sensitive
    ConfigSource source = ConfigSource::kUnknown;
    bool operator==(const ConfigSynonym&) const = default;
};

struct DescribedConfig {
    std::string name;
    std::optional<std::string> value;  ///< none if null or sensitive
    ConfigSource source = ConfigSource::kDefault;
    bool read_only = false;
    bool sensitive = false;
    SettingType type = SettingType::kUnknown;
    std::string_view documentation;
    std::vector<ConfigSynonym> synonyms;  ///< the first is the one that holds
};

/// All layers that values come from. Owns nothing.
struct ConfigLayers {
    const Settings& settings;
    const ConfigMap* cluster_default = nullptr;  ///< dynamic, of all brokers
    const ConfigMap* this_broker = nullptr;      ///< dynamic, of this broker

    /// Of the image's configuration of brokers.
    static ConfigLayers of(const Settings& settings, const MetadataImage& image, int32_t node_id);
};

/// In the order of names. `overrides` is what is set on the resource itself.
std::vector<DescribedConfig> describe_topic(const ConfigLayers& layers, const ConfigMap& overrides);
std::vector<DescribedConfig> describe_broker(const ConfigLayers& layers);
/// The default of all brokers: only what is set.
std::vector<DescribedConfig> describe_broker_default(const ConfigLayers& layers);
std::vector<DescribedConfig> describe_group(const ConfigLayers& layers, const ConfigMap& overrides);
std::vector<DescribedConfig> describe_client_metrics(const ConfigMap& overrides);
std::vector<DescribedConfig> describe_broker_loggers();

}  // namespace milena
