// SPDX-License-Identifier: Apache-2.0
// Records of consumer groups, back into state.
#include "base/log.h"
#include "coordinator/group/consumer_groups.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_key.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"
#include "protocol/messages/consumer_group_metadata_key.h"
#include "protocol/messages/consumer_group_metadata_value.h"
#include "protocol/messages/consumer_group_partition_metadata_key.h"
#include "protocol/messages/consumer_group_regular_expression_key.h"
#include "protocol/messages/consumer_group_regular_expression_value.h"
#include "protocol/messages/consumer_group_target_assignment_member_key.h"
#include "protocol/messages/consumer_group_target_assignment_member_value.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_key.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"

namespace milena {

using namespace protocol;

namespace {

constexpr int16_t kKeyVersion = 0;

/// Nothing for a tombstone.
template <class Value>
Result<std::optional<Value>> decode_value(const std::optional<VersionedBytes>& value) {
    if (!value) return std::optional<Value>();
    auto decoded = decode_message<Value>(value->body, value->version);
    if (!decoded) return decoded.error();
    return std::optional<Value>(std::move(*decoded));
}

TopicPartitions to_target(const ConsumerGroupTargetAssignmentMemberValue& value) {
    TopicPartitions target;
    for (const auto& topic : value.topic_partitions)
        for (const int32_t partition : topic.partitions)
            add_partition(target, topic.topic_id, partition);
    return target;
}

// What each kind of record does to its group. A value of null is a tombstone.

void apply(ConsumerGroup& group, const ConsumerGroupPartitionMetadataKey&, bool exists) {
    group.apply_topics_record(exists);
}
void apply(ConsumerGroup& group, const ConsumerGroupTargetAssignmentMetadataKey&,
           const ConsumerGroupTargetAssignmentMetadataValue* value) {
    if (value)
        group.apply_target_epoch(value->assignment_epoch, TimestampMs(value->assignment_timestamp));
    else
        group.apply_target_epoch(-1, TimestampMs(0));
}
void apply(ConsumerGroup& group, const ConsumerGroupMemberMetadataKey& key,
           const ConsumerGroupMemberMetadataValue* value) {
    if (value)
        group.apply_member(key.member_id, *value);
    else
        group.remove_member(key.member_id);
}
void apply(ConsumerGroup& group, const ConsumerGroupTargetAssignmentMemberKey& key,
           const ConsumerGroupTargetAssignmentMemberValue* value) {
    if (value)
        group.apply_target(key.member_id, to_target(*value));
    else
        group.remove_target(key.member_id);
}
void apply(ConsumerGroup& group, const ConsumerGroupCurrentMemberAssignmentKey& key,
           const ConsumerGroupCurrentMemberAssignmentValue* value) {
    if (value)
        group.apply_member(key.member_id, *value);
    else
        group.reset_member(key.member_id);
}
void apply(ConsumerGroup& group, const ConsumerGroupRegularExpressionKey& key,
           const ConsumerGroupRegularExpressionValue* value) {
    if (!value) return group.remove_regex(key.regular_expression);
    group.apply_regex(key.regular_expression, {to_topic_names(value->topics), value->version,
                                               TimestampMs(value->timestamp)});
}

}  // namespace

void ConsumerGroups::replay(int16_t kind, const ReplayedRecord& record) {
    const BytesView key = split_version(record.key)->body;
    std::optional<VersionedBytes> value;
    if (record.value) value = split_version(*record.value).value_or(VersionedBytes());
    if (const auto replayed = replay_kind(kind, key, value); !replayed) {
        MILENA_LOG(Warn) << "a record of kind " << kind
                         << " of a consumer group is skipped: " << replayed.error().to_string();
    }
}

Result<void> ConsumerGroups::replay_kind(int16_t kind, BytesView key,
                                         const std::optional<VersionedBytes>& value) {
    switch (kind) {
        case ConsumerGroupMetadataKey::kApiKey:
            return replay_epoch(key, value);
        case ConsumerGroupPartitionMetadataKey::kApiKey: {
            auto decoded = decode_message<ConsumerGroupPartitionMetadataKey>(key, kKeyVersion);
            if (!decoded) return decoded.error();
            if (ConsumerGroup* group = find_or_make(decoded->group_id, value.has_value()))
                apply(*group, *decoded, value.has_value());
            return {};
        }
        case ConsumerGroupMemberMetadataKey::kApiKey:
            return replay_as<ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue>(
                key, value);
        case ConsumerGroupTargetAssignmentMetadataKey::kApiKey:
            return replay_as<ConsumerGroupTargetAssignmentMetadataKey,
                             ConsumerGroupTargetAssignmentMetadataValue>(key, value);
        case ConsumerGroupTargetAssignmentMemberKey::kApiKey:
            return replay_as<ConsumerGroupTargetAssignmentMemberKey,
                             ConsumerGroupTargetAssignmentMemberValue>(key, value);
        case ConsumerGroupCurrentMemberAssignmentKey::kApiKey:
            return replay_as<ConsumerGroupCurrentMemberAssignmentKey,
                             ConsumerGroupCurrentMemberAssignmentValue>(key, value);
        case ConsumerGroupRegularExpressionKey::kApiKey:
            return replay_as<ConsumerGroupRegularExpressionKey,
                             ConsumerGroupRegularExpressionValue>(key, value);
        default:
            return {};
    }
}

Result<void> ConsumerGroups::replay_epoch(BytesView key,
                                          const std::optional<VersionedBytes>& value) {
    auto decoded = decode_message<ConsumerGroupMetadataKey>(key, kKeyVersion);
    if (!decoded) return decoded.error();
    if (!value) {
        if (find(decoded->group_id)) groups_.erase(groups_.find(decoded->group_id));
        return {};
    }
    auto epoch = decode_message<ConsumerGroupMetadataValue>(value->body, value->version);
    if (!epoch) return epoch.error();
    if (ConsumerGroup* group = find_or_make(decoded->group_id, true))
        group->apply_epoch(epoch->epoch, epoch->metadata_hash);
    return {};
}

template <class Key, class Value>
Result<void> ConsumerGroups::replay_as(BytesView key, const std::optional<VersionedBytes>& value) {
    auto decoded_key = decode_message<Key>(key, kKeyVersion);
    if (!decoded_key) return decoded_key.error();
    auto decoded = decode_value<Value>(value);
    if (!decoded) return decoded.error();
    if (ConsumerGroup* group = find_or_make(decoded_key->group_id, value.has_value()))
        apply(*group, *decoded_key, *decoded ? &**decoded : nullptr);
    return {};
}

/// An empty classic group makes room: it is one that only has offsets.
ConsumerGroup* ConsumerGroups::find_or_make(std::string_view id, bool may_make) {
    const auto found = groups_.find(id);
    if (found != groups_.end() && found->second->type() == GroupType::kConsumer)
        return static_cast<ConsumerGroup*>(found->second.get());
    if (!may_make) return nullptr;
    if (found != groups_.end() && !found->second->is_empty()) {
        MILENA_LOG(Warn) << "group " << id
                         << " is no consumer group, and a record of one is skipped";
        return nullptr;
    }
    auto made = std::make_unique<ConsumerGroup>(std::string(id), context_);
    ConsumerGroup* group = made.get();
    groups_.insert_or_assign(std::string(id), std::move(made));
    return group;
}

}  // namespace milena
