// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_migration.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"

namespace milena {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;
using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;

namespace {

constexpr int16_t kGroupValueVersion = 3;

/// A later version begins with what is known here.
template <class Message>
Result<Message> decode_embedded(BytesView bytes) {
    const auto versioned = split_version(bytes);
    if (!versioned || versioned->version < 0)
        return Error(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, "no version of the consumer protocol");
    protocol::Reader reader(versioned->body);
    auto message =
        protocol::decode_next<Message>(reader, std::min(versioned->version, Message::kMaxVersion));
    if (!message) return Error(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, message.error().message());
    return message;
}

Error not_upgraded(const ClassicGroup& group, std::string_view why) {
    return Error(ErrorCode::GROUP_ID_NOT_FOUND,
                 "Classic group " + group.id() + " stays one: " + std::string(why) + ".");
}

Result<void> check_upgrade(const ClassicGroup& group, const GroupOptions& options) {
    if (options.migration_policy != MigrationPolicy::kUpgrade &&
        options.migration_policy != MigrationPolicy::kBidirectional)
        return not_upgraded(group, "group.consumer.migration.policy says so");
    if (group.protocol_type() != kConsumerProtocolType)
        return not_upgraded(group, "its members are no consumers");
    if (group.members().size() > static_cast<size_t>(options.consumer_max_size))
        return not_upgraded(group, "it is too large");
    return {};
}

Result<TopicPartitions> embedded_assignment(const ClassicGroup& group, const ClassicMember& member,
                                            const ConsumerTopics& topics) {
    TopicPartitions partitions;
    if (member.assignment.empty()) return partitions;
    const auto decoded = decode_embedded<ConsumerProtocolAssignment>(member.assignment);
    if (!decoded) return not_upgraded(group, "an assignment can't be read");
    if (decoded->user_data && !decoded->user_data->empty())
        return not_upgraded(group, "its assignor has data of its own");
    for (const auto& assigned : decoded->assigned_partitions)
        if (const TopicState* topic = topics.find(assigned.topic))
            for (const int32_t partition : assigned.partitions)
                add_partition(partitions, topic->id, partition);
    return partitions;
}

OwnedPartitions owned_since(const TopicPartitions& partitions, int32_t epoch) {
    OwnedPartitions owned;
    for (const auto& [topic, numbers] : partitions)
        for (const int32_t number : numbers) owned[topic][number] = epoch;
    return owned;
}

Result<ConsumerMember> upgraded(const ClassicGroup& group, const ClassicMember& member,
                                const TopicPartitions& partitions) {
    const Bytes* metadata = member.metadata_of(group.protocol().value_or(""));
    const auto subscription =
        metadata ? decode_subscription(*metadata)
                 : Error(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, "no subscription");
    if (!subscription) return not_upgraded(group, "a subscription can't be read");
    ConsumerMember made;
    made.id = member.id;
    made.epoch = made.previous_epoch = group.generation();
    made.instance_id = member.instance_id;
    if (const auto rack = subscription->content.rack_id; rack && !rack->empty())
        made.rack_id = std::string(*rack);
    made.rebalance_timeout_ms = member.rebalance_timeout_ms;
    made.client_id = member.client_id;
    made.client_host = member.client_host;
    made.topics = to_topic_names(subscription->content.topics);
    made.assigned = owned_since(partitions, group.generation());
    made.classic.emplace().session_timeout_ms = member.session_timeout_ms;
    for (const ClassicProtocol& protocol : member.protocols)
        made.classic->protocols.push_back({protocol.name, protocol.metadata});
    return made;
}

bool is_among(const std::string& id, const std::vector<std::string>& ids) {
    return std::ranges::find(ids, id) != ids.end();
}

/// The protocol that all members know and most like best.
std::string_view select_protocol(const std::vector<const ConsumerMember*>& members) {
    std::map<std::string_view, size_t> known, votes;
    for (const ConsumerMember* member : members)
        for (const auto& protocol : member->classic->protocols) ++known[protocol.name];
    for (const ConsumerMember* member : members)
        for (const auto& protocol : member->classic->protocols)
            if (known[protocol.name] == members.size()) {
                ++votes[protocol.name];
                break;
            }
    const auto best = std::ranges::max_element(votes, {}, [](const auto& v) { return v.second; });
    return best == votes.end() ? std::string_view() : best->first;
}

const Bytes& metadata_of(const ConsumerMember& member, std::string_view protocol) {
    const auto& protocols = member.classic->protocols;
    const auto found = std::ranges::find(protocols, protocol, &ClassicSide::Protocol::name);
    return found == protocols.end() ? protocols.front().metadata : found->metadata;
}

}  // namespace

Result<EmbeddedSubscription> decode_subscription(BytesView metadata) {
    auto decoded = decode_embedded<ConsumerProtocolSubscription>(metadata);
    if (!decoded) return decoded.error();
    return EmbeddedSubscription{split_version(metadata)->version, std::move(*decoded)};
}

Bytes encode_embedded_assignment(const TopicPartitions& partitions, const ConsumerTopics& topics,
                                 int16_t version) {
    ConsumerProtocolAssignment assignment;
    for (const auto& [id, numbers] : partitions)
        if (const TopicState* topic = topics.find(id))
            assignment.assigned_partitions.push_back({topic->name, numbers});
    const int16_t written = std::min(version, ConsumerProtocolAssignment::kMaxVersion);
    return encode_versioned(written, assignment, written);
}

Result<std::unique_ptr<ConsumerGroup>> upgrade(const ClassicGroup& group,
                                               ConsumerContext& context) {
    if (auto checked = check_upgrade(group, context.options); !checked) return checked.error();
    auto made = std::make_unique<ConsumerGroup>(group.id(), context);
    made->apply_target_epoch(group.generation(), TimestampMs(0));
    for (const auto& [id, member] : group.members()) {
        auto partitions = embedded_assignment(group, *member, context.topics);
        if (!partitions) return partitions.error();
        auto consumer = upgraded(group, *member, *partitions);
        if (!consumer) return consumer.error();
        made->put_member(std::move(*consumer));
        made->apply_target(id, std::move(*partitions));
    }
    made->apply_epoch(group.generation(),
                      context.topics.hash_of(std::views::keys(made->subscriptions().topics())));
    return made;
}

void add_all_records(const ConsumerGroup& group, std::vector<CoordinatorRecord>& to) {
    const std::string& id = group.id();
    for (const auto& [member, seat] : group.seats())
        to.push_back(consumer_member_record(id, seat.member));
    to.push_back(consumer_epoch_record(id, group.epoch(), group.metadata_hash()));
    for (const auto& [member, seat] : group.seats())
        to.push_back(consumer_target_record(id, member, group.target_of(member)));
    to.push_back(consumer_target_epoch_record(id, group.target_epoch(), group.assigned_at()));
    for (const auto& [member, seat] : group.seats())
        to.push_back(consumer_current_record(id, seat.member));
}

bool must_downgrade(const ConsumerGroup& group, const std::vector<std::string>& leaving,
                    const GroupOptions& options, size_t joining) {
    if (options.migration_policy != MigrationPolicy::kDowngrade &&
        options.migration_policy != MigrationPolicy::kBidirectional)
        return false;
    size_t staying = joining;
    for (const auto& [id, seat] : group.seats()) {
        if (is_among(id, leaving)) continue;
        if (!seat.member.is_classic() || seat.member.classic->protocols.empty()) return false;
        ++staying;
    }
    return staying > 0 && staying <= static_cast<size_t>(options.max_size);
}

CoordinatorRecord downgraded_record(const ConsumerGroup& group,
                                    const std::vector<std::string>& leaving,
                                    const ConsumerContext& context, const ConsumerMember* joining) {
    std::vector<const ConsumerMember*> staying;
    for (const auto& [id, seat] : group.seats())
        if (!is_among(id, leaving)) staying.push_back(&seat.member);
    if (joining) staying.push_back(joining);
    const std::string_view protocol = select_protocol(staying);
    std::vector<Bytes> assignments;
    for (const ConsumerMember* member : staying) {
        const auto version =
            split_version(metadata_of(*member, protocol)).value_or(VersionedBytes());
        assignments.push_back(encode_embedded_assignment(
            group.target_of(member == joining ? leaving.front() : member->id), context.topics,
            std::max<int16_t>(version.version, 0)));
    }
    GroupMetadataKey key;
    key.group = group.id();
    GroupMetadataValue value;
    value.protocol_type = kConsumerProtocolType;
    value.generation = group.epoch();
    value.protocol = protocol;
    value.leader.reset();
    value.current_state_timestamp = context.timers.clock().now().value;
    for (size_t i = 0; i < staying.size(); ++i) {
        const ConsumerMember& member = *staying[i];
        auto& row = value.members.emplace_back();
        row.member_id = member.id;
        row.group_instance_id = member.instance_id;
        row.client_id = member.client_id;
        row.client_host = member.client_host;
        row.rebalance_timeout = member.rebalance_timeout_ms;
        row.session_timeout = member.classic->session_timeout_ms;
        row.subscription = metadata_of(member, protocol);
        row.assignment = assignments[i];
    }
    return make_record(key, value, kGroupValueVersion);
}

}  // namespace milena
