// SPDX-License-Identifier: Apache-2.0
// OffsetFetch: how far groups have read.
//
// Behaviour
// - Partitions without an offset are answered with offset -1 and no error, also of groups and
//   topics that don't exist. Null topics: all that the group has.
// - An offset that was committed for an earlier topic of the same name is none, if topics are named
//   by id; ids that don't exist are UNKNOWN_TOPIC_ID, behind the answers of the others.
// - With require_stable a partition whose offset waits for the end of a transaction is
//   UNSTABLE_OFFSET_COMMIT; when all are asked for, one that has none but that is not listed.
// - A member of a consumer group that asks is checked: UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH.
// - Errors of a group stand beside its topics (v8), at the top (v2), or in each partition.
//
// Versions
// - v0 is not served by Kafka 4; it is taken as v1. v2 all topics; the error at the top. v5 leader
//   epoch. v7 require_stable. v8 many groups. v9 member id and epoch. v10 topic ids.
#include "coordinator/group/group_coordinator.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

namespace {

using GroupRequest = OffsetFetchRequest::OffsetFetchRequestGroup;
using GroupAnswer = OffsetFetchResponse::OffsetFetchResponseGroup;
using TopicAnswer = OffsetFetchResponse::OffsetFetchResponseTopics;

constexpr int16_t kFirstVersionOfGroupErrors = 2, kFirstVersionOfGroups = 8,
                  kFirstVersionOfTopicIds = 10;

/// Lives until the coordinator has answered.
struct Fetch {
    const Call<OffsetFetchRequest> call;
    const MetadataImagePtr image;
    OffsetFetchRequest known{};
    /// By group: topics with ids that don't exist.
    std::vector<std::vector<TopicAnswer>> refused{};
};

TopicAnswer refused_topic(const OffsetFetchRequest::OffsetFetchRequestTopics& asked,
                          ErrorCode error) {
    TopicAnswer topic;
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    topic.partitions.reserve(asked.partition_indexes.size());
    for (const int32_t index : asked.partition_indexes) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = index;
        partition.committed_offset = -1;
        partition.metadata = "";
        partition.error_code = static_cast<int16_t>(error);
    }
    return topic;
}

/// The only group of an old request.
GroupRequest group_of(const OffsetFetchRequest& asked) {
    GroupRequest group;
    group.group_id = asked.group_id;
    group.topics.reset();
    if (!asked.topics) return group;
    group.topics.emplace();
    group.topics->reserve(asked.topics->size());
    for (const auto& topic : *asked.topics) {
        auto& known = group.topics->emplace_back();
        known.name = topic.name;
        known.partition_indexes = topic.partition_indexes;
    }
    return group;
}

/// Gives topics their names; those that don't exist are refused.
void name_topics(const MetadataImage& image, GroupRequest& group,
                 std::vector<TopicAnswer>& refused) {
    if (!group.topics) return;
    for (auto& topic : *group.topics) {
        if (const TopicState* state = image.topic(topic.topic_id))
            topic.name = state->name;
        else
            refused.push_back(refused_topic(topic, ErrorCode::UNKNOWN_TOPIC_ID));
    }
    if (!refused.empty())
        std::erase_if(*group.topics, [](const auto& topic) { return topic.name.empty(); });
}

/// All of a group's topics were asked for: answers by id are about topics that exist.
void add_topic_ids(const MetadataImage& image, GroupAnswer& group) {
    for (TopicAnswer& topic : group.topics)
        if (const TopicState* state = image.topic(topic.name)) topic.topic_id = state->id;
    std::erase_if(group.topics, [](const TopicAnswer& topic) { return topic.topic_id.is_zero(); });
}

void respond_with_groups(const Fetch& fetch, OffsetFetchResponse response) {
    const bool by_id = fetch.call.version() >= kFirstVersionOfTopicIds;
    for (size_t i = 0; by_id && i < response.groups.size(); ++i) {
        GroupAnswer& group = response.groups[i];
        if (ErrorCode(group.error_code) != ErrorCode::NONE) continue;
        if (!fetch.known.groups[i].topics) add_topic_ids(*fetch.image, group);
        group.topics.insert(group.topics.end(), fetch.refused[i].begin(), fetch.refused[i].end());
    }
    fetch.call.respond(response);
}

void respond_with_topics(const Fetch& fetch, GroupAnswer group) {
    OffsetFetchResponse response;
    const auto& asked = fetch.known.groups[0].topics;
    if (fetch.call.version() >= kFirstVersionOfGroupErrors)
        response.error_code = group.error_code;
    else if (asked && ErrorCode(group.error_code) != ErrorCode::NONE)
        for (const auto& topic : *asked)
            group.topics.push_back(refused_topic(topic, ErrorCode(group.error_code)));
    response.topics.reserve(group.topics.size());
    for (const TopicAnswer& from : group.topics) {
        auto& topic = response.topics.emplace_back();
        topic.name = from.name;
        topic.partitions.reserve(from.partitions.size());
        for (const auto& partition : from.partitions)
            topic.partitions.push_back({partition.partition_index, partition.committed_offset,
                                        partition.committed_leader_epoch, partition.metadata,
                                        partition.error_code});
    }
    fetch.call.respond(response);
}

}  // namespace

void handle_offset_fetch(Broker& broker, Call<OffsetFetchRequest> asking) {
    auto fetch = std::make_shared<Fetch>(Fetch{std::move(asking), broker.image()});
    const OffsetFetchRequest& asked = *fetch->call;
    OffsetFetchRequest& known = fetch->known;
    known.require_stable = asked.require_stable;
    const int16_t version = fetch->call.version();
    if (version < kFirstVersionOfGroups)
        known.groups.push_back(group_of(asked));
    else
        known.groups = asked.groups;
    fetch->refused.resize(known.groups.size());
    if (version >= kFirstVersionOfTopicIds)
        for (size_t i = 0; i < known.groups.size(); ++i)
            name_topics(*fetch->image, known.groups[i], fetch->refused[i]);

    const GroupCall call{.version = version, .strings = fetch->call.strings()};
    broker.groups.fetch_offsets(call, known, [fetch, version](const OffsetFetchResponse& response) {
        if (version < kFirstVersionOfGroups)
            respond_with_topics(*fetch, response.groups[0]);
        else
            respond_with_groups(*fetch, response);
    });
}

}  // namespace milena
