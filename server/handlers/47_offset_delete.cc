// SPDX-License-Identifier: Apache-2.0
// OffsetDelete: a group forgets offsets of topics that it does not consume any more.
//
// Behaviour
// - For the whole request: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP (members of another protocol than
//   the consumers'), INVALID_GROUP_ID if the id is empty.
// - Partitions of a topic that a member is subscribed to are GROUP_SUBSCRIBED_TO_TOPIC; those that
//   don't exist are UNKNOWN_TOPIC_OR_PARTITION; where nothing is committed nothing happens.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/offset_topics.h"

namespace milena {

using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

namespace {

/// Lives until the coordinator has answered.
struct Deletion {
    const Call<OffsetDeleteRequest> call;
    const MetadataImagePtr image;
    OffsetDeleteRequest known{};
    TopicAnswers<OffsetDeleteResponse> answers{false};
};

}  // namespace

void handle_offset_delete(Broker& broker, Call<OffsetDeleteRequest> asking) {
    auto deletion = std::make_shared<Deletion>(Deletion{std::move(asking), broker.image()});
    const OffsetDeleteRequest& asked = *deletion->call;
    part_topics(*deletion->image, false, asked.topics, deletion->known.topics, deletion->answers);
    deletion->known.group_id = asked.group_id;
    const GroupCall call{.version = deletion->call.version(), .strings = deletion->call.strings()};
    broker.groups.delete_offsets(
        call, deletion->known, [deletion](const OffsetDeleteResponse& response) {
            const bool failed = ErrorCode(response.error_code) != ErrorCode::NONE;
            deletion->call.respond(failed ? response : deletion->answers.merged_with(response));
        });
}

}  // namespace milena
