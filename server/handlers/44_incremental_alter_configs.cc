// SPDX-License-Identifier: Apache-2.0
// IncrementalAlterConfigs: sets, removes, appends to or subtracts from single settings.
//
// Behaviour
// - The controller's work, but for the levels of a broker's log: these the broker sets itself, and
//   they are forgotten when it stops.
// - A broker changes its own configuration only, or the default of all brokers (the empty name).
// - Of one resource all changes are made or none; resources don't depend on each other.
#include <algorithm>

#include "protocol/messages/incremental_alter_configs_request.h"
#include "protocol/messages/incremental_alter_configs_response.h"
#include "server/handlers/config_resources.h"
#include "server/handlers/handlers.h"
#include "server/settings/logger_config.h"

namespace milena {

using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

namespace {

using Row = IncrementalAlterConfigsRequest::AlterConfigsResource;
using Change = IncrementalAlterConfigsRequest::AlterableConfig;

constexpr int8_t kSet = 0;

Error invalid_request(std::string text) {
    return Error(ErrorCode::INVALID_REQUEST, std::move(text));
}

Error invalid_config(std::string text) { return Error(ErrorCode::INVALID_CONFIG, std::move(text)); }

Result<LogLevel> level_of(const Change& change) {
    if (change.name != kRootLogger)
        return invalid_config("There is no logger '" + std::string(change.name) + "'; 'root' is.");
    if (change.config_operation != kSet)
        return invalid_request("The level of a logger can only be set.");
    if (!change.value) return invalid_request("No level is given for root.");
    const auto level = parse_log_level(*change.value);
    if (!level || *level == LogLevel::kOff || log_level_name(*level) != *change.value)
        return invalid_config("'" + std::string(*change.value) +
                              "' is no level; TRACE, DEBUG, INFO, WARN, ERROR and FATAL are.");
    return *level;
}

Result<void> alter_loggers(const Row& row, int32_t node_id, bool validate_only) {
    if (auto named = check_names_this_node(row.resource_name, node_id); !named) return named;
    if (row.configs.size() > 1) return invalid_request("root is the only logger; name it once.");
    for (const Change& change : row.configs) {
        const auto level = level_of(change);
        if (!level) return level.error();
        if (!validate_only) set_log_level(*level);
    }
    return {};
}

}  // namespace

void handle_incremental_alter_configs(Broker& broker, Call<IncrementalAlterConfigsRequest> call) {
    const auto here = [&](const Row& row) -> AnswerHere {
        const auto type = static_cast<ConfigResourceType>(row.resource_type);
        if (type == ConfigResourceType::kBrokerLogger)
            return alter_loggers(row, broker.node_id, call->validate_only);
        if (type != ConfigResourceType::kBroker || row.resource_name.empty()) return {};
        auto named = check_names_this_node(row.resource_name, broker.node_id);
        return named ? AnswerHere() : AnswerHere(named);
    };
    alter_resources<IncrementalAlterConfigsResponse>(call, here, [&](auto& request, auto done) {
        broker.controller.incremental_alter_configs(request, call.strings(), std::move(done));
    });
}

}  // namespace milena
