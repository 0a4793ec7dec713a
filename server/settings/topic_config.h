// SPDX-License-Identifier: Apache-2.0
// What holds for one topic: its own configuration over the broker's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "server/settings/setting.h"
#include "storage/log_config.h"

namespace milena {

// `broker` is always Settings::merged(): static and dynamic values of the broker, not its defaults.

/// Names of the broker's settings that give `name` its value, most specific first; for most just
/// itself.
std::vector<std::string_view> broker_synonyms(std::string_view name);

/// What the broker says for a setting of topics, in the topic's unit; none if it leaves Kafka's
/// default.
std::optional<std::string> value_from_broker(const Setting& topic_setting, const ConfigMap& broker);

/// The text that holds for a setting of topics.
std::optional<std::string> topic_value(const Setting& topic_setting, const ConfigMap& broker,
                                       const ConfigMap& overrides);

/// The plain struct for storage. Overrides that are not valid (written by other software) fall back
/// to the broker's value.
LogConfig make_log_config(const ConfigMap& broker, const ConfigMap& overrides);

/// Whether `overrides` may be a topic's configuration: known names, valid values, and values that
/// fit together. INVALID_CONFIG.
Result<void> check_topic_config(const ConfigMap& overrides, const ConfigMap& broker);

}  // namespace milena
