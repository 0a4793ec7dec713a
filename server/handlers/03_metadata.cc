// SPDX-License-Identifier: Apache-2.0
// Metadata: brokers, and topics with partitions, leaders and replicas; how clients find everything.
//
// Behaviour
// - Topics are asked for by name or, if any id is given, by ids alone. No list (v0: an empty one)
//   means all topics. A name asked for twice is answered once.
// - A missing topic is created if client and auto.create.topics.enable allow it. Apache Kafka
//   answers UNKNOWN_TOPIC_OR_PARTITION meanwhile; Milena answers when the topic is there, which
//   spares clients a retry and a warning. If creation fails the answer is Kafka's.
// - A broker without advertised.listeners is named by the address that the client dialled.
// - Without an authorizer the authorized operations are all that there are.
//
// Versions
// - v1 adds racks, controller, is_internal; a null list for all topics.
// - v2 cluster id. v4 allow_auto_topic_creation. v5 offline replicas. v7 leader epochs.
// - v6: a leader that lacks the client's listener is LISTENER_NOT_FOUND, LEADER_NOT_AVAILABLE
//   before.
// - v8-10 cluster's authorized operations, v8+ topics'.
// - v10 topic ids in answers; v12 in requests. Ids or null names before v12 are INVALID_REQUEST.
// - v13 error code of the whole answer.
// - v0 alone: replicas that clients can't reach are left out, with REPLICA_NOT_AVAILABLE.
#include <algorithm>
#include <unordered_set>

#include "cluster/topic_control.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/metadata_response.h"
#include "server/handlers/addresses.h"
#include "server/handlers/authorized_operations.h"
#include "server/handlers/handlers.h"
#include "coordinator/internal_topics.h"
#include "server/handlers/topic_creation.h"
#include "server/handlers/topic_description.h"
#include "server/settings/settings.h"

namespace milena {

using protocol::MetadataRequest;
using protocol::MetadataResponse;
using Topic = MetadataResponse::MetadataResponseTopic;

namespace {

/// What a request asks for, whatever its version.
struct Wanted {
    bool all = false;
    std::vector<Uuid> ids;  ///< if any, names are not looked at
    std::vector<std::string_view> names;
};

Result<Wanted> read_wanted(const MetadataRequest& request, int16_t version) {
    Wanted wanted;
    wanted.all = !request.topics || (version == 0 && request.topics->empty());
    if (wanted.all) return wanted;
    bool has_null_name = false;
    std::unordered_set<std::string_view> seen_names;
    std::unordered_set<Uuid> seen_ids;
    for (const auto& topic : *request.topics) {
        if (version < 12 && (!topic.name || !topic.topic_id.is_zero()))
            return Error(ErrorCode::INVALID_REQUEST, "topics have a name and no id before v12");
        if (!topic.topic_id.is_zero() && seen_ids.insert(topic.topic_id).second)
            wanted.ids.push_back(topic.topic_id);
        if (!topic.name)
            has_null_name = true;
        else if (seen_names.insert(*topic.name).second)
            wanted.names.push_back(*topic.name);
    }
    // Apache Kafka fails on this too, with this code.
    if (has_null_name && wanted.ids.empty())
        return Error(ErrorCode::UNKNOWN_SERVER_ERROR, "a topic has neither name nor id");
    return wanted;
}

/// The same error for everything that was asked for, and no brokers.
void refuse(const Call<MetadataRequest>& call, const Error& error) {
    MetadataResponse response;
    response.error_code = static_cast<int16_t>(error.code());
    if (call->topics) {
        for (const auto& asked : *call->topics) {
            Topic& topic = response.topics.emplace_back();
            topic.name = asked.name.value_or("");
            topic.topic_id = asked.topic_id;
            topic.error_code = response.error_code;
        }
    }
    call.respond(response);
}

/// One answer in the making: all strings are borrowed from the image, the request, the connection.
class Answer {
  public:
    Answer(const Broker& broker, const Call<MetadataRequest>& call)
        : broker_(broker),
          call_(call),
          image_(broker.image()),
          view_{broker, *image_, call.request->connection()} {}

    void add_topics(const Wanted& wanted) {
        if (wanted.all) {
            image_->visit_topics("", [this](const TopicState& topic) {
                add_topic(topic);
                return true;
            });
        } else if (!wanted.ids.empty()) {
            add_by_id(wanted.ids);
        } else {
            for (std::string_view name : wanted.names) add_by_name(name);
        }
    }

    void send() {
        const auto& connection = call_.request->connection();
        for (const auto& address : broker_addresses(broker_, *image_, connection, false)) {
            auto& node = response_.brokers.emplace_back();
            node.node_id = address.id;
            node.host = address.host;
            node.port = address.port;
            node.rack = address.rack;
        }
        response_.cluster_id = image_->cluster_id();
        response_.controller_id = controller_for_clients(broker_, *image_);
        if (call_->include_cluster_authorized_operations)
            response_.cluster_authorized_operations = kClusterOperations;
        call_.respond(response_);
    }

  private:
    Topic& add(ErrorCode code) {
        Topic& topic = response_.topics.emplace_back();
        topic.error_code = static_cast<int16_t>(code);
        if (call_->include_topic_authorized_operations)
            topic.topic_authorized_operations = kTopicOperations;
        return topic;
    }

    void add_by_id(const std::vector<Uuid>& ids) {
        for (const Uuid& id : ids) {
            if (const TopicState* state = image_->topic(id)) {
                add_topic(*state);
                continue;
            }
            Topic& topic = add(ErrorCode::UNKNOWN_TOPIC_ID);
            topic.name = std::nullopt;
            topic.topic_id = id;
            topic.topic_authorized_operations = kOperationsNotAsked;
        }
    }

    void add_by_name(std::string_view name) {
        if (const TopicState* state = image_->topic(name)) return add_topic(*state);
        const bool valid = check_topic_name(name).has_value();
        Topic& topic =
            add(valid ? ErrorCode::UNKNOWN_TOPIC_OR_PARTITION : ErrorCode::INVALID_TOPIC_EXCEPTION);
        topic.name = name;
        topic.is_internal = is_internal_topic(name);
    }

    void add_topic(const TopicState& state) {
        Topic& topic = add(ErrorCode::NONE);
        topic.name = state.name;
        topic.topic_id = state.id;
        topic.is_internal = is_internal_topic(state.name);
        topic.partitions.resize(state.partitions.size());
        for (size_t index = 0; index < state.partitions.size(); ++index)
            fill_partition(state.partitions[index], static_cast<int32_t>(index),
                           topic.partitions[index]);
    }

    void fill_partition(const PartitionState& state, int32_t index,
                        MetadataResponse::MetadataResponsePartition& partition) {
        partition.partition_index = index;
        partition.leader_epoch = state.leader_epoch;
        partition.replica_nodes = state.replicas;
        partition.isr_nodes = state.isr;
        partition.offline_replicas = offline_replicas(state, view_);
        partition.leader_id = view_.reaches(state.leader) ? state.leader : -1;
        partition.error_code = static_cast<int16_t>(partition_error(state));
        if (call_.version() == 0) leave_out_unreachable(partition);
    }

    ErrorCode partition_error(const PartitionState& state) const {
        if (view_.reaches(state.leader)) return ErrorCode::NONE;
        const bool leader_lives = image_->brokers().contains(state.leader);
        return leader_lives && call_.version() >= 6 ? ErrorCode::LISTENER_NOT_FOUND
                                                    : ErrorCode::LEADER_NOT_AVAILABLE;
    }

    void leave_out_unreachable(MetadataResponse::MetadataResponsePartition& partition) const {
        const auto unreachable = [this](int32_t node) { return !view_.reaches(node); };
        const size_t left_out = std::erase_if(partition.replica_nodes, unreachable) +
                                std::erase_if(partition.isr_nodes, unreachable);
        if (left_out > 0 && partition.error_code == 0)
            partition.error_code = static_cast<int16_t>(ErrorCode::REPLICA_NOT_AVAILABLE);
    }

    const Broker& broker_;
    const Call<MetadataRequest>& call_;
    MetadataImagePtr image_;
    ClientView view_;
    MetadataResponse response_;
};

void answer(const Broker& broker, const Call<MetadataRequest>& call, const Wanted& wanted) {
    Answer answer(broker, call);
    answer.add_topics(wanted);
    answer.send();
}

/// Names that may be topics and are none yet.
std::vector<std::string_view> creatable(const Broker& broker, const Wanted& wanted) {
    const MetadataImagePtr image = broker.image();
    std::vector<std::string_view> names;
    if (wanted.all || !wanted.ids.empty()) return names;
    for (std::string_view name : wanted.names)
        if (!image->topic(name) && check_topic_name(name)) names.push_back(name);
    return names;
}

}  // namespace

void handle_metadata(Broker& broker, Call<MetadataRequest> call) {
    auto wanted = read_wanted(*call, call.version());
    if (!wanted) return refuse(call, wanted.error());
    if (call->allow_auto_topic_creation && broker.settings.current()->auto_create_topics_enable) {
        const auto missing = creatable(broker, *wanted);
        if (!missing.empty()) {
            create_missing_topics(broker, call.request, missing, [&broker, call, wanted = *wanted] {
                answer(broker, call, wanted);
            });
            return;
        }
    }
    answer(broker, call, *wanted);
}

}  // namespace milena
