// SPDX-License-Identifier: Apache-2.0
// ListConfigResources: what has a configuration: every topic and broker, and the groups and
// subscriptions to client metrics that one was set for.
//
// Versions
// - v0 lists subscriptions to client metrics alone. v1 the types that are asked for; none: all.
#include <algorithm>
#include <array>

#include "protocol/messages/list_config_resources_request.h"
#include "protocol/messages/list_config_resources_response.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;

namespace {

constexpr std::array kTypes{ConfigResourceType::kTopic, ConfigResourceType::kBroker,
                            ConfigResourceType::kBrokerLogger, ConfigResourceType::kClientMetrics,
                            ConfigResourceType::kGroup};

bool exists(int8_t type) {
    return std::find(kTypes.begin(), kTypes.end(), static_cast<ConfigResourceType>(type)) !=
           kTypes.end();
}

bool is_wanted(const Call<ListConfigResourcesRequest>& call, ConfigResourceType type) {
    if (call.version() == 0) return type == ConfigResourceType::kClientMetrics;
    const auto& wanted = call->resource_types;
    return wanted.empty() ||
           std::find(wanted.begin(), wanted.end(), static_cast<int8_t>(type)) != wanted.end();
}

void visit_names(const MetadataImage& image, ConfigResourceType type,
                 const std::function<void(std::string)>& visit) {
    switch (type) {
        case ConfigResourceType::kTopic:
            image.visit_topics("", [&](const TopicState& topic) {
                visit(topic.name);
                return true;
            });
            break;
        case ConfigResourceType::kBroker:
        case ConfigResourceType::kBrokerLogger:
            for (const auto& [id, state] : image.brokers()) visit(std::to_string(id));
            break;
        default:
            for (const auto& [resource, configs] : image.all_configs())
                if (resource.type == type) visit(resource.name);
    }
}

}  // namespace

void handle_list_config_resources(Broker& broker, Call<ListConfigResourcesRequest> call) {
    const auto image = broker.image();
    ListConfigResourcesResponse response;
    if (!std::all_of(call->resource_types.begin(), call->resource_types.end(), exists)) {
        response.error_code = static_cast<int16_t>(ErrorCode::UNSUPPORTED_VERSION);
        return call.respond(response);
    }
    for (const ConfigResourceType type : kTypes) {
        if (!is_wanted(call, type)) continue;
        visit_names(*image, type, [&](std::string name) {
            auto& resource = response.config_resources.emplace_back();
            resource.resource_name = call.strings().own(std::move(name));
            resource.resource_type = static_cast<int8_t>(type);
        });
    }
    call.respond(response);
}

}  // namespace milena
