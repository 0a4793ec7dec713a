// SPDX-License-Identifier: Apache-2.0
#include "cluster/leader_control.h"

#include <algorithm>

#include "cluster/assignment.h"
#include "cluster/metadata_log.h"
#include "cluster/record_versions.h"
#include "protocol/messages/partition_change_record.h"

namespace milena {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;

enum class ElectionType : int8_t { kPreferred = 0, kUnclean = 1 };

const PartitionState* find_partition(const ImageState& state, std::string_view topic,
                                     int32_t index) {
    const TopicState* found = state.topic(topic);
    if (!found || index < 0 || static_cast<size_t>(index) >= found->partitions.size())
        return nullptr;
    return &found->partitions[static_cast<size_t>(index)];
}

Error unknown_partition(std::string_view topic, int32_t index) {
    return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                 "There is no partition " + std::string(topic) + "-" + std::to_string(index) + ".");
}

bool contains(const std::vector<int32_t>& list, int32_t id) {
    return std::find(list.begin(), list.end(), id) != list.end();
}

/// The replica that may lead: the preferred one if in sync; uncleanly, any that is active.
std::optional<int32_t> electable(const ImageState& state, const PartitionState& partition,
                                 ElectionType type) {
    const int32_t preferred = partition.replicas.front();
    const auto committed = [&](int32_t replica) {
        return is_active(state, replica) &&
               (contains(partition.isr, replica) || contains(partition.elr, replica));
    };
    if (type == ElectionType::kPreferred)
        return committed(preferred) ? std::optional(preferred) : std::nullopt;
    for (const int32_t replica : partition.replicas)
        if (committed(replica)) return replica;
    for (const int32_t replica : partition.replicas)
        if (is_active(state, replica)) return replica;
    return std::nullopt;
}

Result<void> elect_leader(ControlContext& context, std::string_view topic, int32_t index,
                          ElectionType type) {
    constexpr int8_t kRecovering = 1;
    const PartitionState* partition = find_partition(context.state, topic, index);
    if (!partition) return unknown_partition(topic, index);
    const bool needless = type == ElectionType::kPreferred
                              ? partition->leader == partition->replicas.front()
                              : partition->leader != -1;
    if (needless)
        return Error(ErrorCode::ELECTION_NOT_NEEDED, "The partition has such a leader already.");
    const auto leader = electable(context.state, *partition, type);
    if (!leader)
        return type == ElectionType::kPreferred
                   ? Error(ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
                           "The preferred leader is not in sync or not active.")
                   : Error(ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE, "No replica is active.");
    protocol::PartitionChangeRecord change;
    change.topic_id = context.state.topic(topic)->id;
    change.partition_id = index;
    change.leader = *leader;
    if (!contains(partition->isr, *leader)) {
        change.isr = std::vector{*leader};
        if (!contains(partition->elr, *leader)) change.leader_recovery_state = kRecovering;
        change.eligible_leader_replicas.emplace();
        change.last_known_elr.emplace();
    }
    context.records.add(change, partition_record_version(context.state.metadata_version()));
    return {};
}

void add_result(ControlContext& context, ElectLeadersResponse::ReplicaElectionResult& topic,
                int32_t index, const Result<void>& elected) {
    auto& row = topic.partition_result.emplace_back();
    row.partition_id = index;
    set_success(row);
    if (!elected) set_error(row, elected.error(), context.strings);
}

void elect_everywhere(ControlContext& context, ElectionType type, ElectLeadersResponse& response) {
    context.state.visit_topics("", [&](const TopicState& topic) {
        auto& result = response.replica_election_results.emplace_back();
        result.topic = context.strings.own(topic.name);
        for (size_t i = 0; i < topic.partitions.size(); ++i) {
            const auto index = static_cast<int32_t>(i);
            auto elected = elect_leader(context, topic.name, index, type);
            if (!elected && elected.error().code() == ErrorCode::ELECTION_NOT_NEEDED) continue;
            add_result(context, result, index, elected);
        }
        return true;
    });
}

Result<void> reassign(const ControlContext& context, std::string_view topic,
                      const AlterPartitionReassignmentsRequest::ReassignablePartition& target,
                      bool may_change_factor) {
    const PartitionState* partition = find_partition(context.state, topic, target.partition_index);
    if (!partition) return unknown_partition(topic, target.partition_index);
    if (!target.replicas)
        return Error(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS,
                     "The partition is not being reassigned.");
    if (auto valid = check_manual_assignment(context.state, *target.replicas, std::nullopt); !valid)
        return valid;
    if (!may_change_factor && target.replicas->size() != partition->replicas.size())
        return Error(ErrorCode::INVALID_REPLICATION_FACTOR,
                     "The assignment changes the replication factor from " +
                         std::to_string(partition->replicas.size()) + " to " +
                         std::to_string(target.replicas->size()) + ", which was not allowed.");
    if (*target.replicas != partition->replicas)
        return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                     "Replicas can't be moved between brokers by this version.");
    return {};
}

void add_reassigning(const TopicState& topic, const std::vector<int32_t>* wanted,
                     ListPartitionReassignmentsResponse& response, StringArena& strings) {
    ListPartitionReassignmentsResponse::OngoingTopicReassignment row;
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const PartitionState& partition = topic.partitions[i];
        const auto index = static_cast<int32_t>(i);
        if (partition.adding_replicas.empty() && partition.removing_replicas.empty()) continue;
        if (wanted && !contains(*wanted, index)) continue;
        auto& ongoing = row.partitions.emplace_back();
        ongoing.partition_index = index;
        ongoing.replicas = partition.replicas;
        ongoing.adding_replicas = partition.adding_replicas;
        ongoing.removing_replicas = partition.removing_replicas;
    }
    if (row.partitions.empty()) return;
    row.name = strings.own(topic.name);
    response.topics.push_back(std::move(row));
}

bool asks_for_metadata_partition(const DescribeQuorumRequest& request) {
    return request.topics.size() == 1 && request.topics[0].topic_name == kMetadataTopic &&
           request.topics[0].partitions.size() == 1 &&
           request.topics[0].partitions[0].partition_index == 0;
}

DescribeQuorumResponse unknown_partitions(ControlContext& context,
                                          const DescribeQuorumRequest& request) {
    DescribeQuorumResponse response;
    response.error_message = std::nullopt;
    for (const auto& topic : request.topics) {
        auto& row = response.topics.emplace_back();
        row.topic_name = topic.topic_name;
        for (const auto& partition : topic.partitions) {
            auto& cell = row.partitions.emplace_back();
            cell.partition_index = partition.partition_index;
            set_error(cell, unknown_partition(topic.topic_name, partition.partition_index),
                      context.strings);
        }
    }
    return response;
}

}  // namespace

ElectLeadersResponse elect_leaders(ControlContext& context, const ElectLeadersRequest& request) {
    ElectLeadersResponse response;
    if (request.election_type != 0 && request.election_type != 1) {
        response.error_code = static_cast<int16_t>(ErrorCode::INVALID_REQUEST);
        return response;
    }
    const auto type = static_cast<ElectionType>(request.election_type);
    if (!request.topic_partitions) {
        elect_everywhere(context, type, response);
        return response;
    }
    for (const auto& topic : *request.topic_partitions) {
        auto& result = response.replica_election_results.emplace_back();
        result.topic = topic.topic;
        for (const int32_t index : topic.partitions)
            add_result(context, result, index, elect_leader(context, topic.topic, index, type));
    }
    return response;
}

AlterPartitionReassignmentsResponse alter_reassignments(
    ControlContext& context, const AlterPartitionReassignmentsRequest& request) {
    AlterPartitionReassignmentsResponse response;
    set_success(response);
    response.allow_replication_factor_change = request.allow_replication_factor_change;
    for (const auto& topic : request.topics) {
        auto& row = response.responses.emplace_back();
        row.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& cell = row.partitions.emplace_back();
            cell.partition_index = partition.partition_index;
            set_success(cell);
            auto done =
                reassign(context, topic.name, partition, request.allow_replication_factor_change);
            if (!done) set_error(cell, done.error(), context.strings);
        }
    }
    return response;
}

ListPartitionReassignmentsResponse list_reassignments(
    ControlContext& context, const ListPartitionReassignmentsRequest& request) {
    ListPartitionReassignmentsResponse response;
    set_success(response);
    if (request.topics) {
        for (const auto& wanted : *request.topics)
            if (const TopicState* topic = context.state.topic(wanted.name))
                add_reassigning(*topic, &wanted.partition_indexes, response, context.strings);
        return response;
    }
    context.state.visit_topics("", [&](const TopicState& topic) {
        add_reassigning(topic, nullptr, response, context.strings);
        return true;
    });
    return response;
}

DescribeQuorumResponse describe_quorum(ControlContext& context, int16_t version,
                                       const DescribeQuorumRequest& request,
                                       const QuorumPosition& position) {
    constexpr int16_t kVersionWithNodes = 2;
    if (!asks_for_metadata_partition(request)) return unknown_partitions(context, request);
    DescribeQuorumResponse response;
    set_success(response);
    auto& topic = response.topics.emplace_back();
    topic.topic_name = kMetadataTopic;
    auto& partition = topic.partitions.emplace_back();
    set_success(partition);
    partition.leader_id = context.options.node_id;
    partition.leader_epoch = position.epoch;
    partition.high_watermark = position.end_offset.value;
    auto& voter = partition.current_voters.emplace_back();
    voter.replica_id = context.options.node_id;
    voter.log_end_offset = position.end_offset.value;
    voter.last_fetch_timestamp = position.now.value;
    voter.last_caught_up_timestamp = position.now.value;
    if (position.dynamic && !context.options.log_directories.empty())
        voter.replica_directory_id = context.options.log_directories.front();
    if (version < kVersionWithNodes) return response;
    auto& node = response.nodes.emplace_back();
    node.node_id = context.options.node_id;
    for (const BrokerEndpoint& endpoint : context.options.controller_endpoints) {
        auto& listener = node.listeners.emplace_back();
        listener.name = endpoint.listener;
        listener.host = endpoint.host;
        listener.port = endpoint.port;
    }
    return response;
}

}  // namespace milena
