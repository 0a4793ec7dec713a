// SPDX-License-Identifier: Apache-2.0
#include "server/settings/environment.h"

#include <algorithm>
#include <array>

#include "server/settings/text.h"

namespace milena {

// Meant for the JVM, the scripts around it, or other programs in the same environment.
static constexpr std::array kNotSettings = {
    std::string_view("KAFKA_VERSION"),
    std::string_view("KAFKA_HEAP_OPTS"),
    std::string_view("KAFKA_LOG4J_OPTS"),
    std::string_view("KAFKA_OPTS"),
    std::string_view("KAFKA_JMX_OPTS"),
    std::string_view("KAFKA_JMX_PORT"),
    std::string_view("KAFKA_JVM_PERFORMANCE_OPTS"),
    std::string_view("KAFKA_GC_LOG_OPTS"),
    std::string_view("KAFKA_LOG4J_ROOT_LOGLEVEL"),
    std::string_view("KAFKA_LOG4J_LOGGERS"),
    std::string_view("KAFKA_TOOLS_LOG4J_LOGLEVEL"),
    std::string_view("KAFKA_JMX_HOSTNAME"),
    std::string_view("KAFKA_HOME"),
    std::string_view("KAFKA_CREATE_TOPICS_SEPARATOR"),
};

static std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

static std::string setting_name(std::string_view variable) {
    std::string name = replace_all(to_lower(variable), "_", ".");
    return replace_all(replace_all(name, "...", "-"), "..", "_");
}

static bool is_cluster_id(std::string_view name) {
    return name == "CLUSTER_ID" || name == "KAFKA_CLUSTER_ID" || name == "KAFKA_KRAFT_CLUSTER_ID";
}

static bool is_setting(std::string_view name) {
    return name.starts_with("KAFKA_") &&
           std::find(kNotSettings.begin(), kNotSettings.end(), name) == kNotSettings.end();
}

Environment read_environment(const std::vector<std::string>& variables) {
    constexpr std::string_view kPrefix = "KAFKA_", kLongPrefix = "KAFKA_CFG_";
    Environment environment;
    ConfigMap winning;
    for (std::string_view variable : variables) {
        size_t equals = variable.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view name = variable.substr(0, equals);
        std::string value(variable.substr(equals + 1));
        if (is_cluster_id(name))
            environment.cluster_id = value;
        else if (name == "KAFKA_CREATE_TOPICS")
            environment.topics = value;
        else if (name.starts_with(kLongPrefix))
            winning[setting_name(name.substr(kLongPrefix.size()))] = value;
        else if (is_setting(name))
            environment.properties[setting_name(name.substr(kPrefix.size()))] = value;
    }
    for (auto& [name, value] : winning) environment.properties[name] = value;
    return environment;
}

}  // namespace milena
