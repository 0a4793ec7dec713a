// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/classic_group.h"

#include <algorithm>

#include "coordinator/runtime/java_order.h"
#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"

namespace milena {

using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;

namespace {

/// The newest version that Kafka 4.4 writes.
constexpr int16_t kGroupMetadataVersion = 3;

std::optional<std::string> owned(std::optional<std::string_view> text) {
    if (!text) return {};
    return std::string(*text);
}

CoordinatorRecord make_group_record(std::string_view group, const GroupMetadataValue& value) {
    GroupMetadataKey key;
    key.group = group;
    return make_record(key, value, kGroupMetadataVersion);
}

/// All versions of a subscription begin with what its first version has.
bool add_topics(const Bytes& metadata, std::set<std::string, std::less<>>& to) {
    const auto versioned = split_version(metadata);
    if (!versioned) return false;
    protocol::Reader reader(versioned->body);
    auto subscription = protocol::decode_next<protocol::ConsumerProtocolSubscription>(reader, 0);
    if (!subscription) return false;
    for (std::string_view topic : subscription->topics) to.emplace(topic);
    return true;
}

}  // namespace

std::string_view classic_state_name(ClassicState state) {
    switch (state) {
        case ClassicState::kEmpty:
            return "Empty";
        case ClassicState::kPreparingRebalance:
            return "PreparingRebalance";
        case ClassicState::kCompletingRebalance:
            return "CompletingRebalance";
        case ClassicState::kStable:
            return "Stable";
    }
    __builtin_unreachable();
}

const Bytes* ClassicMember::metadata_of(std::string_view protocol) const {
    const auto found = std::ranges::find(protocols, protocol, &ClassicProtocol::name);
    return found == protocols.end() ? nullptr : &found->metadata;
}

ClassicGroup::ClassicGroup(std::string id, const GroupOptions& options, TimerQueue& timers)
    : Group(std::move(id)),
      options_(options),
      timers_(timers),
      state_since_(timers.clock().now()),
      join_timer_(timers,
                  [this] {
                      Effects effects;
                      on_join_timer(effects);
                      return effects;
                  }),
      sync_timer_(timers, [this] {
          Effects effects;
          on_sync_timer(effects);
          return effects;
      }) {}

// Offsets ----------------------------------------------------------------------------------------

Result<void> ClassicGroup::check_offset_commit(const OffsetCaller& caller) {
    const int32_t generation = caller.generation_or_epoch;
    if (generation < 0 && is_empty()) return {};  // partitions that the client chose itself
    if (generation >= 0 || !caller.member_id.empty() || caller.group_instance_id) {
        const auto error = check_member(caller.member_id, caller.group_instance_id);
        if (error != ErrorCode::NONE) return Error(error);
        if (generation != generation_) return Error(ErrorCode::ILLEGAL_GENERATION);
    } else if (!caller.transactional) {
        return Error(ErrorCode::UNKNOWN_MEMBER_ID);
    }
    if (caller.transactional) return {};
    if (state_ == ClassicState::kCompletingRebalance)
        return Error(ErrorCode::REBALANCE_IN_PROGRESS);
    if (ClassicMember* member = find(caller.member_id)) begin_session(*member);
    return {};
}

Result<void> ClassicGroup::check_offset_delete() const {
    if (is_empty() || protocol_type_ == kConsumerProtocolType) return {};
    return Error(ErrorCode::NON_EMPTY_GROUP);
}

Result<void> ClassicGroup::check_delete() const {
    if (is_empty()) return {};
    return Error(ErrorCode::NON_EMPTY_GROUP);
}

bool ClassicGroup::is_subscribed_to(std::string_view topic) const {
    return subscribed_ ? subscribed_->contains(topic) : protocol_type_ == kConsumerProtocolType;
}

std::optional<TimestampMs> ClassicGroup::offsets_idle_since(TimestampMs committed) const {
    if (!protocol_type_) return committed;
    if (is_empty()) return state_since_ == kNoTimestamp ? committed : state_since_;
    const bool knows_topics = protocol_type_ == kConsumerProtocolType && subscribed_;
    if (knows_topics && state_ == ClassicState::kStable) return committed;
    return {};
}

// Records ----------------------------------------------------------------------------------------

void ClassicGroup::add_tombstones(std::vector<CoordinatorRecord>& to) const {
    GroupMetadataKey key;
    key.group = id();
    to.push_back(make_tombstone(key));
}

CoordinatorRecord ClassicGroup::first_record() const {
    GroupMetadataValue value;
    value.protocol.reset();
    value.leader.reset();
    value.current_state_timestamp = state_since_.value;
    return make_group_record(id(), value);
}

CoordinatorRecord ClassicGroup::record() const {
    std::map<std::string_view, BytesView> assignments;
    for (const auto& [member_id, member] : members_) assignments[member_id] = member->assignment;
    return record_with(assignments);
}

CoordinatorRecord ClassicGroup::emptied_record() const {
    GroupMetadataValue value;
    value.protocol_type = protocol_type();
    value.generation = generation_ + 1;
    value.protocol.reset();
    value.leader.reset();
    value.current_state_timestamp = timers_.clock().now().value;
    return make_group_record(id(), value);
}

CoordinatorRecord ClassicGroup::record_with(const Assignments& assignments) const {
    GroupMetadataValue value;
    value.protocol_type = protocol_type();
    value.generation = generation_;
    value.protocol = protocol_;
    value.leader = leader_;
    value.current_state_timestamp = state_since_.value;
    for (const auto& [member_id, member] : members_) {
        auto& row = value.members.emplace_back();
        row.member_id = member_id;
        row.group_instance_id = member->instance_id;
        row.client_id = member->client_id;
        row.client_host = member->client_host;
        row.rebalance_timeout = member->rebalance_timeout_ms;
        row.session_timeout = member->session_timeout_ms;
        if (const Bytes* metadata = member->metadata_of(protocol_.value_or("")))
            row.subscription = *metadata;
        if (const auto found = assignments.find(member_id); found != assignments.end())
            row.assignment = found->second;
    }
    return make_group_record(id(), value);
}

void ClassicGroup::load(const GroupMetadataValue& value) {
    generation_ = value.generation;
    if (!value.protocol_type.empty()) protocol_type_ = std::string(value.protocol_type);
    protocol_ = owned(value.protocol);
    state_since_ = TimestampMs(value.current_state_timestamp);
    for (const auto& row : value.members) {
        ClassicMember& member = add_member(std::string(row.member_id));
        member.instance_id = owned(row.group_instance_id);
        if (member.instance_id) static_ids_[*member.instance_id] = member.id;
        member.client_id = row.client_id;
        member.client_host = row.client_host;
        member.session_timeout_ms = row.session_timeout;
        member.rebalance_timeout_ms =
            row.rebalance_timeout == -1 ? row.session_timeout : row.rebalance_timeout;
        member.assignment.assign(row.assignment.begin(), row.assignment.end());
        set_protocols(member, {{protocol_.value_or(""),
                                Bytes(row.subscription.begin(), row.subscription.end())}});
    }
    leader_ = owned(value.leader);
    state_ = members_.empty() ? ClassicState::kEmpty : ClassicState::kStable;
    update_subscriptions();
}

void ClassicGroup::apply(const GroupMetadataValue& value) {
    if (value.members.empty()) {
        // The first record of a group comes when members may be joining already.
        if (value.generation == generation_) return;
        generation_ = value.generation;
        protocol_.reset();
        update_subscriptions();
        move_to(ClassicState::kEmpty);
    } else {
        for (const auto& row : value.members)
            if (ClassicMember* member = find(row.member_id))
                member->assignment.assign(row.assignment.begin(), row.assignment.end());
        move_to(ClassicState::kStable);
    }
    state_since_ = TimestampMs(value.current_state_timestamp);
}

void ClassicGroup::on_loaded(Effects& effects) {
    for (const auto& [member_id, member] : members_) begin_session(*member);
    if (members_.size() > static_cast<size_t>(options_.max_size)) prepare_rebalance(effects);
}

void ClassicGroup::on_unloaded(ErrorCode reason) {
    for (const auto& [member_id, member] : members_) {
        if (member->join) {
            JoinAnswer answer;
            answer.error = reason;
            answer.member_id = member_id;
            answer_now(*std::exchange(member->join, std::nullopt), answer);
            --joins_parked_;
        }
        if (member->sync) {
            SyncAnswer answer;
            answer.error = reason;
            answer_now(*std::exchange(member->sync, std::nullopt), answer);
        }
    }
}

// Members ----------------------------------------------------------------------------------------

ClassicMember* ClassicGroup::find(std::string_view member_id) const {
    const auto found = members_.find(member_id);
    return found == members_.end() ? nullptr : found->second.get();
}

ErrorCode ClassicGroup::check_member(std::string_view member_id,
                                     std::optional<std::string_view> instance_id) const {
    if (instance_id) {
        const auto found = static_ids_.find(*instance_id);
        if (found == static_ids_.end()) return ErrorCode::UNKNOWN_MEMBER_ID;
        if (found->second != member_id) return ErrorCode::FENCED_INSTANCE_ID;
    }
    return members_.contains(member_id) ? ErrorCode::NONE : ErrorCode::UNKNOWN_MEMBER_ID;
}

ClassicMember& ClassicGroup::add_member(std::string member_id) {
    auto member = std::make_unique<ClassicMember>(timers_, [this](ClassicMember& expired) {
        Effects effects;
        on_session_end(expired, effects);
        return effects;
    });
    member->id = member_id;
    member->seniority = next_seniority_++;
    if (!leader_) leader_ = member_id;
    return *members_.emplace(std::move(member_id), std::move(member)).first->second;
}

void ClassicGroup::set_protocols(ClassicMember& member, std::vector<ClassicProtocol> protocols) {
    count_protocols(member, -1);
    member.protocols = std::move(protocols);
    count_protocols(member, 1);
}

void ClassicGroup::count_protocols(const ClassicMember& member, int by) {
    for (const ClassicProtocol& protocol : member.protocols) {
        const auto count = protocol_counts_.emplace(protocol.name, 0).first;
        count->second += by;
        if (count->second == 0) protocol_counts_.erase(count);
    }
}

void ClassicGroup::remove_member(std::string member_id, Effects& effects) {
    pending_.erase(member_id);
    const auto found = members_.find(member_id);
    if (found == members_.end()) return;
    const std::unique_ptr<ClassicMember> member = std::move(found->second);
    members_.erase(found);
    if (member->join) {
        --joins_parked_;
        JoinAnswer answer;
        answer.error = ErrorCode::UNKNOWN_MEMBER_ID;
        effects.replies.push_back(make_reply(std::move(*member->join), std::move(answer)));
    }
    if (member->sync) {
        SyncAnswer answer;
        answer.error = ErrorCode::UNKNOWN_MEMBER_ID;
        effects.replies.push_back(make_reply(std::move(*member->sync), std::move(answer)));
    }
    if (member->owes_sync) --syncs_owed_;
    if (member->instance_id) static_ids_.erase(*member->instance_id);
    count_protocols(*member, -1);
    if (!is_leader(member_id)) return;
    const auto eldest = std::ranges::min_element(
        members_, {}, [](const auto& entry) { return entry.second->seniority; });
    leader_.reset();
    if (eldest != members_.end()) leader_ = eldest->first;
}

bool ClassicGroup::supports(std::string_view type,
                            const std::vector<ClassicProtocol>& protocols) const {
    if (is_empty()) return !type.empty() && !protocols.empty();
    return protocol_type_ == type && std::ranges::any_of(protocols, [this](const auto& protocol) {
               const auto found = protocol_counts_.find(protocol.name);
               return (found == protocol_counts_.end() ? 0 : found->second) == members_.size();
           });
}

std::string ClassicGroup::select_protocol() const {
    std::vector<std::pair<std::string_view, size_t>> votes;
    for (const auto& [member_id, member] : members_) {
        const auto choice = std::ranges::find_if(member->protocols, [this](const auto& protocol) {
            return protocol_counts_.at(protocol.name) == members_.size();
        });
        if (choice == member->protocols.end()) continue;
        auto vote = std::ranges::find(votes, choice->name, [](const auto& v) { return v.first; });
        if (vote == votes.end()) vote = votes.insert(vote, {choice->name, 0});
        ++vote->second;
    }
    if (votes.empty()) return {};
    sort_as_hash_map(votes, [](const auto& vote) { return vote.first; });
    return std::string(
        std::ranges::max_element(votes, {}, [](const auto& v) { return v.second; })->first);
}

std::chrono::milliseconds ClassicGroup::rebalance_timeout() const {
    int32_t longest = 0;
    for (const auto& [member_id, member] : members_)
        longest = std::max(longest, member->rebalance_timeout_ms);
    return std::chrono::milliseconds(longest);
}

void ClassicGroup::update_subscriptions() {
    subscribed_.reset();
    if (protocol_type_ != kConsumerProtocolType) return;
    std::set<std::string, std::less<>> topics;
    for (const auto& [member_id, member] : members_) {
        const Bytes* metadata = member->metadata_of(protocol_.value_or(""));
        if (!metadata || !add_topics(*metadata, topics)) return;
    }
    subscribed_ = std::move(topics);
}

}  // namespace milena
