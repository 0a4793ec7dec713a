// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_member.h"

#include <algorithm>

#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"

namespace milena {

using protocol::ConsumerGroupCurrentMemberAssignmentValue;
using protocol::ConsumerGroupMemberMetadataValue;

namespace {

std::optional<std::string> to_text(const std::optional<std::string_view>& text) {
    if (!text) return {};
    return std::string(*text);
}

/// Records of older releases have no epochs of partitions: then they are `default_epoch`.
OwnedPartitions to_owned(
    const std::vector<ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions>& topics,
    int32_t default_epoch) {
    OwnedPartitions owned;
    for (const auto& topic : topics) {
        auto& partitions = owned[topic.topic_id];
        const bool has_epochs =
            topic.assignment_epochs && topic.assignment_epochs->size() == topic.partitions.size();
        for (size_t i = 0; i < topic.partitions.size(); ++i)
            partitions[topic.partitions[i]] =
                has_epochs ? (*topic.assignment_epochs)[i] : std::max(default_epoch, 0);
    }
    return owned;
}

MemberState to_state(int8_t number) {
    const auto state = static_cast<MemberState>(number);
    const bool is_known = state >= MemberState::kStable && state <= MemberState::kUnreleased;
    return is_known ? state : MemberState::kUnknown;
}

std::optional<int32_t> find_epoch(const OwnedPartitions& owned, const Uuid& topic,
                                  int32_t partition) {
    const auto partitions = owned.find(topic);
    if (partitions == owned.end()) return {};
    const auto found = partitions->second.find(partition);
    if (found == partitions->second.end()) return {};
    return found->second;
}

}  // namespace

std::vector<std::string> to_topic_names(const std::vector<std::string_view>& names) {
    std::vector<std::string> sorted(names.begin(), names.end());
    std::ranges::sort(sorted);
    const auto [first, last] = std::ranges::unique(sorted);
    sorted.erase(first, last);
    return sorted;
}

bool owns(const OwnedPartitions& owned, const Uuid& topic, int32_t partition) {
    return find_epoch(owned, topic, partition).has_value();
}

std::optional<int32_t> ConsumerMember::epoch_of(const Uuid& topic, int32_t partition) const {
    const auto found = find_epoch(assigned, topic, partition);
    return found ? found : find_epoch(pending_revocation, topic, partition);
}

void ConsumerMember::apply(const ConsumerGroupMemberMetadataValue& value) {
    instance_id = to_text(value.instance_id);
    rack_id = to_text(value.rack_id);
    client_id = value.client_id;
    client_host = value.client_host;
    topics = to_topic_names(value.subscribed_topic_names);
    regex = value.subscribed_topic_regex.value_or("");
    rebalance_timeout_ms = value.rebalance_timeout_ms;
    assignor = to_text(value.server_assignor);
    classic.reset();
    if (!value.classic_member_metadata) return;
    classic.emplace().session_timeout_ms = value.classic_member_metadata->session_timeout_ms;
    for (const auto& protocol : value.classic_member_metadata->supported_protocols)
        classic->protocols.push_back({std::string(protocol.name),
                                      Bytes(protocol.metadata.begin(), protocol.metadata.end())});
}

void ConsumerMember::apply(const ConsumerGroupCurrentMemberAssignmentValue& value) {
    epoch = value.member_epoch;
    previous_epoch = value.previous_member_epoch;
    state = to_state(value.state);
    assigned = to_owned(value.assigned_partitions, epoch);
    pending_revocation = to_owned(value.partitions_pending_revocation, epoch);
}

}  // namespace milena
