// SPDX-License-Identifier: Apache-2.0
// Records of consumer groups, back into state; and a group's description.
#include "base/log.h"
#include "base/strings.h"
#include "coordinator/group/consumer_groups.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_describe_response.h"
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
    const auto result = replay_kind(kind, key, value);
    if (!result)
        MILENA_LOG(Warn) << "a record of kind " << kind
                         << " of a consumer group is skipped: " << result.error().to_string();
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

namespace {

using Described = ConsumerGroupDescribeResponse::DescribedGroup;

/// Topics that are gone are left out.
void add_described(ConsumerGroupDescribeResponse::Assignment& to, const ConsumerTopics& topics,
                   const Uuid& id, std::vector<int32_t> partitions) {
    const TopicState* topic = topics.find(id);
    if (!topic) return;
    for (auto& known : to.topic_partitions)
        if (known.topic_id == id) {
            known.partitions.insert(known.partitions.end(), partitions.begin(), partitions.end());
            return;
        }
    to.topic_partitions.push_back({id, topic->name, std::move(partitions)});
}

void add_owned(ConsumerGroupDescribeResponse::Assignment& to, const ConsumerTopics& topics,
               const OwnedPartitions& owned) {
    for (const auto& [id, partitions] : owned) {
        const auto numbers = std::views::keys(partitions);
        add_described(to, topics, id, {numbers.begin(), numbers.end()});
    }
}

ConsumerGroupDescribeResponse::Member describe_member(const ConsumerMember& member,
                                                      const TopicPartitions& target,
                                                      const ConsumerTopics& topics) {
    enum MemberType : int8_t { kClassicMember = 0, kConsumerMember = 1 };
    ConsumerGroupDescribeResponse::Member described;
    described.member_id = member.id;
    described.instance_id = member.instance_id;
    described.rack_id = member.rack_id;
    described.member_epoch = member.epoch;
    described.client_id = member.client_id;
    described.client_host = member.client_host;
    described.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
    described.subscribed_topic_regex = member.regex;
    add_owned(described.assignment, topics, member.assigned);
    add_owned(described.assignment, topics, member.pending_revocation);
    for (const auto& [id, partitions] : target)
        add_described(described.target_assignment, topics, id, partitions);
    described.member_type = member.is_classic() ? kClassicMember : kConsumerMember;
    return described;
}

}  // namespace

Described ConsumerGroups::describe(std::string_view id, StringArena& strings) const {
    Described described;
    described.group_id = id;
    const ConsumerGroup* group = find(id);
    if (!group) {
        described.error_code = static_cast<int16_t>(ErrorCode::GROUP_ID_NOT_FOUND);
        described.error_message =
            strings.own("There is no consumer group " + std::string(id) + ".");
        return described;
    }
    described.group_state = group->state_name();
    described.group_epoch = group->epoch();
    described.assignment_epoch = group->target_epoch();
    described.assignor_name =
        group->subscriptions().preferred_assignor(context_.options.consumer_assignors.front());
    for (const auto& [member_id, seat] : group->seats())
        described.members.push_back(
            describe_member(seat.member, group->target_of(member_id), context_.topics));
    return described;
}

}  // namespace milena
