// SPDX-License-Identifier: Apache-2.0
// ListPartitionReassignments: moves that are under way, as the controller knows them. One version.
#include "protocol/messages/list_partition_reassignments_request.h"
#include "protocol/messages/list_partition_reassignments_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_list_partition_reassignments(Broker& broker,
                                         Call<protocol::ListPartitionReassignmentsRequest> call) {
    broker.controller.list_reassignments(
        *call, call.strings(),
        [call](const protocol::ListPartitionReassignmentsResponse& response) {
            call.respond(response);
        });
}

}  // namespace milena
