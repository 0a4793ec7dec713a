// SPDX-License-Identifier: Apache-2.0
// The settings registry, as the controller asks it.
#pragma once

#include "cluster/controller.h"
#include "server/settings/settings.h"
#include "storage/log_config.h"

namespace milena {

/// Any thread.
class SettingsRules final : public ConfigRules {
  public:
    SettingsRules(const Settings& settings, int32_t node_id)
        : settings_(settings), node_id_(node_id) {}

    Result<void> check(const ConfigResource& resource, const ConfigMap& all) const override;
    bool is_list(ConfigResourceType type, std::string_view key) const override;
    std::optional<std::string> default_value(ConfigResourceType type,
                                             std::string_view key) const override;
    std::vector<EffectiveConfig> effective_topic_configs(const MetadataImage& image,
                                                         const ConfigMap& overrides) const override;

    /// What storage needs to know of a topic.
    LogConfig log_config(const MetadataImage& image, const std::string& topic) const;

  private:
    ConfigMap broker_values(const MetadataImage& image) const;

    const Settings& settings_;
    const int32_t node_id_;
};

}  // namespace milena
