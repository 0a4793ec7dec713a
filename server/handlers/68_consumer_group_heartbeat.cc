// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupHeartbeat (KIP-848): a member joins a consumer group (epoch 0), leaves it (-1),
// leaves it for a while (-2, static members), or tells what it owns; the answer tells it its epoch,
// and what to own if that has changed or was asked for.
//
// Behaviour
// - What is wrong with the request itself is found before the group is looked at.
// - UNSUPPORTED_VERSION if group.coordinator.rebalance.protocols has no "consumer".
//
// Versions: v1 regular expressions, and clients choose their member ids.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::ConsumerGroupHeartbeatResponse;

void handle_consumer_group_heartbeat(Broker& broker,
                                     Call<protocol::ConsumerGroupHeartbeatRequest> call) {
    if (!broker.groups.serves_consumer_protocol()) {
        ConsumerGroupHeartbeatResponse response;
        response.error_code = static_cast<int16_t>(ErrorCode::UNSUPPORTED_VERSION);
        return call.respond(response);
    }
    broker.groups.consumer_heartbeat(
        group_call(call), *call,
        [call](const ConsumerGroupHeartbeatResponse& response) { call.respond(response); });
}

}  // namespace milena
