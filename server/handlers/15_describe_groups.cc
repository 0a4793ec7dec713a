// SPDX-License-Identifier: Apache-2.0
// DescribeGroups: state and members of classic groups. What members said to their leader is told of
// stable groups alone.
//
// Versions
// - v3 operations that the client may do. v4 instance ids of static members.
// - v6 GROUP_ID_NOT_FOUND for a group that there isn't, or that is of another type (before: a dead
//   group without error).
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "server/handlers/authorized_operations.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::DescribeGroupsResponse;

void handle_describe_groups(Broker& broker, Call<protocol::DescribeGroupsRequest> call) {
    broker.groups.describe(group_call(call), *call, [call](const DescribeGroupsResponse& found) {
        if (!call->include_authorized_operations) return call.respond(found);
        DescribeGroupsResponse response = found;
        for (auto& group : response.groups)
            if (group.error_code == 0) group.authorized_operations = kGroupOperations;
        call.respond(response);
    });
}

}  // namespace milena
