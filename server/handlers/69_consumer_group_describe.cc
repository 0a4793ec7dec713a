// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupDescribe (KIP-848): state, epochs, members and assignments of consumer groups.
//
// Behaviour
// - A member's assignment includes what it still has to give up.
// - Partitions of topics that are gone are left out.
// - UNSUPPORTED_VERSION if group.coordinator.rebalance.protocols has no "consumer".
//
// Versions: v1 tells members of the classic protocol from others.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_describe_response.h"
#include "server/handlers/authorized_operations.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;

void handle_consumer_group_describe(Broker& broker, Call<ConsumerGroupDescribeRequest> call) {
    if (!broker.groups.serves_consumer_protocol()) {
        ConsumerGroupDescribeResponse response;
        for (const std::string_view id : call->group_ids) {
            auto& row = response.groups.emplace_back();
            row.group_id = id;
            row.error_code = static_cast<int16_t>(ErrorCode::UNSUPPORTED_VERSION);
        }
        return call.respond(response);
    }
    const auto respond = [call](const ConsumerGroupDescribeResponse& found) {
        if (!call->include_authorized_operations) return call.respond(found);
        ConsumerGroupDescribeResponse response = found;
        for (auto& group : response.groups)
            if (group.error_code == 0) group.authorized_operations = kGroupOperations;
        call.respond(response);
    };
    broker.groups.describe_consumers(group_call(call), *call, respond);
}

}  // namespace milena
