// SPDX-License-Identifier: Apache-2.0
// Classic groups: SyncGroup, Heartbeat and LeaveGroup.
#include "base/log.h"
#include "coordinator/group/classic_group.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/sync_group_request.h"

namespace milena {

using protocol::SyncGroupRequest;

namespace {

SyncAnswer failed_sync(ErrorCode error) {
    SyncAnswer answer;
    answer.error = error;
    return answer;
}

}  // namespace

void ClassicGroup::sync(const SyncGroupRequest& request, SyncDone done, Effects& effects) {
    const ErrorCode error = check_sync(request);
    if (error != ErrorCode::NONE)
        return effects.replies.push_back(make_reply(std::move(done), failed_sync(error)));
    ClassicMember& member = *find(request.member_id);
    note_sync(member);
    if (state_ == ClassicState::kStable) {
        SyncAnswer answer{ErrorCode::NONE, protocol_type_, protocol_, member.assignment};
        return effects.replies.push_back(make_reply(std::move(done), std::move(answer)));
    }
    if (auto former = std::exchange(member.sync, std::move(done)))
        effects.replies.push_back(
            make_reply(std::move(*former), failed_sync(ErrorCode::REBALANCE_IN_PROGRESS)));
    if (is_leader(member.id)) share_assignments(request, effects);
}

ErrorCode ClassicGroup::check_sync(const SyncGroupRequest& request) const {
    if (is_empty()) return ErrorCode::UNKNOWN_MEMBER_ID;
    const ErrorCode error = check_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::NONE) return error;
    if (request.generation_id != generation_) return ErrorCode::ILLEGAL_GENERATION;
    const bool is_other_type = request.protocol_type && protocol_type_ != *request.protocol_type;
    const bool is_other_name = request.protocol_name && protocol_ != *request.protocol_name;
    if (is_other_type || is_other_name) return ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    if (state_ == ClassicState::kPreparingRebalance) return ErrorCode::REBALANCE_IN_PROGRESS;
    return ErrorCode::NONE;
}

void ClassicGroup::note_sync(ClassicMember& member) {
    if (!std::exchange(member.owes_sync, false)) return;
    if (--syncs_owed_ == 0) sync_timer_.cancel();
}

void ClassicGroup::share_assignments(const SyncGroupRequest& request, Effects& effects) {
    Assignments assignments;
    for (const auto& share : request.assignments) assignments[share.member_id] = share.assignment;
    effects.records.push_back(record_with(assignments));
    for (const auto& [member_id, member] : members_) {
        if (!member->sync) continue;
        const auto found = assignments.find(member_id);
        SyncAnswer answer{ErrorCode::NONE, protocol_type_, protocol_, {}};
        if (found != assignments.end())
            answer.assignment.assign(found->second.begin(), found->second.end());
        effects.replies.push_back(
            make_reply(*std::exchange(member->sync, std::nullopt), std::move(answer)));
        begin_session(*member);
    }
}

void ClassicGroup::fail_syncs(ErrorCode error, Effects& effects) {
    for (const auto& [member_id, member] : members_) {
        member->assignment.clear();
        if (!member->sync) continue;
        effects.replies.push_back(
            make_reply(*std::exchange(member->sync, std::nullopt), failed_sync(error)));
        begin_session(*member);
    }
}

ErrorCode ClassicGroup::heartbeat(const protocol::HeartbeatRequest& request) {
    const ErrorCode error = check_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::NONE) return error;
    if (request.generation_id != generation_) return ErrorCode::ILLEGAL_GENERATION;
    begin_session(*find(request.member_id));
    return state_ == ClassicState::kPreparingRebalance ? ErrorCode::REBALANCE_IN_PROGRESS
                                                       : ErrorCode::NONE;
}

ErrorCode ClassicGroup::leave(std::string_view member_id,
                              std::optional<std::string_view> instance_id, Effects& effects) {
    std::string leaving(member_id);
    if (member_id.empty()) {
        const auto known = instance_id ? static_ids_.find(*instance_id) : static_ids_.end();
        if (known == static_ids_.end()) return ErrorCode::UNKNOWN_MEMBER_ID;
        leaving = known->second;
    } else if (!pending_.contains(member_id)) {
        const ErrorCode error = check_member(member_id, instance_id);
        if (error != ErrorCode::NONE) return error;
    }
    MILENA_LOG(Info) << "group " << id() << ": member " << leaving << " leaves";
    remove_member(std::move(leaving), effects);
    return ErrorCode::NONE;
}

void ClassicGroup::after_leaving(Effects& effects) {
    if (!is_empty()) rebalance(effects);
}

}  // namespace milena
