// SPDX-License-Identifier: Apache-2.0
// CreateTopics: the controller does it; the answer comes when this node serves the new partitions.
//
// Versions
// - v1 validate_only and error messages. v4: -1 partitions or replicas mean the broker's default.
// - v5 the answer has partitions, replication factor and the effective configuration.
// - v7 topic ids in the answer.
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_create_topics(Broker& broker, Call<protocol::CreateTopicsRequest> call) {
    broker.controller.create_topics(
        call.version(), *call, call.strings(),
        [call](const protocol::CreateTopicsResponse& response) { call.respond(response); });
}

}  // namespace milena
