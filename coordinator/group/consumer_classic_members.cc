// SPDX-License-Identifier: Apache-2.0
// Members of the classic protocol in a consumer group: JoinGroup takes note of what they want and
// tells them their epoch as a generation, SyncGroup tells them what they own. The members leave
// their assignment to the coordinator: none of them is a leader.
#include <algorithm>

#include "base/log.h"
#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/group/consumer_migration.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/group_metadata_value.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/sync_group_request.h"

namespace milena {

using protocol::ConsumerProtocolSubscription;
using protocol::HeartbeatRequest;
using protocol::JoinGroupRequest;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;

namespace {

constexpr int16_t kFirstVersionThatKnowsItsId = 4;
constexpr int16_t kFirstVersionOfBatches = 3;

Effects refuse(const JoinCall& call, ErrorCode error, std::string_view member_id) {
    JoinAnswer answer;
    answer.error = error;
    answer.member_id = member_id;
    Effects effects;
    effects.replies.push_back(make_reply({call.version, call.done}, std::move(answer)));
    return effects;
}

/// What they may be refused for whoever they are.
ErrorCode check_join(const ConsumerGroup& group, const JoinGroupRequest& request,
                     const GroupOptions& options) {
    if (options.migration_policy == MigrationPolicy::kDisabled)
        return ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    const bool has_seat =
        (request.group_instance_id && group.find_static(*request.group_instance_id)) ||
        (!request.member_id.empty() && group.find(request.member_id));
    if (!has_seat && group.seats().size() >= static_cast<size_t>(options.consumer_max_size))
        return ErrorCode::GROUP_MAX_SIZE_REACHED;
    std::vector<std::string_view> names;
    for (const auto& protocol : request.protocols) names.push_back(protocol.name);
    if (request.protocol_type != kConsumerProtocolType ||
        !group.subscriptions().supports_classic(names))
        return ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    return ErrorCode::NONE;
}

/// The member, if it is one of the classic protocol and in the generation that it says.
template <class Request>
Result<const ConsumerMember*> find_classic_member(const ConsumerGroup& group,
                                                  const Request& request) {
    const ConsumerMember* member = group.find(request.member_id);
    if (request.group_instance_id) {
        member = group.find_static(*request.group_instance_id);
        if (auto checked = check_static(member, *request.group_instance_id, request.member_id);
            !checked)
            return checked.error();
    }
    if (!member || !member->is_classic()) return Error(ErrorCode::UNKNOWN_MEMBER_ID);
    if (member->epoch != request.generation_id) return Error(ErrorCode::ILLEGAL_GENERATION);
    return member;
}

/// It owns all that the group could give it now.
bool waits_for_others(const ConsumerGroup& group, const ConsumerMember& member) {
    for (const auto& [topic, partitions] : group.target_of(member.id))
        for (const int32_t partition : partitions)
            if (!owns(member.assigned, topic, partition) && group.is_owned(topic, partition))
                return true;
    return false;
}

ErrorCode check_sync(const ConsumerGroup& group, const ConsumerMember& member,
                     const SyncGroupRequest& request) {
    const auto& protocols = member.classic->protocols;
    if (request.protocol_type && *request.protocol_type != kConsumerProtocolType)
        return ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    if (request.protocol_name &&
        (protocols.empty() || protocols.front().name != *request.protocol_name))
        return ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    if (group.target_epoch() > member.epoch && member.state != MemberState::kUnrevoked) {
        group.await_join(member.id);
        return ErrorCode::REBALANCE_IN_PROGRESS;
    }
    return ErrorCode::NONE;
}

TopicPartitions without_epochs(const OwnedPartitions& owned) {
    TopicPartitions partitions;
    for (const auto& [topic, epochs] : owned)
        for (const auto& [partition, epoch] : epochs) partitions[topic].push_back(partition);
    return partitions;
}

ConsumerMember with_join(ConsumerMember member, const JoinGroupRequest& request,
                         const ClientIdentity& client,
                         const ConsumerProtocolSubscription& subscription) {
    if (request.group_instance_id) member.instance_id = *request.group_instance_id;
    if (subscription.rack_id && !subscription.rack_id->empty())
        member.rack_id = *subscription.rack_id;
    if (request.rebalance_timeout_ms != -1)
        member.rebalance_timeout_ms = request.rebalance_timeout_ms;
    member.topics = to_topic_names(subscription.topics);
    member.regex.clear();
    member.client_id = client.client_id;
    member.client_host = client.client_host;
    member.classic.emplace().session_timeout_ms = request.session_timeout_ms;
    for (const auto& protocol : request.protocols)
        member.classic->protocols.push_back(
            {std::string(protocol.name),
             Bytes(protocol.metadata.begin(), protocol.metadata.end())});
    return member;
}

}  // namespace

Result<ConsumerMember> ConsumerChange::join_classic(
    const JoinGroupRequest& request, std::string_view member_id, const ClientIdentity& client,
    const ConsumerProtocolSubscription& subscription) {
    const ConsumerMember* known = request.group_instance_id
                                      ? group_.find_static(*request.group_instance_id)
                                      : group_.find(member_id);
    ConsumerMember before = known ? *known : ConsumerMember();
    before.id = member_id;
    if (request.group_instance_id && !request.member_id.empty()) {
        auto checked = check_static(known, *request.group_instance_id, request.member_id);
        if (!checked) return checked.error();
    } else if (request.group_instance_id && known) {
        before.epoch = before.previous_epoch = kJoiningEpoch;
        replace_static(*known, before);
    }
    Reported reported;
    for (const auto& owned : subscription.owned_partitions)
        if (const TopicState* topic = context_.topics.find(owned.topic))
            reported.push_back({topic->id, owned.partitions});
    return advance(before, with_join(before, request, client, subscription), &reported);
}

Effects ConsumerGroups::join(const ConsumerGroup& group, const JoinCall& call) {
    const JoinGroupRequest& request = call.request;
    const bool is_unknown = request.member_id.empty();
    const std::string member_id =
        is_unknown ? context_.options.draw_id().to_string() : std::string(request.member_id);
    if (const ErrorCode error = check_join(group, request, context_.options);
        error != ErrorCode::NONE)
        return refuse(call, error, {});
    if (is_unknown && !request.group_instance_id && call.version >= kFirstVersionThatKnowsItsId)
        return refuse(call, ErrorCode::MEMBER_ID_REQUIRED, member_id);
    const auto subscription = decode_subscription(request.protocols.front().metadata);
    if (!subscription) return refuse(call, subscription.error().code(), {});
    ConsumerChange change(group, context_);
    const auto member = change.join_classic(request, member_id, {call.client_id, call.client_host},
                                            subscription->content);
    if (!member) return refuse(call, member.error().code(), {});

    JoinAnswer joined;
    joined.member_id = member_id;
    joined.generation = member->epoch;
    joined.protocol_type = std::string(kConsumerProtocolType);
    joined.protocol_name = std::string(request.protocols.front().name);
    Effects effects;
    if (replaces_last_consumer(group, request))
        effects = downgrade(group, request, *member, joined);
    else
        effects.records = change.take_records();
    effects.replies.push_back([this, group_id = group.id(), member_id,
                               reply = make_reply({call.version, call.done}, std::move(joined))](
                                  const Result<void>& committed) {
        const ConsumerGroup* joined_group = committed ? find(group_id) : nullptr;
        if (joined_group) joined_group->await_sync(member_id);
        reply(committed);
    });
    return effects;
}

bool ConsumerGroups::replaces_last_consumer(const ConsumerGroup& group,
                                            const JoinGroupRequest& request) const {
    const ConsumerMember* old =
        request.group_instance_id ? group.find_static(*request.group_instance_id) : nullptr;
    return old && !old->is_classic() && must_downgrade(group, {old->id}, context_.options, 1);
}

Effects ConsumerGroups::downgrade(const ConsumerGroup& group, const JoinGroupRequest& request,
                                  const ConsumerMember& member, JoinAnswer& joined) {
    MILENA_LOG(Info) << "group " << group.id() << " becomes a classic group";
    joined.generation = group.epoch();
    const std::vector<std::string> replaced{group.find_static(*request.group_instance_id)->id};
    Effects effects;
    group.add_tombstones(effects.records);
    effects.records.push_back(downgraded_record(group, replaced, context_, &member));
    effects.then = [this, id = group.id()] { return start_downgraded(id, false); };
    return effects;
}

Effects ConsumerGroups::sync(const ConsumerGroup& group, const SyncGroupRequest& request,
                             SyncDone done) {
    SyncAnswer answer;
    const auto member = find_classic_member(group, request);
    answer.error = member ? check_sync(group, **member, request) : member.error().code();
    if (answer.error == ErrorCode::NONE) {
        group.has_synced((*member)->id);
        if (request.protocol_type) answer.protocol_type = std::string(*request.protocol_type);
        if (request.protocol_name) answer.protocol_name = std::string(*request.protocol_name);
        const auto version = split_version((*member)->classic->protocols.front().metadata);
        answer.assignment =
            encode_embedded_assignment(without_epochs((*member)->assigned), context_.topics,
                                       version ? version->version : int16_t{0});
    }
    Effects effects;
    effects.replies.push_back(make_reply(std::move(done), std::move(answer)));
    return effects;
}

ErrorCode ConsumerGroups::classic_heartbeat(const ConsumerGroup& group,
                                            const HeartbeatRequest& request) {
    const auto found = find_classic_member(group, request);
    if (!found) return found.error().code();
    const ConsumerMember& member = **found;
    group.prolong_session(member.id);
    const bool must_join =
        member.epoch < group.target_epoch() || member.state == MemberState::kUnrevoked ||
        (member.state == MemberState::kUnreleased && !waits_for_others(group, member));
    if (!must_join) return ErrorCode::NONE;
    group.await_join(member.id);
    return ErrorCode::REBALANCE_IN_PROGRESS;
}

Effects ConsumerGroups::leave(const ConsumerGroup& group, int16_t version,
                              const LeaveGroupRequest& request, LeaveDone done) {
    std::vector<std::string> leaving;
    const auto leave_one = [&](std::string_view member_id,
                               std::optional<std::string_view> instance_id) {
        const ConsumerMember* member =
            instance_id ? group.find_static(*instance_id) : group.find(member_id);
        if (!member) return ErrorCode::UNKNOWN_MEMBER_ID;
        if (instance_id && !member_id.empty() && member->id != member_id)
            return ErrorCode::FENCED_INSTANCE_ID;
        if (std::ranges::find(leaving, member->id) == leaving.end()) leaving.push_back(member->id);
        return ErrorCode::NONE;
    };
    LeaveGroupResponse response;
    if (version < kFirstVersionOfBatches)
        response.error_code = static_cast<int16_t>(leave_one(request.member_id, {}));
    else
        for (const auto& row : request.members)
            response.members.push_back(
                {row.member_id, row.group_instance_id,
                 static_cast<int16_t>(leave_one(row.member_id, row.group_instance_id))});
    Effects answer;
    answer.replies.push_back(
        [done = std::move(done), response = std::move(response)](const Result<void>& committed) {
            if (committed) return done(response);
            LeaveGroupResponse failed;
            failed.error_code = static_cast<int16_t>(committed.error().code());
            done(failed);
        });
    return leaving.empty() ? answer : remove(group, leaving, std::move(answer));
}

Effects ConsumerGroups::remove(const ConsumerGroup& group, const std::vector<std::string>& members,
                               Effects answer) {
    if (!must_downgrade(group, members, context_.options))
        return remove_only(group, members, std::move(answer));
    MILENA_LOG(Info) << "group " << group.id() << " becomes a classic group";
    Effects effects;
    effects.replies = answer.replies;
    group.add_tombstones(effects.records);
    effects.records.push_back(downgraded_record(group, members, context_));
    effects.then = [this, id = group.id()] { return start_downgraded(id, true); };
    effects.otherwise = [this, id = group.id(), members, answer = std::move(answer)](const Error&) {
        MILENA_LOG(Warn) << "group " << id << " is too large for a classic group, and stays";
        return remove_only(*find(id), members, answer);
    };
    return effects;
}

Effects ConsumerGroups::remove_only(const ConsumerGroup& group,
                                    const std::vector<std::string>& members, Effects answer) {
    ConsumerChange change(group, context_);
    change.remove(members);
    answer.records = change.take_records();
    return answer;
}

Effects ConsumerGroups::start_downgraded(const std::string& id, bool must_rebalance) {
    Effects effects;
    auto& classic = static_cast<ClassicGroup&>(*groups_.find(id)->second);
    classic.on_loaded(effects);  // sessions begin
    if (must_rebalance) classic.rebalance_all(effects);
    return effects;
}

}  // namespace milena
