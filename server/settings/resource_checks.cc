// SPDX-License-Identifier: Apache-2.0
#include "server/settings/resource_checks.h"

#include <algorithm>
#include <array>

#include "server/settings/text.h"

namespace milena {

namespace {

constexpr std::string_view kListenerPrefix = "listener.name.";

Error invalid_request(std::string message) {
    return Error(ErrorCode::INVALID_REQUEST, std::move(message));
}

Error invalid_config(std::string message) {
    return Error(ErrorCode::INVALID_CONFIG, std::move(message));
}

bool has_listener_prefix(std::string_view name) { return name.starts_with(kListenerPrefix); }

// Kafka has no use for these at 0, though their type and range allow it.
bool must_not_be_zero(std::string_view name) {
    return name == "log.retention.ms" || name == "max.connections" ||
           name == "max.connections.per.ip";
}

Result<void> check_broker_value(const Setting& setting, std::string_view name,
                                const std::string& text) {
    auto value = parse_setting(setting, text);
    if (!value) return invalid_request(value.error().message());
    auto* number = std::get_if<int64_t>(&*value);
    if (number && *number == 0 && must_not_be_zero(name))
        return invalid_request(std::string(name) + "=0 is not valid; it must not be 0");
    return {};
}

Result<void> check_may_change(const Setting& setting, std::string_view name, bool cluster_default) {
    const std::string shown(name);
    const bool prefixed = has_listener_prefix(name);
    if (setting.dynamic == DynamicMode::kReadOnly && !prefixed)
        return invalid_request(shown + " can't change at run time; set it where the broker starts");
    if (setting.dynamic != DynamicMode::kPerBroker) return {};
    if (cluster_default)
        return invalid_request(shown + " can't be set on all brokers; name one of them");
    if (name == "listeners") return invalid_request(shown + " can't change at run time yet");
    if (setting.name.starts_with("ssl.") && !prefixed)
        return invalid_request(shown + " can change for one listener only, as listener.name.NAME." +
                               shown);
    return {};
}

// What is set on a group, else on the broker, else by default.
int64_t group_number(std::string_view name, const ConfigMap& all, const ConfigMap& broker) {
    const Setting* setting = find_setting(SettingScope::kGroup, name);
    std::optional<std::string_view> text = setting->default_value;
    if (!setting->synonyms.empty())
        if (auto at = broker.find(setting->synonyms.front()); at != broker.end()) text = at->second;
    if (auto at = all.find(name); at != all.end()) text = at->second;
    return text ? parse_integer(trim(*text)).value_or(0) : 0;
}

// "consumer.session.timeout.ms" has its lower bound in "group.consumer.min.session.timeout.ms".
std::optional<int64_t> bound_of(std::string_view name, std::string_view side,
                                const ConfigMap& broker) {
    const size_t dot = name.find('.');
    std::string_view rest = name.substr(dot + 1);
    if (rest.starts_with("num.")) rest.remove_prefix(4);
    std::string key = "group.";
    key.append(name.substr(0, dot)).append(".").append(side).append(".").append(rest);
    const Setting* setting = find_setting(SettingScope::kBroker, key);
    if (!setting) return std::nullopt;
    if (auto at = broker.find(key); at != broker.end()) return parse_integer(trim(at->second));
    return setting->default_value ? parse_integer(*setting->default_value) : std::nullopt;
}

Result<void> check_bounds(const std::string& name, const SettingValue& value,
                          const ConfigMap& broker) {
    auto* number = std::get_if<int64_t>(&value);
    if (!number) return {};
    const auto least = bound_of(name, "min", broker);
    const auto most = bound_of(name, "max", broker);
    const std::string shown = name + "=" + std::to_string(*number) + " is not valid; ";
    if (least && *number < *least)
        return invalid_config(shown + "this broker wants " + std::to_string(*least) + " or more");
    if (most && *number > *most)
        return invalid_config(shown + "this broker wants " + std::to_string(*most) + " or less");
    return {};
}

Result<void> check_heartbeats(const ConfigMap& all, const ConfigMap& broker) {
    for (const std::string kind : {"consumer", "share", "streams"}) {
        const std::string session = kind + ".session.timeout.ms";
        const std::string heartbeat = kind + ".heartbeat.interval.ms";
        if (!all.contains(session) && !all.contains(heartbeat)) continue;
        if (group_number(session, all, broker) <= group_number(heartbeat, all, broker))
            return invalid_config(session + " must be above " + heartbeat);
    }
    return {};
}

// "NAME=pattern". Whoever uses the pattern compiles it; here it must only be well-bracketed.
bool is_client_match(std::string_view text) {
    constexpr std::array<std::string_view, 6> kNames = {
        "client_id",          "client_instance_id",    "client_software_name",
        "client_source_port", "client_source_address", "client_software_version"};
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view pattern = trim(text.substr(equals + 1));
    if (std::find(kNames.begin(), kNames.end(), trim(text.substr(0, equals))) == kNames.end() ||
        pattern.empty() || pattern.find('=') != std::string_view::npos)
        return false;
    int64_t parentheses = 0;
    bool in_class = false;
    for (size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\')
            ++i;
        else if (in_class || pattern[i] == '[')
            in_class = pattern[i] != ']';
        else if (pattern[i] == '(')
            ++parentheses;
        else if (pattern[i] == ')' && --parentheses < 0)
            return false;
    }
    return !in_class && parentheses == 0;
}

Result<void> check_client_metrics_value(const std::string& name, const SettingValue& value) {
    constexpr int64_t kIntervalMsMin = 100, kIntervalMsMax = 3'600'000;
    if (auto* number = std::get_if<int64_t>(&value))
        if (*number < kIntervalMsMin || *number > kIntervalMsMax)
            return invalid_request(name + "=" + std::to_string(*number) +
                                   " is not valid; it must be 100 to 3600000");
    if (auto* list = std::get_if<std::vector<std::string>>(&value); list && name == "match")
        for (const std::string& match : *list)
            if (!is_client_match(match))
                return invalid_config("match has '" + match +
                                      "'; it must be NAME=PATTERN with client_id, "
                                      "client_instance_id, client_software_name, "
                                      "client_software_version, client_source_address or "
                                      "client_source_port");
    return {};
}

}  // namespace

const Setting* find_broker_setting(std::string_view name) {
    if (has_listener_prefix(name)) {
        const size_t dot = name.find('.', kListenerPrefix.size());
        if (dot == std::string_view::npos) return nullptr;
        name.remove_prefix(dot + 1);
    }
    return find_setting(SettingScope::kBroker, name);
}

Result<void> check_broker_config(const ConfigMap& all, bool is_cluster_default) {
    for (const auto& [name, text] : all) {
        const Setting* setting = find_broker_setting(name);
        if (!setting) continue;
        if (auto may = check_may_change(*setting, name, is_cluster_default); !may) return may;
        if (auto valid = check_broker_value(*setting, name, text); !valid) return valid;
    }
    return {};
}

Result<void> check_group_config(const ConfigMap& all, const ConfigMap& broker) {
    for (const auto& [name, text] : all) {
        const Setting* setting = find_setting(SettingScope::kGroup, name);
        if (!setting) return invalid_config("groups have no setting " + name);
        auto value = parse_setting(*setting, text);
        if (!value) return value.error();
        if (auto fits = check_bounds(name, *value, broker); !fits) return fits;
        if (name == "streams.assignor.name" && text != "sticky")
            return invalid_config(name + "=" + text + " is not valid; it must be sticky");
        if (name == "errors.deadletterqueue.topic.name" && text.starts_with("__"))
            return invalid_config(name + "=" + text + " is not valid; it must not begin with __");
    }
    return check_heartbeats(all, broker);
}

Result<void> check_client_metrics_config(const ConfigMap& all) {
    for (const auto& [name, text] : all) {
        const Setting* setting = find_setting(SettingScope::kClientMetrics, name);
        if (!setting) return invalid_request("client metrics have no setting " + name);
        auto value = parse_setting(*setting, text);
        if (!value) return value.error();
        if (auto valid = check_client_metrics_value(name, *value); !valid) return valid;
    }
    return {};
}

}  // namespace milena
