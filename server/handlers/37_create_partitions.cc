// SPDX-License-Identifier: Apache-2.0
// CreatePartitions: the controller adds partitions to existing topics; the answer comes when this
// node serves them. All versions are alike but for flexible encoding (v2).
#include "protocol/messages/create_partitions_request.h"
#include "protocol/messages/create_partitions_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_create_partitions(Broker& broker, Call<protocol::CreatePartitionsRequest> call) {
    broker.controller.create_partitions(
        *call, call.strings(),
        [call](const protocol::CreatePartitionsResponse& response) { call.respond(response); });
}

}  // namespace milena
