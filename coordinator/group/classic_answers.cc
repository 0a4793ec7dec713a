// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/classic_answers.h"

#include "protocol/messages/join_group_response.h"
#include "protocol/messages/sync_group_response.h"

namespace milena {

namespace {

constexpr int16_t kFirstVersionWithNullProtocol = 7;

}  // namespace

void answer_now(const ParkedJoin& join, const JoinAnswer& answer) {
    protocol::JoinGroupResponse response;
    response.error_code = static_cast<int16_t>(answer.error);
    response.generation_id = answer.generation;
    response.protocol_type = answer.protocol_type;
    response.protocol_name = answer.protocol_name;
    if (!answer.protocol_name && join.version < kFirstVersionWithNullProtocol)
        response.protocol_name = "";
    response.leader = answer.leader;
    response.skip_assignment = answer.skip_assignment;
    response.member_id = answer.member_id;
    response.members.reserve(answer.members.size());
    for (const JoinAnswer::Member& member : answer.members) {
        auto& row = response.members.emplace_back();
        row.member_id = member.id;
        row.group_instance_id = member.instance_id;
        row.metadata = member.metadata;
    }
    join.done(response);
}

void answer_now(const SyncDone& done, const SyncAnswer& answer) {
    protocol::SyncGroupResponse response;
    response.error_code = static_cast<int16_t>(answer.error);
    response.protocol_type = answer.protocol_type;
    response.protocol_name = answer.protocol_name;
    response.assignment = answer.assignment;
    done(response);
}

Reply make_reply(ParkedJoin join, JoinAnswer answer) {
    return [join = std::move(join), answer = std::move(answer)](const Result<void>& committed) {
        if (committed) return answer_now(join, answer);
        JoinAnswer failed;
        failed.error = committed.error().code();
        answer_now(join, failed);
    };
}

Reply make_reply(SyncDone done, SyncAnswer answer) {
    return [done = std::move(done), answer = std::move(answer)](const Result<void>& committed) {
        if (committed) return answer_now(done, answer);
        SyncAnswer failed;
        failed.error = committed.error().code();
        answer_now(done, failed);
    };
}

}  // namespace milena
