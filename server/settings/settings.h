// SPDX-License-Identifier: Apache-2.0
// All settings of a running broker: what was given at start, and what changes at run time.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "server/settings/broker_settings.h"
#include "server/settings/listeners.h"

namespace milena {

/// The static part never changes once made; apply_dynamic() and current() may be called from any
/// thread.
class Settings {
  public:
    /// From what file, environment and command line give together. Fills in what a lone broker
    /// needs: node.id=1, process.roles=broker,controller, log.dirs=./data. INVALID_CONFIG tells
    /// all wrong values, one a line.
    static Result<std::unique_ptr<Settings>> make(ConfigMap given);

    /// Parsed, dynamic changes included. Never null; a snapshot.
    std::shared_ptr<const BrokerSettings> current() const;
    /// As it was at start.
    const BrokerSettings& at_start() const { return at_start_; }
    /// What file, environment and command line (and this class, for a lone broker) set, by name.
    const ConfigMap& static_values() const { return static_; }
    const Listeners& listeners() const { return listeners_; }
    /// log.dirs, or log.dir.
    std::vector<std::string> data_directories() const;
    /// Lines for the log: unknown settings, and those that have no effect yet.
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// Static values, changed by the cluster's default and then by this broker's own dynamic
    /// configuration; either may be null. Values that are not dynamic or not valid are left out.
    ConfigMap merged(const ConfigMap* cluster_default, const ConfigMap* this_broker) const;
    /// Makes current() follow the metadata image. False, and cheap, if nothing changed since the
    /// last call.
    bool apply_dynamic(const ConfigMap* cluster_default, const ConfigMap* this_broker);

  private:
    Settings() = default;

    ConfigMap static_;
    BrokerSettings at_start_;
    Listeners listeners_;
    std::vector<std::string> warnings_;
    mutable std::mutex mutex_;
    std::shared_ptr<const BrokerSettings> current_;  // guarded by mutex_
    ConfigMap cluster_default_, this_broker_;        // as last applied; guarded by mutex_
};

/// Parses all settings of the broker out of `given`; absent ones have their defaults.
Result<BrokerSettings> parse_broker_settings(const ConfigMap& given);

}  // namespace milena
