// SPDX-License-Identifier: Apache-2.0
// JoinGroup: a member of a classic group enters it, or asks for the next generation. Answered when
// all members have joined, or when those who haven't are given up.
//
// Behaviour
// - A new member of an unknown group makes it. The first rebalance of an empty group waits
//   group.initial.rebalance.delay.ms for more members, and again while they come.
// - A second JoinGroup of a member that still waits takes the place of the first, which is answered
//   REBALANCE_IN_PROGRESS; Apache Kafka never answers it.
//
// Versions
// - v1 a rebalance timeout of its own (before: the session timeout).
// - v4 a new dynamic member is told its id first: MEMBER_ID_REQUIRED. v5 static members.
// - v7 the protocol type, and a protocol name that may be null. v8 a reason, for logs.
// - v9 a static leader that comes back while the group is stable is told to skip the assignment.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_join_group(Broker& broker, Call<protocol::JoinGroupRequest> call) {
    broker.groups.join(
        group_call(call), *call,
        [call](const protocol::JoinGroupResponse& response) { call.respond(response); });
}

}  // namespace milena
