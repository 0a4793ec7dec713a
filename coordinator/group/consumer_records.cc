// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_records.h"

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

constexpr int16_t kValueVersion = 0;

template <class Key>
Key group_key(std::string_view group) {
    Key key;
    key.group_id = group;
    return key;
}

template <class Key>
Key member_key(std::string_view group, std::string_view member) {
    Key key = group_key<Key>(group);
    key.member_id = member;
    return key;
}

ConsumerGroupRegularExpressionKey regex_key(std::string_view group, std::string_view regex) {
    auto key = group_key<ConsumerGroupRegularExpressionKey>(group);
    key.regular_expression = regex;
    return key;
}

std::vector<ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions> to_topics(
    const OwnedPartitions& owned) {
    std::vector<ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions> topics;
    for (const auto& [id, partitions] : owned) {
        auto& topic = topics.emplace_back();
        topic.topic_id = id;
        topic.assignment_epochs.emplace();
        for (const auto& [partition, epoch] : partitions) {
            topic.partitions.push_back(partition);
            topic.assignment_epochs->push_back(epoch);
        }
    }
    return topics;
}

std::optional<ConsumerGroupMemberMetadataValue::ClassicMemberMetadata> to_metadata(
    const std::optional<ClassicSide>& classic) {
    if (!classic) return {};
    ConsumerGroupMemberMetadataValue::ClassicMemberMetadata metadata;
    metadata.session_timeout_ms = classic->session_timeout_ms;
    for (const auto& protocol : classic->protocols)
        metadata.supported_protocols.push_back({protocol.name, protocol.metadata});
    return metadata;
}

}  // namespace

CoordinatorRecord consumer_epoch_record(std::string_view group, int32_t epoch,
                                        int64_t metadata_hash) {
    ConsumerGroupMetadataValue value;
    value.epoch = epoch;
    value.metadata_hash = metadata_hash;
    return make_record(group_key<ConsumerGroupMetadataKey>(group), value, kValueVersion);
}

CoordinatorRecord consumer_member_record(std::string_view group, const ConsumerMember& member) {
    ConsumerGroupMemberMetadataValue value;
    value.instance_id = member.instance_id;
    value.rack_id = member.rack_id;
    value.client_id = member.client_id;
    value.client_host = member.client_host;
    value.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
    value.subscribed_topic_regex = member.regex;
    value.rebalance_timeout_ms = member.rebalance_timeout_ms;
    value.server_assignor = member.assignor;
    value.classic_member_metadata = to_metadata(member.classic);
    return make_record(member_key<ConsumerGroupMemberMetadataKey>(group, member.id), value,
                       kValueVersion);
}

CoordinatorRecord consumer_target_epoch_record(std::string_view group, int32_t epoch,
                                               TimestampMs assigned_at) {
    ConsumerGroupTargetAssignmentMetadataValue value;
    value.assignment_epoch = epoch;
    value.assignment_timestamp = assigned_at.value;
    return make_record(group_key<ConsumerGroupTargetAssignmentMetadataKey>(group), value,
                       kValueVersion);
}

CoordinatorRecord consumer_target_record(std::string_view group, std::string_view member,
                                         const TopicPartitions& target) {
    ConsumerGroupTargetAssignmentMemberValue value;
    for (const auto& [topic, partitions] : target)
        value.topic_partitions.push_back({topic, partitions});
    return make_record(member_key<ConsumerGroupTargetAssignmentMemberKey>(group, member), value,
                       kValueVersion);
}

CoordinatorRecord consumer_current_record(std::string_view group, const ConsumerMember& member) {
    ConsumerGroupCurrentMemberAssignmentValue value;
    value.member_epoch = member.epoch;
    value.previous_member_epoch = member.previous_epoch;
    value.state = static_cast<int8_t>(member.state);
    value.assigned_partitions = to_topics(member.assigned);
    value.partitions_pending_revocation = to_topics(member.pending_revocation);
    return make_record(member_key<ConsumerGroupCurrentMemberAssignmentKey>(group, member.id), value,
                       kValueVersion);
}

CoordinatorRecord consumer_regex_record(std::string_view group, std::string_view regex,
                                        const ResolvedRegex& resolved) {
    ConsumerGroupRegularExpressionValue value;
    value.topics.assign(resolved.topics.begin(), resolved.topics.end());
    value.version = resolved.version;
    value.timestamp = resolved.resolved_at.value;
    return make_record(regex_key(group, regex), value, kValueVersion);
}

CoordinatorRecord consumer_epoch_tombstone(std::string_view group) {
    return make_tombstone(group_key<ConsumerGroupMetadataKey>(group));
}
CoordinatorRecord consumer_topics_tombstone(std::string_view group) {
    return make_tombstone(group_key<ConsumerGroupPartitionMetadataKey>(group));
}
CoordinatorRecord consumer_member_tombstone(std::string_view group, std::string_view member) {
    return make_tombstone(member_key<ConsumerGroupMemberMetadataKey>(group, member));
}
CoordinatorRecord consumer_target_epoch_tombstone(std::string_view group) {
    return make_tombstone(group_key<ConsumerGroupTargetAssignmentMetadataKey>(group));
}
CoordinatorRecord consumer_target_tombstone(std::string_view group, std::string_view member) {
    return make_tombstone(member_key<ConsumerGroupTargetAssignmentMemberKey>(group, member));
}
CoordinatorRecord consumer_current_tombstone(std::string_view group, std::string_view member) {
    return make_tombstone(member_key<ConsumerGroupCurrentMemberAssignmentKey>(group, member));
}
CoordinatorRecord consumer_regex_tombstone(std::string_view group, std::string_view regex) {
    return make_tombstone(regex_key(group, regex));
}

}  // namespace milena
