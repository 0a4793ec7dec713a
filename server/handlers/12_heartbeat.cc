// SPDX-License-Identifier: Apache-2.0
// Heartbeat: a member of a classic group is alive; the answer tells it whether to join again.
//
// Versions: v3 static members.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_heartbeat(Broker& broker, Call<protocol::HeartbeatRequest> call) {
    broker.groups.heartbeat(
        group_call(call), *call,
        [call](const protocol::HeartbeatResponse& response) { call.respond(response); });
}

}  // namespace milena
