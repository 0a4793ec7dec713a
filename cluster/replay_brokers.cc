// SPDX-License-Identifier: Apache-2.0
#include "cluster/replay_brokers.h"

namespace milena {

BrokerState to_broker_state(const protocol::RegisterBrokerRecord& record) {
    BrokerState broker;
    broker.id = record.broker_id;
    broker.epoch = record.broker_epoch;
    broker.incarnation_id = record.incarnation_id;
    for (const auto& endpoint : record.end_points)
        broker.endpoints.push_back({std::string(endpoint.name), std::string(endpoint.host),
                                    endpoint.port, endpoint.security_protocol});
    for (const auto& feature : record.features)
        broker.features[std::string(feature.name)] = {feature.min_supported_version,
                                                      feature.max_supported_version};
    if (record.rack) broker.rack = std::string(*record.rack);
    broker.fenced = record.fenced;
    broker.in_controlled_shutdown = record.in_controlled_shutdown;
    broker.log_directories = record.log_dirs;
    broker.cordoned_directories = record.cordoned_log_dirs.value_or(std::vector<Uuid>());
    return broker;
}

protocol::RegisterBrokerRecord to_register_record(const BrokerState& broker) {
    protocol::RegisterBrokerRecord record;
    record.broker_id = broker.id;
    record.broker_epoch = broker.epoch;
    record.incarnation_id = broker.incarnation_id;
    for (const BrokerEndpoint& endpoint : broker.endpoints) {
        auto& added = record.end_points.emplace_back();
        added.name = endpoint.listener;
        added.host = endpoint.host;
        added.port = endpoint.port;
        added.security_protocol = endpoint.security_protocol;
    }
    for (const auto& [name, range] : broker.features) {
        auto& added = record.features.emplace_back();
        added.name = name;
        added.min_supported_version = range.min;
        added.max_supported_version = range.max;
    }
    record.rack = broker.rack;  // null, not empty, if there is none
    record.fenced = broker.fenced;
    record.in_controlled_shutdown = broker.in_controlled_shutdown;
    record.log_dirs = broker.log_directories;
    if (!broker.cordoned_directories.empty())
        record.cordoned_log_dirs = broker.cordoned_directories;
    return record;
}

void merge(BrokerState& broker, const protocol::BrokerRegistrationChangeRecord& change) {
    if (change.fenced != 0) broker.fenced = change.fenced > 0;
    if (change.in_controlled_shutdown != 0)
        broker.in_controlled_shutdown = change.in_controlled_shutdown > 0;
    if (!change.log_dirs.empty()) broker.log_directories = change.log_dirs;
    if (change.cordoned_log_dirs) broker.cordoned_directories = *change.cordoned_log_dirs;
}

}  // namespace milena
