// SPDX-License-Identifier: Apache-2.0
// ElectLeaders: preferred or unclean elections by the controller. A list of no topics (null) means
// every partition.
//
// Versions
// - v0 knows preferred elections alone. v1 election type, error code of the whole answer.
#include "protocol/messages/elect_leaders_request.h"
#include "protocol/messages/elect_leaders_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_elect_leaders(Broker& broker, Call<protocol::ElectLeadersRequest> call) {
    broker.controller.elect_leaders(
        *call, call.strings(),
        [call](const protocol::ElectLeadersResponse& response) { call.respond(response); });
}

}  // namespace milena
