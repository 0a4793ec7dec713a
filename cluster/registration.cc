// SPDX-License-Identifier: Apache-2.0
#include "cluster/registration.h"

#include <algorithm>

#include "cluster/directory_control.h"
#include "cluster/record_versions.h"
#include "cluster/replay_brokers.h"
#include "protocol/messages/abort_transaction_record.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/register_controller_record.h"

namespace milena {
namespace {

constexpr int16_t kMetadataVersionControllerRegistration = 15;
constexpr int8_t kUnfence = -1;

void add_feature(RecordList& records, std::string_view name, int16_t level) {
    protocol::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    records.add(record, 0);
}

/// With eligible leader replicas the cluster-wide min.insync.replicas is a record from the start.
void add_min_insync(RecordList& records, const ControllerOptions& options) {
    const std::string value = std::to_string(options.default_min_insync_replicas);
    protocol::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(ConfigResourceType::kBroker);
    record.resource_name = "";
    record.name = "min.insync.replicas";
    record.value = value;
    records.add(record, 0);
}

/// Whether the formatting tool's records switch eligible leader replicas on.
bool tracks_eligible_replicas(const std::vector<Bytes>& values) {
    for (const Bytes& value : values) {
        auto framed = parse_framed_record(value);
        if (!framed || framed->api_key != protocol::FeatureLevelRecord::kApiKey) continue;
        auto record =
            protocol::decode_message<protocol::FeatureLevelRecord>(framed->body, framed->version);
        if (record && record->name == "eligible.leader.replicas.version")
            return record->feature_level >= 1;
    }
    return false;
}

template <class Record>
void add_features(Record& record, const ControllerOptions& options) {
    for (const auto& [name, range] : options.supported_features) {
        auto& feature = record.features.emplace_back();
        feature.name = name;
        feature.min_supported_version = range.min;
        feature.max_supported_version = range.max;
    }
}

void add_controller(RecordList& records, const ControllerOptions& options) {
    protocol::RegisterControllerRecord record;
    record.controller_id = options.node_id;
    record.incarnation_id = Uuid::random();
    for (const BrokerEndpoint& endpoint : options.controller_endpoints) {
        auto& added = record.end_points.emplace_back();
        added.name = endpoint.listener;
        added.host = endpoint.host;
        added.port = endpoint.port;
        added.security_protocol = endpoint.security_protocol;
    }
    add_features(record, options);
    records.add(record, 0);
}

bool contains(const std::vector<int32_t>& list, int32_t id) {
    return std::find(list.begin(), list.end(), id) != list.end();
}

void add_leadership(RecordList& records, const TopicPartition& id, const PartitionState& partition,
                    const Uuid* directory, int32_t node, int16_t version) {
    if (!contains(partition.isr, node) && !contains(partition.elr, node) &&
        !contains(partition.last_known_elr, node))
        return;
    protocol::PartitionChangeRecord change;
    change.topic_id = id.topic_id;
    change.partition_id = id.partition;
    change.leader = node;
    if (partition.isr != std::vector{node}) change.isr = std::vector{node};
    if (!partition.elr.empty()) change.eligible_leader_replicas.emplace();
    if (!partition.last_known_elr.empty()) change.last_known_elr.emplace();
    if (partition.leader_recovery_state != 0) change.leader_recovery_state = 0;
    if (version >= 1 && directory)
        change.directories = corrected_directories(partition, node, *directory);
    records.add(change, version);
}

}  // namespace

RecordList bootstrap_records(const ControllerOptions& options, const std::vector<Bytes>& values) {
    RecordList records;
    protocol::BeginTransactionRecord begin;
    begin.name = "Bootstrap records";
    records.add(begin, 0);
    if (values.empty()) {
        constexpr const char* kFirst = "metadata.version";
        add_feature(records, kFirst, options.initial_features.at(kFirst));
        for (const auto& [name, level] : options.initial_features)
            if (name != kFirst) add_feature(records, name, level);
        if (options.initial_features.contains("eligible.leader.replicas.version"))
            add_min_insync(records, options);
    } else {
        for (const Bytes& value : values) records.add_raw(value);
        if (tracks_eligible_replicas(values)) add_min_insync(records, options);
    }
    records.add(protocol::EndTransactionRecord(), 0);
    return records;
}

RecordList registration_records(const ImageState& state, const ControllerOptions& options,
                                Offset first) {
    RecordList records;
    if (state.metadata_version() >= kMetadataVersionControllerRegistration)
        add_controller(records, options);
    BrokerState broker;
    broker.id = options.node_id;
    broker.epoch = first.value + static_cast<int64_t>(records.size());
    broker.incarnation_id = Uuid::random();
    broker.endpoints = options.endpoints;
    broker.features = options.supported_features;
    broker.rack = options.rack;
    broker.log_directories = options.log_directories;
    records.add(to_register_record(broker),
                register_broker_record_version(state.metadata_version()));
    return records;
}

RecordList activation_records(const ImageState& state, const ControllerOptions& options,
                              const LogManager& logs) {
    const int16_t level = state.metadata_version();
    RecordList records;
    protocol::BrokerRegistrationChangeRecord unfence;
    unfence.broker_id = options.node_id;
    unfence.broker_epoch = state.brokers().at(options.node_id).epoch;
    unfence.fenced = kUnfence;
    const int16_t version = partition_record_version(level);
    const bool can_cordon = level >= kMetadataVersionCordonedDirectories;
    if (can_cordon) unfence.cordoned_log_dirs.emplace();
    records.add(unfence, can_cordon ? int16_t{3} : int16_t{0});
    state.visit_topics("", [&](const TopicState& topic) {
        TopicPartition id{topic.id, 0};
        for (const PartitionState& partition : topic.partitions) {
            const auto directory = logs.directory_of(topic.name, id.partition);
            const bool is_lost = !directory && is_in_lost_directory(partition, options.node_id,
                                                                    options.log_directories);
            if (!is_lost)
                add_leadership(records, id, partition, directory.get(), options.node_id, version);
            else if (partition.leader == options.node_id)
                records.add(leaderless(state, id, options.node_id), version);
            ++id.partition;
        }
        return true;
    });
    return records;
}

RecordList farewell_records(const ImageState& state, const ControllerOptions& options) {
    constexpr int8_t kFence = 1;
    RecordList records;
    protocol::BrokerRegistrationChangeRecord fence;
    fence.broker_id = options.node_id;
    fence.broker_epoch = state.brokers().at(options.node_id).epoch;
    fence.fenced = kFence;
    records.add(fence, 0);
    return records;
}

RecordList abort_records() {
    RecordList records;
    protocol::AbortTransactionRecord record;
    record.reason = "The node that began it restarted";
    records.add(record, 0);
    return records;
}

Result<void> check_features(const ImageState& state, const ControllerOptions& options) {
    for (const auto& [name, level] : state.features()) {
        const auto supported = options.supported_features.find(name);
        if (supported != options.supported_features.end() && level >= supported->second.min &&
            level <= supported->second.max)
            continue;
        return Error(ErrorCode::UNSUPPORTED_VERSION, "The cluster uses feature " + name +
                                                         " at level " + std::to_string(level) +
                                                         ", which this version does not support.");
    }
    return {};
}

}  // namespace milena
