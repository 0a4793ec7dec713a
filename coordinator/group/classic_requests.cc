// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/classic_requests.h"

#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"

namespace milena {

using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

namespace {

constexpr int16_t kFirstVersionOfBatches = 3;

template <class Response>
Response failed(ErrorCode error) {
    Response response;
    response.error_code = static_cast<int16_t>(error);
    return response;
}

/// The answer of a call that no shard has seen.
template <class Response>
std::function<void(const Error&)> refusal(std::function<void(const Response&)> done) {
    return [done = std::move(done)](const Error& error) { done(failed<Response>(error.code())); };
}

template <class Response>
Reply reply_with(std::function<void(const Response&)> done, Response response) {
    return [done = std::move(done), response = std::move(response)](const Result<void>& committed) {
        done(committed ? response : failed<Response>(committed.error().code()));
    };
}

JoinAnswer failed_join(ErrorCode error, std::string_view member_id) {
    JoinAnswer answer;
    answer.error = error;
    answer.member_id = member_id;
    return answer;
}

/// UNKNOWN_MEMBER_ID for each, so that a client need not know that there is no such group.
LeaveGroupResponse leave_nothing(const LeaveGroupRequest& request, int16_t version) {
    if (version < kFirstVersionOfBatches)
        return failed<LeaveGroupResponse>(ErrorCode::UNKNOWN_MEMBER_ID);
    LeaveGroupResponse response;
    for (const auto& leaving : request.members)
        response.members.push_back({leaving.member_id, leaving.group_instance_id,
                                    static_cast<int16_t>(ErrorCode::UNKNOWN_MEMBER_ID)});
    return response;
}

Effects refuse_join(const JoinCall& call, ErrorCode error, std::string_view member_id = {}) {
    Effects effects;
    effects.replies.push_back(make_reply({call.version, call.done}, failed_join(error, member_id)));
    return effects;
}

}  // namespace

Effects join_classic_group(GroupTable& groups, const JoinCall& call) {
    const JoinGroupRequest& request = call.request;
    if (const ConsumerGroup* consumer = groups.consumers().find(request.group_id)) {
        if (!consumer->is_empty()) return groups.consumers().join(*consumer, call);
        if (!request.member_id.empty())
            return refuse_join(call, ErrorCode::UNKNOWN_MEMBER_ID, request.member_id);
        Effects effects;  // it makes room
        consumer->add_tombstones(effects.records);
        effects.then = [&groups, call] { return join_classic_group(groups, call); };
        effects.otherwise = [call](const Error& error) { return refuse_join(call, error.code()); };
        return effects;
    }
    const bool is_new = !groups.find(request.group_id);
    if (is_new && !request.member_id.empty())
        return refuse_join(call, ErrorCode::UNKNOWN_MEMBER_ID, request.member_id);
    ClassicGroup* group = groups.get_or_make_classic(request.group_id);
    if (!group) return refuse_join(call, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    Effects effects;
    group->join(call, effects);
    if (is_new && effects.records.empty()) effects.records.push_back(group->first_record());
    return effects;
}

Effects sync_classic_group(GroupTable& groups, const SyncGroupRequest& request, SyncDone done) {
    if (const ConsumerGroup* consumer = groups.consumers().find(request.group_id))
        return groups.consumers().sync(*consumer, request, std::move(done));
    Effects effects;
    ClassicGroup* group = groups.find_classic(request.group_id);
    if (group)
        group->sync(request, std::move(done), effects);
    else
        effects.replies.push_back(
            reply_with(std::move(done), failed<SyncGroupResponse>(ErrorCode::UNKNOWN_MEMBER_ID)));
    return effects;
}

Effects heartbeat_classic_group(GroupTable& groups, const HeartbeatRequest& request,
                                std::function<void(const HeartbeatResponse&)> done) {
    ClassicGroup* group = groups.find_classic(request.group_id);
    const ConsumerGroup* consumer = groups.consumers().find(request.group_id);
    const ErrorCode error = group      ? group->heartbeat(request)
                            : consumer ? groups.consumers().classic_heartbeat(*consumer, request)
                                       : ErrorCode::UNKNOWN_MEMBER_ID;
    Effects effects;
    effects.replies.push_back(reply_with(std::move(done), failed<HeartbeatResponse>(error)));
    return effects;
}

Effects leave_classic_group(GroupTable& groups, int16_t version, const LeaveGroupRequest& request,
                            std::function<void(const LeaveGroupResponse&)> done) {
    if (const ConsumerGroup* consumer = groups.consumers().find(request.group_id))
        return groups.consumers().leave(*consumer, version, request, std::move(done));
    Effects effects;
    ClassicGroup* group = groups.find_classic(request.group_id);
    if (!group) {
        effects.replies.push_back(reply_with(std::move(done), leave_nothing(request, version)));
        return effects;
    }
    LeaveGroupResponse response;
    bool has_left = false;
    const auto leave = [&](std::string_view member_id,
                           std::optional<std::string_view> instance_id) {
        const ErrorCode error = group->leave(member_id, instance_id, effects);
        has_left |= error == ErrorCode::NONE;
        return static_cast<int16_t>(error);
    };
    if (version < kFirstVersionOfBatches)
        response.error_code = leave(request.member_id, {});
    else
        for (const auto& leaving : request.members)
            response.members.push_back({leaving.member_id, leaving.group_instance_id,
                                        leave(leaving.member_id, leaving.group_instance_id)});
    if (has_left) group->after_leaving(effects);
    effects.replies.push_back(reply_with(std::move(done), std::move(response)));
    return effects;
}

// From any thread to the group's shard
// -------------------------------------------------------------

void GroupCoordinator::join(GroupCall call, const JoinGroupRequest& request,
                            Done<JoinGroupResponse> done) {
    const auto refuse = [&](ErrorCode error) {
        answer_now({call.version, done}, failed_join(error, request.member_id));
    };
    if (request.group_id.empty()) return refuse(ErrorCode::INVALID_GROUP_ID);
    if (request.session_timeout_ms < options_.min_session_timeout_ms ||
        request.session_timeout_ms > options_.max_session_timeout_ms)
        return refuse(ErrorCode::INVALID_SESSION_TIMEOUT);
    submit(
        request.group_id,
        [call, &request, done](GroupShard& shard) {
            return join_classic_group(
                shard.groups(), {request, call.version, call.client_id, call.client_host, done});
        },
        [call, done](const Error& error) {
            answer_now({call.version, done}, failed_join(error.code(), ""));
        });
}

void GroupCoordinator::sync(GroupCall, const SyncGroupRequest& request,
                            Done<SyncGroupResponse> done) {
    if (request.group_id.empty())
        return done(failed<SyncGroupResponse>(ErrorCode::INVALID_GROUP_ID));
    submit(
        request.group_id,
        [&request, done](GroupShard& shard) {
            return sync_classic_group(shard.groups(), request, done);
        },
        refusal<SyncGroupResponse>(done));
}

void GroupCoordinator::heartbeat(GroupCall, const HeartbeatRequest& request,
                                 Done<HeartbeatResponse> done) {
    if (request.group_id.empty())
        return done(failed<HeartbeatResponse>(ErrorCode::INVALID_GROUP_ID));
    submit(
        request.group_id,
        [&request, done](GroupShard& shard) {
            return heartbeat_classic_group(shard.groups(), request, done);
        },
        [done](const Error& error) {
            // Members stay calm while their coordinator is loading.
            const bool is_loading = error.code() == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
            done(failed<HeartbeatResponse>(is_loading ? ErrorCode::NONE : error.code()));
        });
}

void GroupCoordinator::leave(GroupCall call, const LeaveGroupRequest& request,
                             Done<LeaveGroupResponse> done) {
    if (request.group_id.empty())
        return done(failed<LeaveGroupResponse>(ErrorCode::INVALID_GROUP_ID));
    submit(
        request.group_id,
        [call, &request, done](GroupShard& shard) {
            return leave_classic_group(shard.groups(), call.version, request, done);
        },
        refusal<LeaveGroupResponse>(done));
}

}  // namespace milena
