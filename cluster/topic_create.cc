// SPDX-License-Identifier: Apache-2.0
// CreateTopics. The order of the checks is Kafka's: it decides which of several errors a client
// sees.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "cluster/assignment.h"
#include "cluster/config_control.h"
#include "cluster/metadata_log.h"
#include "cluster/record_versions.h"
#include "cluster/replay_topics.h"
#include "cluster/topic_control.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/topic_record.h"

namespace milena {
namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using Topic = CreateTopicsRequest::CreatableTopic;
using TopicResult = CreateTopicsResponse::CreatableTopicResult;

constexpr size_t kTopicNameMax = 249;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/// Metrics' names make '.' and '_' the same, so names that differ only there collide.
Result<void> check_collision(const ImageState& state, std::string_view name) {
    const auto other = state.colliding_topic(name);
    if (!other) return {};
    return Error(ErrorCode::INVALID_TOPIC_EXCEPTION,
                 "Topic '" + std::string(name) + "' collides with the existing topic '" + *other +
                     "': names may not differ only in '.' and '_'.");
}

/// The overrides of a new topic; null values are refused.
Result<ConfigMap> requested_configs(const Topic& topic) {
    ConfigMap configs;
    std::string nulls;
    for (const auto& config : topic.configs) {
        if (config.value)
            configs.insert_or_assign(std::string(config.name), std::string(*config.value));
        else
            nulls += (nulls.empty() ? "" : ", ") + std::string(config.name);
    }
    if (!nulls.empty())
        return Error(ErrorCode::INVALID_CONFIG, "Topic configs without a value: " + nulls + ".");
    return configs;
}

Result<std::vector<PartitionState>> manual_partitions(const ImageState& state, const Topic& topic) {
    if (topic.replication_factor != -1 || topic.num_partitions != -1)
        return Error(ErrorCode::INVALID_REQUEST,
                     "With a manual assignment, partitions and replication factor must be -1.");
    std::vector<std::optional<PartitionState>> partitions(topic.assignments.size());
    std::unordered_set<int32_t> seen;
    std::optional<size_t> replication_factor;
    for (const auto& assignment : topic.assignments) {
        const int32_t index = assignment.partition_index;
        if (!seen.insert(index).second)
            return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                         "Partition " + std::to_string(index) + " is assigned more than once.");
        if (auto valid = check_manual_assignment(state, assignment.broker_ids, replication_factor);
            !valid)
            return valid.error();
        replication_factor = assignment.broker_ids.size();
        if (auto valid = check_can_lead(state, assignment.broker_ids, index); !valid)
            return valid.error();
        if (index >= 0 && static_cast<size_t>(index) < partitions.size())
            partitions[static_cast<size_t>(index)] = new_partition(state, assignment.broker_ids);
    }
    std::vector<PartitionState> ordered;
    for (auto& partition : partitions) {
        if (!partition)
            return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                         "Assigned partitions must be numbered from 0 on without a gap.");
        ordered.push_back(std::move(*partition));
    }
    return ordered;
}

Result<std::vector<PartitionState>> placed_partitions(const ControlContext& context,
                                                      const Topic& topic) {
    if (topic.replication_factor < -1 || topic.replication_factor == 0)
        return Error(ErrorCode::INVALID_REPLICATION_FACTOR,
                     "The replication factor must be positive, or -1 for the default.");
    if (topic.num_partitions < -1 || topic.num_partitions == 0)
        return Error(ErrorCode::INVALID_PARTITIONS,
                     "The number of partitions must be positive, or -1 for the default.");
    const int32_t count =
        topic.num_partitions == -1 ? context.options.default_partitions : topic.num_partitions;
    const int16_t factor = topic.replication_factor == -1
                               ? context.options.default_replication_factor
                               : topic.replication_factor;
    std::vector<PartitionState> partitions;
    partitions.reserve(static_cast<size_t>(count));
    for (int32_t index = 0; index < count; ++index) {
        auto replicas = place_replicas(context.state, index, factor);
        if (!replicas) return replicas.error();
        partitions.push_back(new_partition(context.state, *replicas));
    }
    return partitions;
}

struct NewTopic {
    std::string_view name;
    Uuid id;
    ConfigMap configs;
    std::vector<PartitionState> partitions;
};

/// All that is needed to create it, or the first thing that is wrong with it.
Result<NewTopic> plan_topic(const ControlContext& context, const Topic& topic) {
    // Kafka lets a collision outdo an invalid name, and "exists" outdo both.
    if (context.state.topic(topic.name))
        return Error(ErrorCode::TOPIC_ALREADY_EXISTS,
                     "Topic '" + std::string(topic.name) + "' already exists.");
    if (auto free = check_collision(context.state, topic.name); !free) return free.error();
    if (auto valid = check_topic_name(topic.name); !valid) return valid.error();
    auto configs = requested_configs(topic);
    if (!configs) return configs.error();
    if (!configs->empty()) {
        const ConfigResource resource{ConfigResourceType::kTopic, std::string(topic.name)};
        if (auto valid = check_new_configs(context, resource, *configs); !valid)
            return valid.error();
    }
    auto partitions = topic.assignments.empty() ? placed_partitions(context, topic)
                                                : manual_partitions(context.state, topic);
    if (!partitions) return partitions.error();
    return NewTopic{topic.name, Uuid::random(), std::move(*configs), std::move(*partitions)};
}

void add_records(ControlContext& context, const NewTopic& topic) {
    protocol::TopicRecord record;
    record.name = topic.name;
    record.topic_id = topic.id;
    context.records.add(record, 0);
    const ConfigResource resource{ConfigResourceType::kTopic, std::string(topic.name)};
    for (const auto& [key, value] : topic.configs) add_config_record(context, resource, key, value);
    for (const auto& [key, value] : topic.configs) add_clear_elr_record(context, resource, key);
    const int16_t version = partition_record_version(context.state.metadata_version());
    int32_t index = 0;
    for (const PartitionState& partition : topic.partitions)
        context.records.add(to_partition_record(topic.id, index++, partition), version);
}

void describe_topic(ControlContext& context, const NewTopic& topic, TopicResult& result) {
    result.topic_id = topic.id;
    result.num_partitions = static_cast<int32_t>(topic.partitions.size());
    result.replication_factor = static_cast<int16_t>(topic.partitions.front().replicas.size());
    result.configs.emplace();
    for (auto& config : context.rules.effective_topic_configs(context.state, topic.configs)) {
        auto& row = result.configs->emplace_back();
        row.name = context.strings.own(std::move(config.name));
        row.value = std::nullopt;
        if (config.value && !config.sensitive)
            row.value = context.strings.own(std::move(*config.value));
        row.read_only = config.read_only;
        row.config_source = config.source;
        row.is_sensitive = config.sensitive;
    }
}

bool asks_too_many_partitions(const ControlContext& context, const CreateTopicsRequest& request) {
    int64_t total = 0;
    for (const Topic& topic : request.topics) {
        if (!topic.assignments.empty())
            total += static_cast<int64_t>(topic.assignments.size());
        else if (topic.num_partitions == -1)
            total += context.options.default_partitions;
        else if (topic.num_partitions > 0)
            total += topic.num_partitions;
    }
    return total > kPartitionsPerRequestMax;
}

/// How often each name stands in the request.
std::unordered_map<std::string_view, int> count_names(const CreateTopicsRequest& request) {
    std::unordered_map<std::string_view, int> counts;
    for (const Topic& topic : request.topics) ++counts[topic.name];
    return counts;
}

void create_topic(ControlContext& context, const Topic& topic, TopicResult& result) {
    result.name = topic.name;
    set_success(result);
    if (topic.name == kMetadataTopic)
        return set_error(
            result,
            Error(ErrorCode::INVALID_REQUEST, "This topic is internal: it can't be created."),
            context.strings);
    auto planned = plan_topic(context, topic);
    if (!planned) return set_error(result, planned.error(), context.strings);
    describe_topic(context, *planned, result);
    add_records(context, *planned);
}

CreateTopicsResponse refuse_all(const CreateTopicsRequest& request, const Error& error,
                                StringArena& strings) {
    CreateTopicsResponse response;
    for (const Topic& topic : request.topics) {
        TopicResult& result = response.topics.emplace_back();
        result.name = topic.name;
        set_error(result, error, strings);
    }
    return response;
}

}  // namespace

Result<void> check_topic_name(std::string_view name) {
    const auto refuse = [&](const std::string& why) {
        return Error(
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            "'" + std::string(name.substr(0, kTopicNameMax)) + "' is no valid topic name: " + why);
    };
    if (name.empty()) return refuse("it is empty.");
    if (name == "." || name == "..") return refuse("'.' and '..' are not allowed.");
    if (name.size() > kTopicNameMax)
        return refuse("it has " + std::to_string(name.size()) + " characters, the limit is " +
                      std::to_string(kTopicNameMax) + ".");
    if (!std::all_of(name.begin(), name.end(), is_name_character))
        return refuse("only letters, digits, '.', '_' and '-' are allowed.");
    return {};
}

CreateTopicsResponse create_topics(ControlContext& context, const CreateTopicsRequest& request) {
    if (asks_too_many_partitions(context, request))
        return refuse_all(
            request,
            Error(ErrorCode::POLICY_VIOLATION, "One request may create at most 10000 partitions."),
            context.strings);
    CreateTopicsResponse response;
    auto counts = count_names(request);
    for (const Topic& topic : request.topics) {
        int& count = counts[topic.name];
        if (count == 0) continue;  // a duplicate, answered already
        TopicResult& result = response.topics.emplace_back();
        if (count == 1) {
            create_topic(context, topic, result);
        } else {
            result.name = topic.name;
            set_error(result, Error(ErrorCode::INVALID_REQUEST, "Duplicate topic name."),
                      context.strings);
            count = 0;
        }
    }
    if (context.records.size() > kRecordsPerRequestMax) {
        context.records = {};
        return refuse_all(request,
                          Error(ErrorCode::POLICY_VIOLATION,
                                "One request may write at most 10000 metadata records."),
                          context.strings);
    }
    if (request.validate_only) context.records = {};
    return response;
}

}  // namespace milena
