// SPDX-License-Identifier: Apache-2.0
#include "cluster/config_control.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "protocol/messages/clear_elr_record.h"
#include "protocol/messages/config_record.h"

namespace milena {
namespace {

constexpr std::string_view kMinInsyncReplicas = "min.insync.replicas";
constexpr size_t kConfigValueMax = 32767;

Error invalid_config(std::string message) {
    return Error(ErrorCode::INVALID_CONFIG, std::move(message));
}

Error invalid_request(std::string message) {
    return Error(ErrorCode::INVALID_REQUEST, std::move(message));
}

bool keeps_eligible_replicas(const ImageState& state) {
    return state.feature("eligible.leader.replicas.version") >= 1;
}

/// With eligible leader replicas on, min.insync.replicas of brokers is one value for the cluster.
Result<void> check_min_insync(const ControlContext& context, const ConfigResource& resource,
                              std::string_view key, bool removed) {
    if (key != kMinInsyncReplicas || resource.type != ConfigResourceType::kBroker ||
        !keeps_eligible_replicas(context.state))
        return {};
    if (!resource.name.empty())
        return invalid_config(
            "min.insync.replicas can't be set on one broker while eligible.leader.replicas.version "
            "is 1 or more; set it on the default of all brokers.");
    if (removed)
        return invalid_config(
            "The default min.insync.replicas can't be removed while "
            "eligible.leader.replicas.version is 1 or more.");
    return {};
}

Result<void> check_broker_exists(const ControlContext& context, const std::string& name) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || end != name.data() + name.size())
        return invalid_request("'" + name + "' is no broker id.");
    if (context.state.brokers().contains(id)) return {};
    return Error(ErrorCode::BROKER_ID_NOT_REGISTERED,
                 "Broker " + name + " is not registered in this cluster.");
}

Result<void> check_exists(const ControlContext& context, const ConfigResource& resource) {
    if (resource.type == ConfigResourceType::kTopic && !context.state.topic(resource.name))
        return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                     "There is no topic '" + resource.name + "'.");
    if (resource.type == ConfigResourceType::kBroker && !resource.name.empty())
        return check_broker_exists(context, resource.name);
    return {};
}

const ConfigMap& current_configs(const ControlContext& context, const ConfigResource& resource) {
    static const ConfigMap kNone;
    const ConfigMap* configs = context.state.configs(resource);
    return configs ? *configs : kNone;
}

/// Checks `changes` as a whole and writes their records.
Result<void> apply(ControlContext& context, const ConfigResource& resource,
                   const ConfigChanges& changes) {
    ConfigMap all = current_configs(context, resource);
    for (const auto& [key, value] : changes) {
        if (!value)
            all.erase(key);
        else if (value->size() > kConfigValueMax)
            return invalid_config("The value of " + key + " is longer than 32767 bytes.");
        else
            all[key] = *value;
    }
    if (auto valid = context.rules.check(resource, all); !valid) return valid;
    for (const auto& [key, value] : changes)
        if (auto valid = check_min_insync(context, resource, key, !value); !valid) return valid;
    if (auto exists = check_exists(context, resource); !exists) return exists;
    for (const auto& [key, value] : changes) add_config_record(context, resource, key, value);
    for (const auto& [key, value] : changes) add_clear_elr_record(context, resource, key);
    return {};
}

/// Records are written even where nothing changes for brokers alone: they may have been told to
/// read a file again.
bool is_change(const ConfigResource& resource, const ConfigMap& current, std::string_view key,
               const std::optional<std::string>& value) {
    if (resource.type == ConfigResourceType::kBroker) return true;
    const auto found = current.find(key);
    return found == current.end() ? value.has_value() : value != found->second;
}

std::vector<std::string> split_list(std::string_view text, bool keep_empty) {
    std::vector<std::string> parts;
    while (true) {
        const size_t comma = text.find(',');
        if (keep_empty || comma != 0) parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    if (!keep_empty) std::erase(parts, "");
    return parts;
}

std::string join_list(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
    return text;
}

enum class Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

using IncrementalConfig = protocol::IncrementalAlterConfigsRequest::AlterableConfig;

Result<std::optional<std::string>> change_list(const ControlContext& context,
                                               const ConfigResource& resource,
                                               const IncrementalConfig& config) {
    const auto operation = static_cast<Operation>(config.config_operation);
    if (!context.rules.is_list(resource.type, config.name))
        return invalid_config(std::string("Can't ") +
                              (operation == Operation::kAppend ? "append to " : "subtract from ") +
                              std::string(config.name) + ": it is no list.");
    const ConfigMap& current = current_configs(context, resource);
    const auto found = current.find(config.name);
    const std::optional<std::string> old =
        found != current.end() ? std::optional(found->second)
                               : context.rules.default_value(resource.type, config.name);
    std::vector<std::string> parts = split_list(old.value_or(""), false);
    for (const std::string& part : split_list(*config.value, true)) {
        const auto place = std::find(parts.begin(), parts.end(), part);
        if (operation == Operation::kAppend && place == parts.end()) parts.push_back(part);
        if (operation == Operation::kSubtract && place != parts.end()) parts.erase(place);
    }
    return std::optional(join_list(parts));
}

Result<std::optional<std::string>> new_value(const ControlContext& context,
                                             const ConfigResource& resource,
                                             const IncrementalConfig& config) {
    switch (static_cast<Operation>(config.config_operation)) {
        case Operation::kSet:
            return std::optional(std::string(*config.value));
        case Operation::kDelete:
            return std::optional<std::string>();
        case Operation::kAppend:
        case Operation::kSubtract:
            return change_list(context, resource, config);
    }
    return invalid_request("Unknown operation " + std::to_string(config.config_operation) + ".");
}

bool is_deletion(const IncrementalConfig& config) {
    return static_cast<Operation>(config.config_operation) == Operation::kDelete;
}
bool is_deletion(const protocol::AlterConfigsRequest::AlterableConfig&) { return false; }

/// How often each resource is named, by type and name.
using ResourceCounts = std::map<std::pair<int8_t, std::string_view>, int>;

/// What is wrong with the rows themselves, whatever they are about.
template <class Row>
Result<ConfigResource> check_row(const ResourceCounts& counts, const Row& row) {
    if (counts.at({row.resource_type, row.resource_name}) > 1)
        return invalid_request("Each resource may be named once only.");
    std::string nulls;
    std::set<std::string_view> keys;
    for (const auto& config : row.configs) {
        if (!keys.insert(config.name).second)
            return invalid_request(std::string(config.name) + " is named more than once.");
        if (!config.value && !is_deletion(config))
            nulls += (nulls.empty() ? "" : ", ") + std::string(config.name);
    }
    if (!nulls.empty()) return invalid_request("No value is given for " + nulls + ".");
    const auto type = static_cast<ConfigResourceType>(row.resource_type);
    switch (type) {
        case ConfigResourceType::kTopic:
        case ConfigResourceType::kBroker:
        case ConfigResourceType::kClientMetrics:
        case ConfigResourceType::kGroup:
            return ConfigResource{type, std::string(row.resource_name)};
        default:
            return invalid_request("Unknown resource type " + std::to_string(row.resource_type) +
                                   ".");
    }
}

using FullRow = protocol::AlterConfigsRequest::AlterConfigsResource;
using IncrementalRow = protocol::IncrementalAlterConfigsRequest::AlterConfigsResource;

Result<ConfigChanges> changes_of(const ControlContext& context, const ConfigResource& resource,
                                 const FullRow& row) {
    const ConfigMap& current = current_configs(context, resource);
    ConfigChanges changes;
    for (const auto& config : row.configs) {
        std::optional<std::string> value(std::in_place, *config.value);
        if (is_change(resource, current, config.name, value))
            changes.emplace(config.name, std::move(value));
    }
    for (const auto& [key, value] : current) {
        const bool named = std::any_of(row.configs.begin(), row.configs.end(),
                                       [&](const auto& config) { return config.name == key; });
        if (!named) changes.emplace(key, std::nullopt);
    }
    return changes;
}

Result<ConfigChanges> changes_of(const ControlContext& context, const ConfigResource& resource,
                                 const IncrementalRow& row) {
    ConfigChanges changes;
    for (const IncrementalConfig& config : row.configs) {
        auto value = new_value(context, resource, config);
        if (!value) return value.error();
        if (is_change(resource, current_configs(context, resource), config.name, *value))
            changes.emplace(config.name, std::move(*value));
    }
    return changes;
}

template <class Response, class Request>
Response alter(ControlContext& context, const Request& request) {
    Response response;
    ResourceCounts counts;
    for (const auto& row : request.resources) ++counts[{row.resource_type, row.resource_name}];
    for (const auto& row : request.resources) {
        auto& result = response.responses.emplace_back();
        result.resource_type = row.resource_type;
        result.resource_name = row.resource_name;
        set_success(result);
        const auto resource = check_row(counts, row);
        if (!resource) {
            set_error(result, resource.error(), context.strings);
            continue;
        }
        const auto changes = changes_of(context, *resource, row);
        auto applied = changes ? apply(context, *resource, *changes) : changes.error();
        if (!applied) set_error(result, applied.error(), context.strings);
    }
    if (request.validate_only) context.records = {};
    return response;
}

}  // namespace

Result<void> check_new_configs(const ControlContext& context, const ConfigResource& resource,
                               const ConfigMap& configs) {
    for (const auto& [key, value] : configs)
        if (value.size() > kConfigValueMax)
            return invalid_config("The value of " + key + " is longer than 32767 bytes.");
    return context.rules.check(resource, configs);
}

void add_config_record(ControlContext& context, const ConfigResource& resource,
                       std::string_view key, std::optional<std::string_view> value) {
    protocol::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(resource.type);
    record.resource_name = resource.name;
    record.name = key;
    record.value = value;
    context.records.add(record, 0);
}

void add_clear_elr_record(ControlContext& context, const ConfigResource& resource,
                          std::string_view key) {
    if (key != kMinInsyncReplicas || !keeps_eligible_replicas(context.state)) return;
    protocol::ClearElrRecord record;
    if (resource.type == ConfigResourceType::kTopic) record.topic_name = resource.name;
    context.records.add(record, 0);
}

protocol::AlterConfigsResponse alter_configs(ControlContext& context,
                                             const protocol::AlterConfigsRequest& request) {
    return alter<protocol::AlterConfigsResponse>(context, request);
}

protocol::IncrementalAlterConfigsResponse incremental_alter_configs(
    ControlContext& context, const protocol::IncrementalAlterConfigsRequest& request) {
    return alter<protocol::IncrementalAlterConfigsResponse>(context, request);
}

}  // namespace milena
