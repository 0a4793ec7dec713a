// SPDX-License-Identifier: Apache-2.0
// DeleteGroups: empty groups of any type go, with their offsets. Groups named twice are answered
// once.
//
// Versions: v3 error messages, which are always null.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_delete_groups(Broker& broker, Call<protocol::DeleteGroupsRequest> call) {
    broker.groups.remove(
        group_call(call), *call,
        [call](const protocol::DeleteGroupsResponse& response) { call.respond(response); });
}

}  // namespace milena
