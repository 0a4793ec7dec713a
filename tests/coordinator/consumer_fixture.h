// SPDX-License-Identifier: Apache-2.0
// Members of consumer groups that send heartbeats to a shard, in a cluster with topics.
#pragma once

#include <set>

#include "base/strings.h"
#include "cluster/image_state.h"
#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/group/group_shard.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"
#include "tests/coordinator/harness.h"

namespace milena::testing {

/// Partitions by topic name.
using Assigned = std::map<std::string, std::set<int32_t>>;

struct Beat {
    std::string member;
    int32_t epoch = 0;
    std::optional<std::vector<std::string>> topics = {};
    std::optional<std::string> regex = {}, instance_id = {}, rack_id = {}, assignor = {};
    std::optional<Assigned> owned = {};
    int32_t rebalance_ms = -1;
    int16_t version = 1;
    std::string group = "g";
};

struct Answer {
    ErrorCode error = ErrorCode::UNKNOWN_SERVER_ERROR;
    std::string member;
    int32_t epoch = 0;
    int32_t interval_ms = 0;
    std::optional<Assigned> assigned;
};

class ConsumerGroupsTest : public ::testing::Test {
  public:
    ConsumerGroupsTest() : cluster_("cluster", 0) {
        options.consumer_max_size = 20;
        add_topic("t", 4);
        add_topic("u", 3);
    }

    /// A member that wants topics joins.
    static Beat joining(std::string member, std::vector<std::string> topics = {"t"}) {
        Beat beat;
        beat.member = std::move(member);
        beat.topics = std::move(topics);
        beat.owned.emplace();
        beat.rebalance_ms = 30'000;
        return beat;
    }
    static Beat alive(std::string member, int32_t epoch, std::optional<Assigned> owned = {}) {
        Beat beat;
        beat.member = std::move(member);
        beat.epoch = epoch;
        beat.owned = std::move(owned);
        return beat;
    }

    Answer send(const Beat& beat) {
        protocol::ConsumerGroupHeartbeatRequest request;
        fill(request, beat);
        Answer answer;
        const auto done = [&](const protocol::ConsumerGroupHeartbeatResponse& response) {
            answer = read(response);
        };
        if (auto checked = check_consumer_heartbeat(request, beat.version, options); !checked) {
            answer.error = checked.error().code();
            return answer;
        }
        StringArena strings;
        harness().run(shard().groups().consumers().heartbeat(request, {"client", "/10.0.0.1"},
                                                             strings, done));
        return answer;
    }

    void add_topic(const std::string& name, int32_t partitions) {
        Uuid id;
        id.bytes[0] = 1;
        id.bytes[15] = ++topics_made_;
        cluster_.add_topic(name, id);
        for (int32_t i = 0; i < partitions; ++i) cluster_.set_partition(id, i, {});
        publish();
    }
    void grow_topic(const std::string& name, int32_t partitions) {
        const TopicState topic = *cluster_.topic(name);
        for (auto i = static_cast<int32_t>(topic.partitions.size()); i < partitions; ++i)
            cluster_.set_partition(topic.id, i, {});
        publish();
    }
    void remove_topic(const std::string& name) {
        cluster_.remove_topic(cluster_.topic(name)->id);
        publish();
    }
    void configure(const std::string& group, const std::string& key, const std::string& value) {
        cluster_.set_config({ConfigResourceType::kGroup, group}, key, value);
        publish();
    }
    void publish() {
        cluster_.set_position(cluster_.offset() + 1, 1);
        const auto image = cluster_.publish();
        if (harness_)
            harness_->publish(image);
        else
            first_image_ = image;
    }
    void pass(int64_t ms) { harness().advance(std::chrono::milliseconds(ms)); }

    Harness<GroupShard>& harness() {
        if (!harness_)
            harness_.emplace(
                [this](TimerQueue& timers) {
                    return std::make_unique<GroupShard>(options, timers);
                },
                first_image_);
        return *harness_;
    }
    GroupShard& shard() { return harness().machine(); }
    ConsumerGroup* group(std::string_view id = "g") {
        return shard().groups().consumers().find(id);
    }
    std::string state() { return std::string(group()->state_name()); }
    size_t records() { return harness().last_records().size(); }
    const ImageState& cluster() const { return cluster_; }

    GroupOptions options;

  private:
    void fill(protocol::ConsumerGroupHeartbeatRequest& request, const Beat& beat) const {
        request.group_id = beat.group;
        request.member_id = beat.member;
        request.member_epoch = beat.epoch;
        if (beat.topics)
            request.subscribed_topic_names.emplace(beat.topics->begin(), beat.topics->end());
        request.subscribed_topic_regex = beat.regex;
        request.instance_id = beat.instance_id;
        request.rack_id = beat.rack_id;
        request.server_assignor = beat.assignor;
        request.rebalance_timeout_ms = beat.rebalance_ms;
        if (!beat.owned) return;
        request.topic_partitions.emplace();
        for (const auto& [name, partitions] : *beat.owned)
            request.topic_partitions->push_back(
                {cluster_.topic(name)->id, {partitions.begin(), partitions.end()}});
    }
    Answer read(const protocol::ConsumerGroupHeartbeatResponse& response) const {
        Answer answer;
        answer.error = static_cast<ErrorCode>(response.error_code);
        answer.member = response.member_id.value_or("");
        answer.epoch = response.member_epoch;
        answer.interval_ms = response.heartbeat_interval_ms;
        if (!response.assignment) return answer;
        answer.assigned.emplace();
        for (const auto& topic : response.assignment->topic_partitions)
            (*answer.assigned)[cluster_.topic(topic.topic_id)->name] = {topic.partitions.begin(),
                                                                        topic.partitions.end()};
        return answer;
    }

    ImageState cluster_;
    uint8_t topics_made_ = 0;
    MetadataImagePtr first_image_;
    std::optional<Harness<GroupShard>> harness_;
};

}  // namespace milena::testing
