// SPDX-License-Identifier: Apache-2.0
// OffsetFetch: what reads offsets.
#include "coordinator/group/offset_store.h"

namespace milena {

using protocol::OffsetFetchResponse;

namespace {

using TopicAnswer = OffsetFetchResponse::OffsetFetchResponseTopics;
using PartitionAnswer = OffsetFetchResponse::OffsetFetchResponsePartitions;

constexpr int64_t kNothingCommitted = -1;

bool is_of_topic(const CommittedOffset& offset, const Uuid& asked) {
    return asked.is_zero() || offset.topic_id.is_zero() || offset.topic_id == asked;
}

/// `offsets` may be null.
PartitionAnswer answer_for(int32_t partition, const PartitionOffsets* offsets, const Uuid& topic_id,
                           bool require_stable, StringArena& strings) {
    PartitionAnswer answer;
    answer.partition_index = partition;
    answer.committed_offset = kNothingCommitted;
    answer.metadata = "";
    if (!offsets) return answer;
    if (require_stable && !offsets->pending.empty()) {
        answer.error_code = static_cast<int16_t>(ErrorCode::UNSTABLE_OFFSET_COMMIT);
        return answer;
    }
    const auto& committed = offsets->committed;
    if (!committed || !is_of_topic(*committed, topic_id)) return answer;
    answer.committed_offset = committed->offset.value;
    answer.committed_leader_epoch = committed->leader_epoch.value;
    if (!committed->metadata.empty()) answer.metadata = strings.own(committed->metadata);
    return answer;
}

const TopicOffsets* find_topic(const GroupOffsets* topics, std::string_view name) {
    if (!topics) return nullptr;
    const auto found = topics->find(name);
    return found == topics->end() ? nullptr : &found->second;
}

const PartitionOffsets* find_partition(const TopicOffsets* partitions, int32_t index) {
    if (!partitions) return nullptr;
    const auto found = partitions->find(index);
    return found == partitions->end() ? nullptr : &found->second;
}

}  // namespace

OffsetStore::GroupAnswer OffsetStore::fetch(const GroupRequest& request, bool require_stable,
                                            StringArena& strings) const {
    GroupAnswer answer;
    answer.group_id = request.group_id;
    Group* group = groups_.find(request.group_id);
    const auto checked =
        group ? group->check_offset_fetch(request.member_id, request.member_epoch) : Result<void>();
    if (!checked && checked.error().code() != ErrorCode::GROUP_ID_NOT_FOUND) {
        answer.error_code = static_cast<int16_t>(checked.error().code());
        return answer;
    }
    const GroupOffsets* offsets = group && checked ? table_.find(request.group_id) : nullptr;
    if (!request.topics) {
        if (offsets) fetch_all(require_stable, *offsets, strings, answer);
        return answer;
    }
    answer.topics.reserve(request.topics->size());
    for (const auto& asked : *request.topics) {
        const TopicOffsets* partitions = find_topic(offsets, asked.name);
        TopicAnswer& topic = answer.topics.emplace_back();
        topic.name = asked.name;
        topic.topic_id = asked.topic_id;
        topic.partitions.reserve(asked.partition_indexes.size());
        for (const int32_t index : asked.partition_indexes)
            topic.partitions.push_back(answer_for(index, find_partition(partitions, index),
                                                  asked.topic_id, require_stable, strings));
    }
    return answer;
}

/// Offsets that are pending alone are not told of.
void OffsetStore::fetch_all(bool require_stable, const GroupOffsets& offsets, StringArena& strings,
                            GroupAnswer& answer) const {
    for (const auto& [name, partitions] : offsets) {
        TopicAnswer topic;
        topic.partitions.reserve(partitions.size());
        for (const auto& [index, of_partition] : partitions)
            if (of_partition.committed)
                topic.partitions.push_back(
                    answer_for(index, &of_partition, {}, require_stable, strings));
        if (topic.partitions.empty()) continue;
        topic.name = strings.own(name);
        answer.topics.push_back(std::move(topic));
    }
}

}  // namespace milena
