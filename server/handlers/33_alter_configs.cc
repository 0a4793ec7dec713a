// SPDX-License-Identifier: Apache-2.0
// AlterConfigs: replaces the whole configuration of each resource; what is not named goes back to
// its default. The controller's work; superseded by IncrementalAlterConfigs.
//
// Behaviour
// - A broker changes its own configuration only, or the default of all brokers (the empty name).
// - Loggers can't be changed this way.
#include "protocol/messages/alter_configs_request.h"
#include "protocol/messages/alter_configs_response.h"
#include "server/handlers/config_resources.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;

void handle_alter_configs(Broker& broker, Call<AlterConfigsRequest> call) {
    const auto here = [&](const AlterConfigsRequest::AlterConfigsResource& row) -> AnswerHere {
        if (row.resource_type != static_cast<int8_t>(ConfigResourceType::kBroker)) return {};
        if (row.resource_name.empty()) return {};
        auto named = check_names_this_node(row.resource_name, broker.node_id);
        return named ? AnswerHere() : AnswerHere(named);
    };
    alter_resources<AlterConfigsResponse>(call, here, [&](auto& request, auto done) {
        broker.controller.alter_configs(request, call.strings(), std::move(done));
    });
}

}  // namespace milena
