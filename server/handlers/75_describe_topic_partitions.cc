// SPDX-License-Identifier: Apache-2.0
// DescribeTopicPartitions: topics page by page, in the order of their names. One version.
//
// Behaviour
// - No topics means all. With a cursor the answer begins at its topic and partition; names before
//   it are left out. A page has at most the client's limit and max.request.partition.size.limit
//   partitions, but at least one; the next cursor says where to go on.
// - A missing topic is an error in its place, but not in a walk over all (it was deleted).
// - A cursor with a negative partition, or at none of the topics asked for, is INVALID_REQUEST for
//   each of them.
#include <algorithm>
#include <set>

#include "cluster/topic_control.h"
#include "protocol/messages/describe_topic_partitions_request.h"
#include "protocol/messages/describe_topic_partitions_response.h"
#include "server/handlers/authorized_operations.h"
#include "server/handlers/handlers.h"
#include "coordinator/internal_topics.h"
#include "server/handlers/topic_description.h"
#include "server/settings/settings.h"

namespace milena {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using Topic = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;
using PagePartition = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition;

namespace {

class Page {
  public:
    Page(const Broker& broker, const Call<DescribeTopicPartitionsRequest>& call)
        : call_(call),
          image_(broker.image()),
          view_{broker, *image_, call.request->connection()},
          room_(std::clamp(call->response_partition_limit, 1,
                           broker.settings.current()->max_request_partition_size_limit)) {
        if (!call->cursor) return;
        first_name_ = call->cursor->topic_name;
        first_partition_ = static_cast<size_t>(call->cursor->partition_index);
    }

    void send() {
        if (call_->topics.empty()) {
            image_->visit_topics(first_name_,
                                 [this](const TopicState& topic) { return add_topic(topic); });
        } else {
            add_named();
        }
        call_.respond(response_);
    }

  private:
    void add_named() {
        std::set<std::string_view> names;
        for (const auto& topic : call_->topics)
            if (topic.name >= first_name_) names.insert(topic.name);
        for (std::string_view name : names) {
            const TopicState* state = image_->topic(name);
            if (!(state ? add_topic(*state) : add_missing(name))) return;
        }
    }

    /// Whether the page goes on.
    bool add_missing(std::string_view name) {
        if (room_ == 0) return end_page(name, 0);
        const bool valid = check_topic_name(name).has_value();
        Topic& topic = add(name, valid ? ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                                       : ErrorCode::INVALID_TOPIC_EXCEPTION);
        topic.is_internal = is_internal_topic(name);
        return true;
    }

    bool add_topic(const TopicState& state) {
        if (room_ == 0) return end_page(state.name, 0);
        const size_t count = state.partitions.size();
        const size_t begin =
            state.name == first_name_ ? std::min(first_partition_, count) : size_t{0};
        const size_t end = std::min(count, begin + static_cast<size_t>(room_));
        Topic& topic = add(state.name, ErrorCode::NONE);
        topic.topic_id = state.id;
        topic.is_internal = is_internal_topic(state.name);
        for (size_t index = begin; index < end; ++index)
            fill_partition(state.partitions[index], static_cast<int32_t>(index),
                           topic.partitions.emplace_back());
        room_ -= static_cast<int32_t>(end - begin);
        return end == count || end_page(state.name, static_cast<int32_t>(end));
    }

    Topic& add(std::string_view name, ErrorCode code) {
        Topic& topic = response_.topics.emplace_back();
        topic.name = name;
        topic.error_code = static_cast<int16_t>(code);
        topic.topic_authorized_operations = kTopicOperations;
        return topic;
    }

    bool end_page(std::string_view name, int32_t partition) {
        auto& cursor = response_.next_cursor.emplace();
        cursor.topic_name = name;
        cursor.partition_index = partition;
        return false;
    }

    void fill_partition(const PartitionState& state, int32_t index,
                        PagePartition& partition) const {
        const bool has_leader = view_.reaches(state.leader);
        partition.error_code =
            has_leader ? 0 : static_cast<int16_t>(ErrorCode::LEADER_NOT_AVAILABLE);
        partition.partition_index = index;
        partition.leader_id = has_leader ? state.leader : -1;
        partition.leader_epoch = state.leader_epoch;
        partition.replica_nodes = state.replicas;
        partition.isr_nodes = state.isr;
        partition.eligible_leader_replicas = state.elr;
        partition.last_known_elr = state.last_known_elr;
        partition.offline_replicas = offline_replicas(state, view_);
    }

    const Call<DescribeTopicPartitionsRequest>& call_;
    MetadataImagePtr image_;
    ClientView view_;
    int32_t room_;  // partitions that still fit the page
    std::string_view first_name_;
    size_t first_partition_ = 0;
    DescribeTopicPartitionsResponse response_;
};

void refuse(const Call<DescribeTopicPartitionsRequest>& call) {
    DescribeTopicPartitionsResponse response;
    for (const auto& asked : call->topics) {
        Topic& topic = response.topics.emplace_back();
        topic.name = asked.name;
        topic.error_code = static_cast<int16_t>(ErrorCode::INVALID_REQUEST);
    }
    call.respond(response);
}

bool is_cursor_valid(const DescribeTopicPartitionsRequest& request) {
    if (!request.cursor) return true;
    const auto at_cursor = [&](const auto& topic) {
        return topic.name == request.cursor->topic_name;
    };
    return request.cursor->partition_index >= 0 &&
           (request.topics.empty() || std::ranges::any_of(request.topics, at_cursor));
}

}  // namespace

void handle_describe_topic_partitions(Broker& broker, Call<DescribeTopicPartitionsRequest> call) {
    if (!is_cursor_valid(*call)) return refuse(call);
    Page(broker, call).send();
}

}  // namespace milena
