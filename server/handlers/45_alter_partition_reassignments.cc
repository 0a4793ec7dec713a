// SPDX-License-Identifier: Apache-2.0
// AlterPartitionReassignments: starts, or with null replicas cancels, moves of partitions to other
// brokers; the controller's work.
//
// Versions
// - v1 allow_replication_factor_change; before, a reassignment may change it.
#include "protocol/messages/alter_partition_reassignments_request.h"
#include "protocol/messages/alter_partition_reassignments_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_alter_partition_reassignments(Broker& broker,
                                          Call<protocol::AlterPartitionReassignmentsRequest> call) {
    broker.controller.alter_reassignments(
        *call, call.strings(),
        [call](const protocol::AlterPartitionReassignmentsResponse& response) {
            call.respond(response);
        });
}

}  // namespace milena
