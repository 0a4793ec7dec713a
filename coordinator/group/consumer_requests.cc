// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupHeartbeat and ConsumerGroupDescribe, on their way to the shards.
#include <ranges>

#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/runtime/gathering.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_describe_response.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"

namespace milena {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

namespace {

using Assignment = ConsumerGroupDescribeResponse::Assignment;
using DescribedGroup = ConsumerGroupDescribeResponse::DescribedGroup;
using DescribedMember = ConsumerGroupDescribeResponse::Member;

enum MemberType : int8_t { kClassicMember = 0, kConsumerMember = 1 };

ConsumerGroupHeartbeatResponse failed(const Error& error) {
    ConsumerGroupHeartbeatResponse response;
    response.error_code = static_cast<int16_t>(error.code());
    response.error_message = error.message();
    return response;
}

/// Copies what it describes: the answer leaves later, from another thread.
class Describer {
  public:
    Describer(const ConsumerTopics& topics, StringArena& strings)
        : topics_(topics), strings_(strings) {}

    void describe(const ConsumerGroup& group, std::string_view default_assignor,
                  DescribedGroup& row) const {
        row.group_state = group.state_name();
        row.group_epoch = group.epoch();
        row.assignment_epoch = group.target_epoch();
        row.assignor_name = own(group.subscriptions().preferred_assignor(default_assignor));
        for (const auto& [id, seat] : group.seats())
            row.members.push_back(describe(seat.member, group.target_of(id)));
    }

  private:
    std::string_view own(std::string_view text) const { return strings_.own(std::string(text)); }
    std::optional<std::string_view> own_if_any(const std::optional<std::string>& text) const {
        if (!text) return {};
        return own(*text);
    }

    DescribedMember describe(const ConsumerMember& member, const TopicPartitions& target) const {
        DescribedMember row;
        row.member_id = own(member.id);
        row.instance_id = own_if_any(member.instance_id);
        row.rack_id = own_if_any(member.rack_id);
        row.member_epoch = member.epoch;
        row.client_id = own(member.client_id);
        row.client_host = own(member.client_host);
        for (const std::string& topic : member.topics)
            row.subscribed_topic_names.push_back(own(topic));
        row.subscribed_topic_regex = own(member.regex);
        add(row.assignment, member.assigned);
        add(row.assignment, member.pending_revocation);
        for (const auto& [id, partitions] : target) add(row.target_assignment, id, partitions);
        row.member_type = member.is_classic() ? kClassicMember : kConsumerMember;
        return row;
    }

    void add(Assignment& to, const OwnedPartitions& owned) const {
        for (const auto& [id, partitions] : owned) {
            const auto numbers = std::views::keys(partitions);
            add(to, id, {numbers.begin(), numbers.end()});
        }
    }
    /// Topics that are gone are left out.
    void add(Assignment& to, const Uuid& id, const std::vector<int32_t>& partitions) const {
        const TopicState* topic = topics_.find(id);
        if (!topic) return;
        for (auto& known : to.topic_partitions)
            if (known.topic_id == id) {
                known.partitions.insert(known.partitions.end(), partitions.begin(),
                                        partitions.end());
                return;
            }
        to.topic_partitions.push_back({id, own(topic->name), partitions});
    }

    const ConsumerTopics& topics_;
    StringArena& strings_;
};

}  // namespace

void GroupCoordinator::consumer_heartbeat(GroupCall call,
                                          const ConsumerGroupHeartbeatRequest& request,
                                          Done<ConsumerGroupHeartbeatResponse> done) {
    if (auto checked = check_consumer_heartbeat(request, call.version, options_); !checked)
        return done(failed(checked.error()));
    submit(
        request.group_id,
        [call, &request, done](GroupShard& shard) {
            return shard.groups().consumers().heartbeat(request, {call.client_id, call.client_host},
                                                        call.strings, done);
        },
        [done](const Error& error) { done(failed(error)); });
}

void GroupCoordinator::describe_consumers(GroupCall, const ConsumerGroupDescribeRequest& request,
                                          Done<ConsumerGroupDescribeResponse> done) {
    ConsumerGroupDescribeResponse response;
    for (const std::string_view id : request.group_ids) {
        auto& row = response.groups.emplace_back();
        row.group_id = id;
        if (id.empty()) row.error_code = static_cast<int16_t>(ErrorCode::INVALID_GROUP_ID);
    }
    if (request.group_ids.empty()) return done(response);
    auto gathering = std::make_shared<Gathering<ConsumerGroupDescribeResponse>>(
        std::move(response), request.group_ids.size(), std::move(done));
    constexpr auto kRows = &ConsumerGroupDescribeResponse::groups;
    for (size_t i = 0; i < request.group_ids.size(); ++i) {
        const std::string_view id = request.group_ids[i];
        if (id.empty()) {
            gathering->finish_part();
            continue;
        }
        const auto describe = [=, this](GroupShard& shard) {
            gathering->fill([&](ConsumerGroupDescribeResponse& filled, StringArena& strings) {
                const ConsumerGroups& consumers = shard.groups().consumers();
                DescribedGroup& row = filled.groups[i];
                if (const ConsumerGroup* group = consumers.find(id))
                    return Describer(consumers.topics(), strings)
                        .describe(*group, options_.consumer_assignors.front(), row);
                row.error_code = static_cast<int16_t>(ErrorCode::GROUP_ID_NOT_FOUND);
                row.error_message =
                    strings.own("There is no consumer group " + std::string(id) + ".");
            });
            Effects effects;
            effects.replies.push_back(finish_row(gathering, kRows, i));
            return effects;
        };
        submit(id, describe, fail_row(gathering, kRows, i));
    }
}

}  // namespace milena
