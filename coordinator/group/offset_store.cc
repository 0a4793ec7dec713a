// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/offset_store.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"

namespace milena {

using protocol::OffsetCommitKey;
using protocol::OffsetCommitValue;

namespace {

Result<CommittedOffset> read_value(BytesView bytes, Offset record) {
    const auto versioned = split_version(bytes);
    if (!versioned) return Error(ErrorCode::CORRUPT_MESSAGE, "less than a version");
    const auto value =
        protocol::decode_message<OffsetCommitValue>(versioned->body, versioned->version);
    if (!value) return value.error();
    return CommittedOffset{Offset(value->offset),
                           LeaderEpoch(value->leader_epoch),
                           std::string(value->metadata),
                           TimestampMs(value->commit_timestamp),
                           TimestampMs(value->expire_timestamp),
                           value->topic_id,
                           record};
}

void warn(const std::string& what, const Error& error) {
    MILENA_LOG(Warn) << what << " is skipped: " << error.to_string();
}

template <class Visit>
void for_each_partition(std::string_view group, const GroupOffsets& topics, const Visit& visit) {
    for (const auto& [topic, partitions] : topics)
        for (const auto& [partition, offsets] : partitions) visit(group, topic, partition, offsets);
}

bool is_of_topic(const CommittedOffset& offset, const Uuid& topic_id) {
    return offset.topic_id.is_zero() || offset.topic_id == topic_id;
}

bool are_of_topic(const PartitionOffsets& offsets, const Uuid& topic_id) {
    return (offsets.committed && is_of_topic(*offsets.committed, topic_id)) ||
           std::ranges::any_of(offsets.pending, [&](const PendingOffset& pending) {
               return is_of_topic(pending.offset, topic_id);
           });
}

}  // namespace

CoordinatorRecord offset_tombstone(std::string_view group, std::string_view topic,
                                   int32_t partition) {
    OffsetCommitKey key;
    key.group = group;
    key.topic = topic;
    key.partition = partition;
    return make_tombstone(key);
}

OffsetStore::OffsetStore(const GroupOptions& options, TimerQueue& timers, GroupTable& groups)
    : options_(options), timers_(timers), groups_(groups), expiry_timer_(timers, [this] {
          expiry_timer_.arm(
              std::chrono::milliseconds(options_.offsets_retention_check_interval_ms));
          return expire();
      }) {}

void OffsetStore::replay(int16_t kind, const ReplayedRecord& record) {
    const auto key = protocol::decode_message<OffsetCommitKey>(record.key.subspan(sizeof kind), 0);
    if (!key) return warn("a key of an offset", key.error());
    if (!record.value) return table_.erase(key->group, key->topic, key->partition);
    auto offset = read_value(*record.value, record.offset);
    if (!offset) return warn("an offset of group " + std::string(key->group), offset.error());
    // Nobody else tells of a group without members.
    if (!groups_.find(key->group)) groups_.get_or_make_classic(key->group);
    if (record.transaction)
        table_.add_pending(record.transaction->id, key->group, key->topic, key->partition,
                           std::move(*offset));
    else
        table_.commit(key->group, key->topic, key->partition, std::move(*offset));
}

void OffsetStore::end_transaction(ProducerId producer, bool committed) {
    table_.end_transaction(producer, committed);
}

Effects OffsetStore::on_loaded() {
    expiry_timer_.arm(std::chrono::milliseconds(options_.offsets_retention_check_interval_ms));
    return {};
}

Effects OffsetStore::on_image(const MetadataImagePtr& image) {
    const auto before = std::exchange(image_, image);
    Effects effects;
    effects.atomic = false;
    if (before && before->deletion_count() != image->deletion_count())
        add_deleted(*before, *image, effects.records);
    return effects;
}

void OffsetStore::add_deleted(const MetadataImage& before, const MetadataImage& now,
                              std::vector<CoordinatorRecord>& to) const {
    for (const auto& [group, topics] : table_.groups())
        for (const auto& [name, partitions] : topics) {
            const TopicState* topic = before.topic(name);
            if (!topic || now.topic(topic->id)) continue;
            for (const auto& [partition, offsets] : partitions)
                if (are_of_topic(offsets, topic->id))
                    to.push_back(offset_tombstone(group, name, partition));
        }
}

void OffsetStore::add_tombstones(std::string_view group, std::vector<CoordinatorRecord>& to) const {
    const GroupOffsets* topics = table_.find(group);
    if (!topics) return;
    for_each_partition(group, *topics, [&to](auto id, auto& topic, int32_t partition, auto&) {
        to.push_back(offset_tombstone(id, topic, partition));
    });
}

Effects OffsetStore::expire() const {
    Effects effects;
    effects.atomic = false;
    for (const auto& [id, group] : groups_.all())
        if (add_expired(*group, effects.records) && group->is_empty())
            group->add_tombstones(effects.records);
    return effects;
}

/// Whether no offset of the group is left.
bool OffsetStore::add_expired(const Group& group, std::vector<CoordinatorRecord>& to) const {
    const GroupOffsets* topics = table_.find(group.id());
    if (!topics) return true;
    const TimestampMs now = timers_.clock().now();
    const auto is_expired = [&](const CommittedOffset& offset) {
        const auto idle_since = group.offsets_idle_since(offset.committed_at);
        if (!idle_since) return false;
        return offset.expires_at != kNoTimestamp
                   ? now >= offset.expires_at
                   : now.value - idle_since->value >= options_.offsets_retention_ms;
    };
    bool is_nothing_left = true;
    for_each_partition(group.id(), *topics,
                       [&](auto id, auto& topic, int32_t partition, auto& offsets) {
                           if (offsets.pending.empty() && is_expired(*offsets.committed) &&
                               !group.is_subscribed_to(topic))
                               to.push_back(offset_tombstone(id, topic, partition));
                           else
                               is_nothing_left = false;
                       });
    return is_nothing_left;
}

}  // namespace milena
