// SPDX-License-Identifier: Apache-2.0
// DeleteTopics and CreatePartitions.
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "cluster/assignment.h"
#include "cluster/record_versions.h"
#include "cluster/replay_topics.h"
#include "cluster/topic_control.h"
#include "protocol/messages/remove_topic_record.h"

namespace milena {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;

constexpr int16_t kVersionWithIds = 6;

Error unknown_topic(ErrorCode code) {
    return Error(code, code == ErrorCode::UNKNOWN_TOPIC_ID ? "There is no topic with this id."
                                                           : "There is no such topic.");
}

/// Collects what to delete and answers what can't be.
class TopicDeletion {
  public:
    TopicDeletion(ControlContext& context, DeleteTopicsResponse& response)
        : context_(context), response_(response) {}

    void add_name(std::string_view name) { ++names_[name]; }
    void add_id(const Uuid& id) { ++ids_[id]; }

    void refuse(std::optional<std::string_view> name, const Uuid& id, const Error& error) {
        auto& row = response_.responses.emplace_back();
        row.name = name;
        row.topic_id = id;
        set_error(row, error, context_.strings);
    }

    void run() {
        for (const auto& [id, count] : ids_) find_by_id(id, count);
        for (const auto& [name, count] : names_) find_by_name(name, count);
        for (const auto& [id, name] : found_) remove(id, name);
    }

  private:
    void find_by_id(const Uuid& id, int count) {
        const TopicState* topic = context_.state.topic(id);
        if (count > 1)
            refuse(std::nullopt, id, Error(ErrorCode::INVALID_REQUEST, "Duplicate topic id."));
        else if (!topic)
            refuse(std::nullopt, id, unknown_topic(ErrorCode::UNKNOWN_TOPIC_ID));
        else
            found_.emplace(id, topic->name);
    }

    void find_by_name(std::string_view name, int count) {
        const TopicState* topic = context_.state.topic(name);
        if (count > 1)
            return refuse(name, {}, Error(ErrorCode::INVALID_REQUEST, "Duplicate topic name."));
        if (!topic) return refuse(name, {}, unknown_topic(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        const auto given = ids_.find(topic->id);
        if (given == ids_.end()) {
            found_.emplace(topic->id, topic->name);
            return;
        }
        found_.erase(topic->id);
        refuse(name, topic->id,
               Error(ErrorCode::INVALID_REQUEST, "The topic was named by its id as well."));
    }

    void remove(const Uuid& id, std::string_view name) {
        protocol::RemoveTopicRecord record;
        record.topic_id = id;
        context_.records.add(record, 0);
        auto& row = response_.responses.emplace_back();
        row.name = context_.strings.own(std::string(name));
        row.topic_id = id;
        set_success(row);
    }

    ControlContext& context_;
    DeleteTopicsResponse& response_;
    std::map<Uuid, int> ids_;
    std::map<std::string_view, int> names_;
    std::map<Uuid, std::string> found_;
};

void add_state(TopicDeletion& deletion, const DeleteTopicsRequest::DeleteTopicState& topic) {
    if (topic.name && !topic.topic_id.is_zero())
        deletion.refuse(topic.name, topic.topic_id,
                        Error(ErrorCode::INVALID_REQUEST,
                              "A topic is to be given by name or by id, not by both."));
    else if (topic.name)
        deletion.add_name(*topic.name);
    else if (!topic.topic_id.is_zero())
        deletion.add_id(topic.topic_id);
    else
        deletion.refuse(std::nullopt, {},
                        Error(ErrorCode::INVALID_REQUEST, "Neither name nor id of a topic."));
}

void refuse_deletion(TopicDeletion& deletion, int16_t version, const DeleteTopicsRequest& request) {
    const Error error =
        version < 3 ? Error(ErrorCode::INVALID_REQUEST, "Topics can't be deleted on this cluster.")
                    : Error(ErrorCode::TOPIC_DELETION_DISABLED,
                            "Deleting topics is switched off (delete.topic.enable=false).");
    for (const std::string_view name : request.topic_names) deletion.refuse(name, {}, error);
    for (const auto& topic : request.topics) deletion.refuse(topic.name, topic.topic_id, error);
}

using NewPartitions = CreatePartitionsRequest::CreatePartitionsTopic;

Result<std::vector<PartitionState>> plan_partitions(const ControlContext& context,
                                                    const NewPartitions& wanted) {
    const TopicState* topic = context.state.topic(wanted.name);
    if (!topic) return unknown_topic(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    const auto current = static_cast<int32_t>(topic->partitions.size());
    if (wanted.count == current)
        return Error(ErrorCode::INVALID_PARTITIONS,
                     "The topic has " + std::to_string(current) + " partition(s) already.");
    if (wanted.count < current)
        return Error(ErrorCode::INVALID_PARTITIONS,
                     "The topic has " + std::to_string(current) +
                         " partition(s): " + std::to_string(wanted.count) + " would not be more.");
    const auto added = static_cast<size_t>(wanted.count - current);
    if (wanted.assignments && wanted.assignments->size() != added)
        return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                     std::to_string(added) + " partition(s) are to be added, but " +
                         std::to_string(wanted.assignments->size()) + " assignment(s) are given.");
    const size_t factor = topic->partitions.front().replicas.size();
    std::vector<PartitionState> partitions;
    for (size_t i = 0; i < added; ++i) {
        const int32_t index = current + static_cast<int32_t>(i);
        std::vector<int32_t> replicas;
        if (wanted.assignments) {
            replicas = (*wanted.assignments)[i].broker_ids;
            if (auto valid = check_manual_assignment(context.state, replicas, factor); !valid)
                return valid.error();
            if (auto valid = check_can_lead(context.state, replicas, index); !valid)
                return valid.error();
        } else {
            auto placed = place_replicas(context.state, index, static_cast<int16_t>(factor));
            if (!placed) return placed.error();
            replicas = std::move(*placed);
        }
        partitions.push_back(new_partition(context.state, replicas));
    }
    return partitions;
}

Result<void> add_partitions(ControlContext& context, const NewPartitions& wanted) {
    auto partitions = plan_partitions(context, wanted);
    if (!partitions) return partitions.error();
    const TopicState& topic = *context.state.topic(wanted.name);
    const int16_t version = partition_record_version(context.state.metadata_version());
    auto index = static_cast<int32_t>(topic.partitions.size());
    for (const PartitionState& partition : *partitions)
        context.records.add(to_partition_record(topic.id, index++, partition), version);
    return {};
}

bool adds_too_many(const ControlContext& context, const CreatePartitionsRequest& request) {
    int64_t total = 0;
    for (const NewPartitions& wanted : request.topics) {
        const TopicState* topic = context.state.topic(wanted.name);
        if (!topic) continue;
        const auto current = static_cast<int64_t>(topic->partitions.size());
        if (wanted.count > current) total += wanted.count - current;
    }
    return total > kPartitionsPerRequestMax;
}

}  // namespace

DeleteTopicsResponse delete_topics(ControlContext& context, int16_t version,
                                   const DeleteTopicsRequest& request) {
    DeleteTopicsResponse response;
    TopicDeletion deletion(context, response);
    if (!context.options.delete_topic_enable) {
        refuse_deletion(deletion, version, request);
        return response;
    }
    if (version < kVersionWithIds)
        for (const std::string_view name : request.topic_names) deletion.add_name(name);
    else
        for (const auto& topic : request.topics) add_state(deletion, topic);
    deletion.run();
    return response;
}

CreatePartitionsResponse create_partitions(ControlContext& context,
                                           const CreatePartitionsRequest& request) {
    CreatePartitionsResponse response;
    const bool too_many = adds_too_many(context, request);
    std::unordered_map<std::string_view, int> counts;
    for (const NewPartitions& wanted : request.topics) ++counts[wanted.name];
    for (const NewPartitions& wanted : request.topics) {
        int& count = counts[wanted.name];
        if (count == 0) continue;  // a duplicate, answered already
        auto& result = response.results.emplace_back();
        result.name = wanted.name;
        set_success(result);
        Result<void> added;
        if (too_many)
            added =
                Error(ErrorCode::POLICY_VIOLATION, "One request may add at most 10000 partitions.");
        else if (count > 1)
            added = Error(ErrorCode::INVALID_REQUEST, "Duplicate topic name.");
        else
            added = add_partitions(context, wanted);
        if (!added) set_error(result, added.error(), context.strings);
        count = 0;
    }
    if (request.validate_only) context.records = {};
    return response;
}

}  // namespace milena
