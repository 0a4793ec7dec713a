// SPDX-License-Identifier: Apache-2.0
// DeleteTopics: the controller does it; the answer comes when this node has let go of the
// partitions.
//
// Versions
// - v3: TOPIC_DELETION_DISABLED if delete.topic.enable is off, INVALID_REQUEST before.
// - v5 error messages. v6 topics by id or name, ids in the answer.
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_delete_topics(Broker& broker, Call<protocol::DeleteTopicsRequest> call) {
    broker.controller.delete_topics(
        call.version(), *call, call.strings(),
        [call](const protocol::DeleteTopicsResponse& response) { call.respond(response); });
}

}  // namespace milena
