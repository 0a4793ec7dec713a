// SPDX-License-Identifier: Apache-2.0
// LeaveGroup: members go before their sessions end.
//
// Versions
// - v0-2 one member, whose error is the answer's.
// - v3 many members, static ones by their instance id alone, too; v5 their reasons, for logs.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_leave_group(Broker& broker, Call<protocol::LeaveGroupRequest> call) {
    broker.groups.leave(
        group_call(call), *call,
        [call](const protocol::LeaveGroupResponse& response) { call.respond(response); });
}

}  // namespace milena
