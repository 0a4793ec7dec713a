// SPDX-License-Identifier: Apache-2.0
// DescribeConfigs: the settings of topics, brokers, loggers, groups and client metrics, each with
// where its value comes from.
//
// Behaviour
// - An empty or absent list of keys asks for all of them; keys that don't exist are left out.
// - A broker answers for itself; the empty name is the default of all brokers, of which only what
//   is set is shown. Groups and client metrics need not exist.
// - Values of passwords, and of settings that nobody knows, are never shown.
//
// Versions
// - v0 whether a value is the default. v1 its source instead, and synonyms if asked for. v3 types,
//   and documentation if asked for.
#include <algorithm>

#include "cluster/topic_control.h"
#include "protocol/messages/describe_configs_request.h"
#include "protocol/messages/describe_configs_response.h"
#include "server/handlers/config_resources.h"
#include "server/handlers/handlers.h"
#include "server/settings/describe.h"

namespace milena {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;

namespace {

using Asked = DescribeConfigsRequest::DescribeConfigsResource;
using Answer = DescribeConfigsResponse::DescribeConfigsResult;
using Row = DescribeConfigsResponse::DescribeConfigsResourceResult;
using Described = Result<std::vector<DescribedConfig>>;

const ConfigMap& overrides(const MetadataImage& image, const ConfigResource& resource) {
    static const ConfigMap none;
    const ConfigMap* set = image.configs(resource);
    return set ? *set : none;
}

Error nameless(std::string_view what) {
    return Error(ErrorCode::INVALID_REQUEST, std::string(what) + " must be named.");
}

Described describe_topic_named(const MetadataImage& image, const ConfigLayers& layers,
                               const ConfigResource& resource) {
    if (auto valid = check_topic_name(resource.name); !valid) return valid.error();
    if (!image.topic(resource.name))
        return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                     "There is no topic '" + resource.name + "'.");
    return describe_topic(layers, overrides(image, resource));
}

Described describe_resource(const Broker& broker, const MetadataImage& image,
                            const ConfigResource& resource) {
    const auto layers = ConfigLayers::of(broker.settings, image, broker.node_id);
    const auto this_node = [&] { return check_names_this_node(resource.name, broker.node_id); };
    switch (resource.type) {
        case ConfigResourceType::kTopic:
            return describe_topic_named(image, layers, resource);
        case ConfigResourceType::kBroker:
            if (resource.name.empty()) return describe_broker_default(layers);
            if (auto here = this_node(); !here) return here.error();
            return describe_broker(layers);
        case ConfigResourceType::kBrokerLogger:
            if (auto here = this_node(); !here) return here.error();
            return describe_broker_loggers();
        case ConfigResourceType::kGroup:
            if (resource.name.empty()) return nameless("A group");
            return describe_group(layers, overrides(image, resource));
        case ConfigResourceType::kClientMetrics:
            if (resource.name.empty()) return nameless("A subscription to client metrics");
            return describe_client_metrics(overrides(image, resource));
        case ConfigResourceType::kUnknown:
            break;
    }
    return Error(ErrorCode::INVALID_REQUEST, "Resource type " +
                                                 std::to_string(static_cast<int>(resource.type)) +
                                                 " has no configuration.");
}

std::optional<std::string_view> own(StringArena& strings, std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return strings.own(std::move(*text));
}

Row make_row(const DescribeConfigsRequest& request, DescribedConfig config, StringArena& strings) {
    Row row;
    row.name = strings.own(std::move(config.name));
    row.value = own(strings, config.value);
    row.read_only = config.read_only;
    row.is_default = config.source == ConfigSource::kDefault;
    row.config_source = static_cast<int8_t>(config.source);
    row.is_sensitive = config.sensitive;
    row.config_type = static_cast<int8_t>(config.type);
    row.documentation = std::nullopt;
    if (request.include_documentation) row.documentation = config.documentation;
    if (!request.include_synonyms) return row;
    for (ConfigSynonym& synonym : config.synonyms) {
        auto& shown = row.synonyms.emplace_back();
        shown.name = strings.own(std::move(synonym.name));
        shown.value = own(strings, synonym.value);
        shown.source = static_cast<int8_t>(synonym.source);
    }
    return row;
}

bool is_wanted(const Asked& asked, std::string_view name) {
    if (!asked.configuration_keys || asked.configuration_keys->empty()) return true;
    const auto& keys = *asked.configuration_keys;
    return std::find(keys.begin(), keys.end(), name) != keys.end();
}

}  // namespace

void handle_describe_configs(Broker& broker, Call<DescribeConfigsRequest> call) {
    const auto image = broker.image();
    StringArena& strings = call.strings();
    DescribeConfigsResponse response;
    for (const Asked& asked : call->resources) {
        Answer& answer = response.results.emplace_back();
        answer.resource_type = asked.resource_type;
        answer.resource_name = asked.resource_name;
        auto described = describe_resource(broker, *image,
                                           {static_cast<ConfigResourceType>(asked.resource_type),
                                            std::string(asked.resource_name)});
        if (!described) {
            answer.error_code = static_cast<int16_t>(described.error().code());
            answer.error_message = strings.own(described.error().message());
            continue;
        }
        for (DescribedConfig& config : *described)
            if (is_wanted(asked, config.name))
                answer.configs.push_back(make_row(*call, std::move(config), strings));
    }
    call.respond(response);
}

}  // namespace milena
