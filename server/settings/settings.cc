// SPDX-License-Identifier: Apache-2.0
#include "server/settings/settings.h"

#include <algorithm>

#include "server/settings/fill.h"
#include "server/settings/setting.h"
#include "server/settings/text.h"

namespace milena {

static std::optional<std::string_view> given_or_default(const ConfigMap& given,
                                                        const Setting& setting) {
    auto at = given.find(setting.name);
    if (at != given.end()) return at->second;
    return setting.default_value;
}

Result<BrokerSettings> parse_broker_settings(const ConfigMap& given) {
    std::vector<SettingValue> values;
    std::string problems;
    for (const Setting& setting : settings_of(SettingScope::kBroker)) {
        auto text = given_or_default(given, setting);
        if (!text) {
            values.emplace_back();
            continue;
        }
        auto value = parse_setting(setting, text);
        values.push_back(value ? *value : SettingValue());
        if (!value) problems += (problems.empty() ? "" : "\n") + value.error().message();
    }
    if (!problems.empty()) return Error(ErrorCode::INVALID_CONFIG, problems);
    return make_broker_settings(values);
}

static void fill_in(ConfigMap& given) {
    auto node = given.find("node.id");
    auto broker = given.find("broker.id");
    if (node == given.end())
        given["node.id"] = broker == given.end() ? std::string("1") : broker->second;
    if (broker == given.end()) given["broker.id"] = given["node.id"];
    given.emplace("process.roles", "broker,controller");
    if (!given.contains("log.dir")) given.emplace("log.dirs", "data");
}

static bool is_lone(const BrokerSettings& settings) {
    return settings.controller_quorum_voters.size() <= 1 &&
           settings.controller_quorum_bootstrap_servers.size() <= 1;
}

// Defaults for three nodes would keep a lone broker from ever making its internal topics.
static void clamp_to_one_node(BrokerSettings& settings) {
    settings.offsets_topic_replication_factor = 1;
    settings.transaction_state_log_replication_factor = 1;
    settings.transaction_state_log_min_isr = 1;
    settings.share_coordinator_state_topic_replication_factor = 1;
    settings.share_coordinator_state_topic_min_isr = 1;
    settings.default_replication_factor = 1;
}

static Result<void> check_together(const BrokerSettings& settings) {
    auto invalid = [](const std::string& text) { return Error(ErrorCode::INVALID_CONFIG, text); };
    if (settings.node_id != settings.broker_id)
        return invalid("node.id=" + std::to_string(settings.node_id) + " and broker.id=" +
                       std::to_string(settings.broker_id) + " must be the same, or one left out");
    auto& roles = settings.process_roles;
    if (roles.size() != 2)
        return invalid("process.roles=" + join(roles, ",") +
                       " is not supported yet; process.roles=broker,controller is");
    if (settings.log_cleaner_min_compaction_lag_ms > settings.log_cleaner_max_compaction_lag_ms)
        return invalid(
            "log.cleaner.min.compaction.lag.ms must not be above "
            "log.cleaner.max.compaction.lag.ms");
    if (settings.queued_max_request_bytes > 0 &&
        settings.queued_max_request_bytes < settings.socket_request_max_bytes)
        return invalid("queued.max.request.bytes must be -1, or socket.request.max.bytes or more");
    return {};
}

// People try the names of topics' settings on the broker.
static std::optional<std::string_view> meant_by(std::string_view name) {
    const Setting* topic = find_setting(SettingScope::kTopic, name);
    if (topic && !topic->synonyms.empty()) return topic->synonyms.front();
    return similar_setting(SettingScope::kBroker, name);
}

static void warn_of(const ConfigMap& given, std::vector<std::string>& warnings) {
    for (auto& [name, value] : given) {
        const Setting* setting = find_setting(SettingScope::kBroker, name);
        if (!setting) {
            if (name.starts_with("listener.name.")) continue;
            auto similar = meant_by(name);
            warnings.push_back("unknown setting " + name + " is ignored" +
                               (similar ? "; did you mean " + std::string(*similar) + "?" : ""));
        } else if (!setting->effective && setting->default_value != value) {
            warnings.push_back("setting " + name + " has no effect yet");
        }
    }
}

Result<std::unique_ptr<Settings>> Settings::make(ConfigMap given) {
    std::unique_ptr<Settings> settings(new Settings());
    warn_of(given, settings->warnings_);
    fill_in(given);
    settings->static_ = std::move(given);
    auto parsed = parse_broker_settings(settings->static_);
    if (!parsed) return parsed.error();
    if (auto ok = check_together(*parsed); !ok) return ok.error();
    auto listeners = parse_listeners(*parsed);
    if (!listeners) return listeners.error();
    settings->listeners_ = std::move(*listeners);
    if (is_lone(*parsed)) clamp_to_one_node(*parsed);
    settings->at_start_ = std::move(*parsed);
    settings->current_ = std::make_shared<const BrokerSettings>(settings->at_start_);
    return settings;
}

std::vector<std::string> Settings::data_directories() const {
    return at_start_.log_dirs.value_or(at_start_.log_dir);
}

std::shared_ptr<const BrokerSettings> Settings::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

static void overlay(const ConfigMap* changes, ConfigMap& values) {
    if (!changes) return;
    for (auto& [name, value] : *changes) {
        const Setting* setting = find_setting(SettingScope::kBroker, name);
        if (!setting || setting->dynamic == DynamicMode::kReadOnly) continue;
        if (parse_setting(*setting, value)) values[name] = value;
    }
}

ConfigMap Settings::merged(const ConfigMap* cluster_default, const ConfigMap* this_broker) const {
    ConfigMap values = static_;
    overlay(cluster_default, values);
    overlay(this_broker, values);
    return values;
}

static bool remember(const ConfigMap* fresh, ConfigMap& last) {
    static const ConfigMap none;
    if (last == (fresh ? *fresh : none)) return false;
    last = fresh ? *fresh : none;
    return true;
}

bool Settings::apply_dynamic(const ConfigMap* cluster_default, const ConfigMap* this_broker) {
    std::lock_guard lock(mutex_);
    const bool is_new_default = remember(cluster_default, cluster_default_);
    const bool is_new_own = remember(this_broker, this_broker_);
    if (!is_new_default && !is_new_own) return false;
    auto parsed = parse_broker_settings(merged(cluster_default, this_broker));
    // Cannot be: static values were checked, overlay() checks the others.
    if (!parsed) return false;
    if (is_lone(*parsed)) clamp_to_one_node(*parsed);
    current_ = std::make_shared<const BrokerSettings>(std::move(*parsed));
    return true;
}

}  // namespace milena
