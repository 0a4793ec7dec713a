// SPDX-License-Identifier: Apache-2.0
// AlterConfigs and IncrementalAlterConfigs: request -> records and answer.
#pragma once

#include "cluster/control_context.h"
#include "protocol/messages/alter_configs_request.h"
#include "protocol/messages/alter_configs_response.h"
#include "protocol/messages/incremental_alter_configs_request.h"
#include "protocol/messages/incremental_alter_configs_response.h"

namespace milena {

/// New values by key; no value: back to the default.
using ConfigChanges = std::map<std::string, std::optional<std::string>, std::less<>>;

/// Whether a topic about to be created may have these configs.
Result<void> check_new_configs(const ControlContext& context, const ConfigResource& resource,
                               const ConfigMap& configs);
void add_config_record(ControlContext& context, const ConfigResource& resource,
                       std::string_view key, std::optional<std::string_view> value);
/// Eligible leader replicas were chosen under the old min.insync.replicas: if `key` is that one,
/// they are forgotten.
void add_clear_elr_record(ControlContext& context, const ConfigResource& resource,
                          std::string_view key);

/// Replaces all configs of each resource.
protocol::AlterConfigsResponse alter_configs(ControlContext& context,
                                             const protocol::AlterConfigsRequest& request);
/// Sets, deletes, appends to and subtracts from single configs.
protocol::IncrementalAlterConfigsResponse incremental_alter_configs(
    ControlContext& context, const protocol::IncrementalAlterConfigsRequest& request);

}  // namespace milena
