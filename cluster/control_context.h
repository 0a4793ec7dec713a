// SPDX-License-Identifier: Apache-2.0
// What the controller's functions work with. Each of them is pure: state and request in, records
// and answer out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "cluster/controller.h"
#include "cluster/image_state.h"
#include "cluster/record_list.h"

namespace milena {

struct ControllerOptions {
    int32_t node_id = 1;
    int32_t default_partitions = 1;
    int16_t default_replication_factor = 1;
    int32_t default_min_insync_replicas = 1;
    bool delete_topic_enable = true;
    /// What the broker registers: endpoints under their listeners' names, rack, log directories.
    std::vector<BrokerEndpoint> endpoints;
    std::vector<BrokerEndpoint> controller_endpoints;
    std::optional<std::string> rack;
    std::vector<Uuid> log_directories;
    /// Feature levels this node can work with, and those an empty cluster starts with.
    std::map<std::string, FeatureRange> supported_features = all_supported_features();
    std::map<std::string, int16_t> initial_features = default_initial_features();

    static std::map<std::string, FeatureRange> all_supported_features();
    static std::map<std::string, int16_t> default_initial_features();
};

struct ControlContext {
    const ImageState& state;
    const ControllerOptions& options;
    const ConfigRules& rules;
    StringArena& strings;
    /// What is to be written; nothing if the request only asks.
    RecordList& records;
};

/// Kafka's bound on what one request may write.
inline constexpr size_t kRecordsPerRequestMax = 10'000;

/// Fills error_code and error_message of an answer's row.
template <class Row>
void set_error(Row& row, const Error& error, StringArena& strings) {
    row.error_code = static_cast<int16_t>(error.code());
    if (error.message().empty())
        row.error_message = std::nullopt;
    else
        row.error_message = strings.own(error.message());
}

template <class Row>
void set_success(Row& row) {
    row.error_code = 0;
    row.error_message = std::nullopt;
}

}  // namespace milena
