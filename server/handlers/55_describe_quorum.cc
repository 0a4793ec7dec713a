// SPDX-License-Identifier: Apache-2.0
// DescribeQuorum: voters and observers of the metadata log, as its leader sees them.
//
// Versions
// - v1 times of the last fetch. v2 error messages, directory ids, endpoints of the voters.
#include "protocol/messages/describe_quorum_request.h"
#include "protocol/messages/describe_quorum_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_describe_quorum(Broker& broker, Call<protocol::DescribeQuorumRequest> call) {
    broker.controller.describe_quorum(
        call.version(), *call, call.strings(),
        [call](const protocol::DescribeQuorumResponse& response) { call.respond(response); });
}

}  // namespace milena
