// SPDX-License-Identifier: Apache-2.0
// SyncGroup: the leader of a classic group hands out the assignments, the others wait for theirs.
//
// Versions
// - v3 static members.
// - v5 protocol type and name must be there, and must be the group's.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

static constexpr int16_t kFirstVersionWithProtocol = 5;

void handle_sync_group(Broker& broker, Call<protocol::SyncGroupRequest> call) {
    const auto respond = [call](const protocol::SyncGroupResponse& response) {
        call.respond(response);
    };
    if (call.version() >= kFirstVersionWithProtocol &&
        (!call->protocol_type || !call->protocol_name)) {
        protocol::SyncGroupResponse response;
        response.error_code = static_cast<int16_t>(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        return respond(response);
    }
    broker.groups.sync(group_call(call), *call, respond);
}

}  // namespace milena
