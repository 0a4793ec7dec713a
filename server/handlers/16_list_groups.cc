// SPDX-License-Identifier: Apache-2.0
// ListGroups: the groups of all types that this broker looks after. If one shard is still loading,
// so is the answer: COORDINATOR_LOAD_IN_PROGRESS without groups.
//
// Versions: v4 states, as filter and in the answer. v5 types. Both ignore case.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_list_groups(Broker& broker, Call<protocol::ListGroupsRequest> call) {
    broker.groups.list(
        group_call(call), *call,
        [call](const protocol::ListGroupsResponse& response) { call.respond(response); });
}

}  // namespace milena
