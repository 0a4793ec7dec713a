// SPDX-License-Identifier: Apache-2.0
// OffsetForLeaderEpoch: where a leader's epoch ended, so that a consumer notices that records it
// read were truncated.
//
// Behaviour
// - The answer is the largest epoch that the log knows up to the one asked for, and its end. An
//   epoch that is older than all ended where the log begins; one that is newer than the log's is
//   -1 with offset -1 and no error.
//
// Versions
// - v1 the epoch in the answer. v2 the client's current leader epoch, which must be right
//   (FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH). v3 replica id.
#include "protocol/messages/offset_for_leader_epoch_request.h"
#include "protocol/messages/offset_for_leader_epoch_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/partition_lookup.h"

namespace milena {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

static Result<std::pair<LeaderEpoch, Offset>> find_end(
    const Broker& broker, const MetadataImage& image, std::string_view topic,
    const OffsetForLeaderEpochRequest::OffsetForLeaderPartition& asked) {
    auto partition = find_partition(broker, image, topic, asked.partition);
    if (!partition) return partition.error();
    auto leads = (*partition)->check_leader(LeaderEpoch(asked.current_leader_epoch));
    if (!leads) return leads.error();
    return (*partition)->log()->end_offset_for_epoch(LeaderEpoch(asked.leader_epoch));
}

void handle_offset_for_leader_epoch(Broker& broker, Call<OffsetForLeaderEpochRequest> call) {
    const MetadataImagePtr image = broker.image();
    OffsetForLeaderEpochResponse response;
    for (const auto& asked_topic : call->topics) {
        auto& topic = response.topics.emplace_back();
        topic.topic = asked_topic.topic;
        for (const auto& asked : asked_topic.partitions) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition = asked.partition;
            const auto end = find_end(broker, *image, asked_topic.topic, asked);
            if (end) {
                partition.leader_epoch = end->first.value;
                partition.end_offset = end->second.value;
            } else {
                partition.error_code = static_cast<int16_t>(end.error().code());
            }
        }
    }
    call.respond(response);
}

}  // namespace milena
