// SPDX-License-Identifier: Apache-2.0
// OffsetCommit: a group remembers how far it has read.
//
// Behaviour
// - A member names its id and its generation or epoch; what is not of the group's present is
//   refused for all partitions: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID,
//   REBALANCE_IN_PROGRESS, STALE_MEMBER_EPOCH. Without a generation a group is made if there is
//   none, and one without members takes the offsets.
// - Partitions that don't exist are UNKNOWN_TOPIC_OR_PARTITION, ids that don't UNKNOWN_TOPIC_ID;
//   the others are committed. Metadata longer than offset.metadata.max.bytes (in UTF-16 units, as
//   Kafka counts) is OFFSET_METADATA_TOO_LARGE. Without any partition nothing is checked.
// - The topic's id is remembered, so that a topic of the same name does not inherit the offset.
//
// Versions
// - v0 and v1 are not served by Kafka 4; v0 is taken as v1 without a member. v1 names the time of
//   each commit. v2-v4 say how long offsets are kept, whatever the broker's retention.
// - v3 throttle time. v6 leader epoch. v7 group instance id. v9 GROUP_ID_NOT_FOUND (before:
//   ILLEGAL_GENERATION). v10 topic ids.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/offset_topics.h"

namespace milena {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

namespace {

constexpr int16_t kFirstVersionOfTopicIds = 10;

using Commit = OffsetCommitCall<OffsetCommitRequest, OffsetCommitResponse>;

}  // namespace

void handle_offset_commit(Broker& broker, Call<OffsetCommitRequest> asking) {
    auto commit =
        std::make_shared<Commit>(std::move(asking), broker.image(), kFirstVersionOfTopicIds);
    const OffsetCommitRequest& asked = *commit->call;
    OffsetCommitRequest& known = commit->known;
    part_topics(*commit->image, commit->by_id, asked.topics, known.topics, commit->answers);
    if (known.topics.empty()) return commit->call.respond(commit->answers.response());
    known.group_id = asked.group_id;
    known.generation_id_or_member_epoch = asked.generation_id_or_member_epoch;
    known.member_id = asked.member_id;
    known.group_instance_id = asked.group_instance_id;
    known.retention_time_ms = asked.retention_time_ms;
    const GroupCall call{.version = commit->call.version(), .strings = commit->call.strings()};
    broker.groups.commit_offsets(call, known, [commit](const OffsetCommitResponse& response) {
        commit->call.respond(commit->answers.merged_with(response));
    });
}

}  // namespace milena
