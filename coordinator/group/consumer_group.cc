// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_group.h"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace milena {

using std::chrono::milliseconds;

namespace {

/// Topics are not matched again sooner.
constexpr int64_t kRegexPauseMs = 10'000;
/// As long as Kafka waits before what a timer wants to write is tried again.
constexpr milliseconds kExpiryPause{500};
constexpr int16_t kFirstCommitVersionOfEpochs = 9;

/// A group's setting, within the broker's bounds.
void read_setting(const ConfigMap& configs, std::string_view name, const IntBounds& bounds,
                  int32_t& to) {
    const auto found = configs.find(name);
    if (found == configs.end()) return;
    int32_t value = 0;
    const auto [end, error] =
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    if (error == std::errc()) to = std::clamp(value, bounds.min, std::max(bounds.min, bounds.max));
}

Error wrong_epoch(const ConsumerMember& member, int32_t epoch) {
    return Error(
        member.is_classic() ? ErrorCode::ILLEGAL_GENERATION : ErrorCode::STALE_MEMBER_EPOCH,
        "Member " + member.id + " is in epoch " + std::to_string(member.epoch) + ", not in " +
            std::to_string(epoch) + ".");
}

Error unknown_member(std::string_view member, const std::string& group) {
    return Error(ErrorCode::UNKNOWN_MEMBER_ID,
                 "Group " + group + " has no member " + std::string(member) + ".");
}

ConsumerGroupOptions read_options(const GroupOptions& broker, const ConsumerTopics& topics,
                                  const std::string& group) {
    ConsumerGroupOptions own = broker.consumer;
    if (!topics.image()) return own;
    if (const ConfigMap* all = topics.image()->configs({ConfigResourceType::kBroker, {}}))
        read_setting(*all, "group.consumer.assignment.interval.ms", {}, own.assignment_interval_ms);
    const ConfigMap* configs = topics.image()->configs({ConfigResourceType::kGroup, group});
    if (!configs) return own;
    read_setting(*configs, "consumer.session.timeout.ms", broker.consumer_session_timeout_bounds,
                 own.session_timeout_ms);
    read_setting(*configs, "consumer.heartbeat.interval.ms",
                 broker.consumer_heartbeat_interval_bounds, own.heartbeat_interval_ms);
    read_setting(*configs, "consumer.assignment.interval.ms",
                 broker.consumer_assignment_interval_bounds, own.assignment_interval_ms);
    return own;
}

}  // namespace

ConsumerGroup::ConsumerGroup(std::string id, ConsumerContext& context)
    : Group(std::move(id)),
      context_(context),
      regex_timer_(std::make_unique<StateTimer>(
          context.timers, [this] { return context_.match_regexes(*this); })) {}

std::string_view ConsumerGroup::state_name() const {
    if (seats_.empty()) return "Empty";
    if (epoch_ > target_epoch_) return "Assigning";
    const bool is_stable = std::ranges::all_of(seats_, [&](const auto& seat) {
        return seat.second.member.is_reconciled_to(target_epoch_);
    });
    return is_stable ? "Stable" : "Reconciling";
}

Result<void> ConsumerGroup::check_offset_commit(const OffsetCaller& caller) {
    const bool is_member = !caller.member_id.empty() || caller.group_instance_id;
    if (caller.generation_or_epoch < 0 && seats_.empty()) return {};
    if (caller.transactional && caller.generation_or_epoch == -1 && !is_member) return {};
    const ConsumerMember* member = find(caller.member_id);
    if (!member) return unknown_member(caller.member_id, id());
    if (!caller.transactional && !member->is_classic() &&
        caller.version < kFirstCommitVersionOfEpochs)
        return Error(ErrorCode::UNSUPPORTED_VERSION,
                     "Members of a consumer group commit with version 9 or later.");
    if (caller.generation_or_epoch > member->epoch)
        return wrong_epoch(*member, caller.generation_or_epoch);
    return {};
}

Result<void> ConsumerGroup::check_partition_commit(const OffsetCaller& caller,
                                                   const TopicPartition& partition) const {
    const ConsumerMember* member = find(caller.member_id);
    if (!member || caller.generation_or_epoch >= member->epoch) return {};
    const auto assigned_in = member->epoch_of(partition.topic_id, partition.partition);
    if (!assigned_in || caller.generation_or_epoch < *assigned_in)
        return wrong_epoch(*member, caller.generation_or_epoch);
    return {};
}

Result<void> ConsumerGroup::check_offset_fetch(std::optional<std::string_view> member_id,
                                               int32_t member_epoch) {
    if (!member_id && member_epoch < 0) return {};
    const ConsumerMember* member = find(member_id.value_or(""));
    if (!member) return unknown_member(member_id.value_or(""), id());
    if (member_epoch != member->epoch) return wrong_epoch(*member, member_epoch);
    return {};
}

Result<void> ConsumerGroup::check_delete() const {
    if (!seats_.empty()) return Error(ErrorCode::NON_EMPTY_GROUP);
    return {};
}

bool ConsumerGroup::is_subscribed_to(std::string_view topic) const {
    return subscriptions_.has_topic(topic);
}

std::optional<TimestampMs> ConsumerGroup::offsets_idle_since(TimestampMs committed) const {
    return committed;
}

void ConsumerGroup::add_tombstones(std::vector<CoordinatorRecord>& to) const {
    for (const auto& [member, seat] : seats_)
        to.push_back(consumer_current_tombstone(id(), member));
    for (const auto& [member, seat] : seats_) to.push_back(consumer_target_tombstone(id(), member));
    to.push_back(consumer_target_epoch_tombstone(id()));
    for (const auto& [member, seat] : seats_) to.push_back(consumer_member_tombstone(id(), member));
    for (const auto& [regex, resolved] : regexes_)
        to.push_back(consumer_regex_tombstone(id(), regex));
    to.push_back(consumer_topics_tombstone(id()));
    to.push_back(consumer_epoch_tombstone(id()));
}

const ConsumerMember* ConsumerGroup::find(std::string_view member_id) const {
    const auto found = seats_.find(member_id);
    return found == seats_.end() ? nullptr : &found->second.member;
}

const ConsumerMember* ConsumerGroup::find_static(std::string_view instance_id) const {
    const auto found = static_ids_.find(instance_id);
    return found == static_ids_.end() ? nullptr : find(found->second);
}

const TopicPartitions& ConsumerGroup::no_target() {
    static const TopicPartitions nothing;
    return nothing;
}

const TopicPartitions& ConsumerGroup::target_of(std::string_view member_id) const {
    const auto found = targets_.find(member_id);
    return found == targets_.end() ? no_target() : found->second;
}

const ConsumerGroupOptions& ConsumerGroup::options() const {
    const uint64_t generation = context_.topics.generation();
    if (configured_at_ != generation || generation == 0) {
        options_ = read_options(context_.options, context_.topics, id());
        configured_at_ = generation;
    }
    return options_;
}

const ConsumerGroup::Seat* ConsumerGroup::find_timed(std::string_view member_id) const {
    const auto found = seats_.find(member_id);
    return found == seats_.end() || !found->second.session ? nullptr : &found->second;
}

void ConsumerGroup::prolong_session(std::string_view member_id) const {
    const Seat* seat = find_timed(member_id);
    if (!seat) return;
    seat->session->arm(milliseconds(seat->member.is_classic()
                                        ? seat->member.classic->session_timeout_ms
                                        : options().session_timeout_ms));
}

void ConsumerGroup::await_join(std::string_view member_id) const {
    const Seat* seat = find_timed(member_id);
    if (seat && !seat->join->is_armed())
        seat->join->arm(milliseconds(seat->member.rebalance_timeout_ms));
}

void ConsumerGroup::await_sync(std::string_view member_id) const {
    const Seat* seat = find_timed(member_id);
    if (!seat) return;
    seat->join->cancel();
    seat->sync->arm(milliseconds(seat->member.rebalance_timeout_ms));
    prolong_session(member_id);
}

void ConsumerGroup::has_synced(std::string_view member_id) const {
    const Seat* seat = find_timed(member_id);
    if (!seat) return;
    seat->sync->cancel();
    prolong_session(member_id);
}

void ConsumerGroup::expire_again(std::string_view member_id, size_t timer) const {
    if (const Seat* seat = find_timed(member_id)) (seat->*kSeatTimers[timer])->arm(kExpiryPause);
}

void ConsumerGroup::start_timers() {
    for (auto& [member, seat] : seats_) start_timers(seat);
    match_regexes_if_due();
}

void ConsumerGroup::start_timers(Seat& seat) {
    for (size_t i = 0; i < kSeatTimers.size(); ++i)
        seat.*kSeatTimers[i] = std::make_unique<StateTimer>(
            context_.timers,
            [this, member = seat.member.id, i] { return context_.expire(*this, member, i); });
    const int32_t timeout_ms = seat.member.is_classic() ? seat.member.classic->session_timeout_ms
                                                        : options().session_timeout_ms;
    seat.session->arm(milliseconds(timeout_ms));
    follow_revocation(seat);
}

void ConsumerGroup::follow_revocation(Seat& seat) {
    if (!seat.rebalance || seat.member.is_classic()) return;
    if (seat.member.state == MemberState::kUnrevoked && seat.member.epoch >= 0)
        seat.rebalance->arm(milliseconds(seat.member.rebalance_timeout_ms));
    else
        seat.rebalance->cancel();
}

bool ConsumerGroup::regexes_are_due() const {
    const TimestampMs now = context_.timers.clock().now();
    if (matched_when_ && now.value <= matched_when_->value + kRegexPauseMs) return false;
    const auto wanted = std::views::keys(subscriptions_.regexes());
    const bool is_changed =
        wanted.size() != regexes_.size() && !std::ranges::equal(wanted, refused_regexes_);
    return is_changed || matched_at_ != context_.topics.generation() || !matched_when_ ||
           now.value > matched_when_->value + context_.options.consumer_regex_refresh_interval_ms;
}

void ConsumerGroup::match_regexes_if_due() const {
    if (!context_.is_loaded || subscriptions_.regexes().empty() || is_matching_) return;
    if (!regex_timer_->is_armed() && regexes_are_due()) regex_timer_->arm(milliseconds(0));
}

void ConsumerGroup::regexes_matched(uint64_t generation) const {
    is_matching_ = false;
    matched_at_ = generation;
    matched_when_ = context_.timers.clock().now();
    refused_regexes_.clear();
}

void ConsumerGroup::regexes_refused(uint64_t generation,
                                    std::set<std::string, std::less<>> regexes) const {
    regexes_matched(generation);
    refused_regexes_ = std::move(regexes);
}

void ConsumerGroup::apply_epoch(int32_t epoch, int64_t metadata_hash) {
    epoch_ = epoch;
    metadata_hash_ = metadata_hash;
    refreshed();  // the hash is that of the topics as they are, unless the log is replayed
}

ConsumerMember ConsumerGroup::member_or_new(std::string_view id) const {
    if (const ConsumerMember* member = find(id)) return *member;
    ConsumerMember made;
    made.id = id;
    return made;
}

void ConsumerGroup::put_member(ConsumerMember changed) {
    const auto [found, is_new] = seats_.try_emplace(changed.id);
    Seat& seat = found->second;
    if (!is_new) count(seat.member, false);
    const bool has_moved = seat.member.state != changed.state ||
                           seat.member.epoch != changed.epoch ||
                           seat.member.pending_revocation != changed.pending_revocation;
    seat.member = std::move(changed);
    count(seat.member, true);
    if (!context_.is_loaded) return;
    if (is_new)
        start_timers(seat);
    else if (has_moved)
        follow_revocation(seat);
    match_regexes_if_due();
}

void ConsumerGroup::count(const ConsumerMember& member, bool is_there) {
    if (is_there) {
        subscriptions_.add(member);
        set_owner(member.assigned, member.epoch);
        set_owner(member.pending_revocation, member.epoch);
        if (member.instance_id) static_ids_[*member.instance_id] = member.id;
    } else {
        subscriptions_.remove(member);
        clear_owner(member.assigned, member.epoch);
        clear_owner(member.pending_revocation, member.epoch);
        if (member.instance_id) static_ids_.erase(*member.instance_id);
    }
}

void ConsumerGroup::set_owner(const OwnedPartitions& owned, int32_t epoch) {
    for (const auto& [topic, partitions] : owned)
        for (const auto& [partition, assigned_in] : partitions)
            owner_epochs_[{topic, partition}] = epoch;
}

/// Only what this member owns: in a compacted log another one may have come first.
void ConsumerGroup::clear_owner(const OwnedPartitions& owned, int32_t epoch) {
    for (const auto& [topic, partitions] : owned)
        for (const auto& [partition, assigned_in] : partitions) {
            const auto found = owner_epochs_.find({topic, partition});
            if (found != owner_epochs_.end() && found->second == epoch) owner_epochs_.erase(found);
        }
}

void ConsumerGroup::reset_member(std::string_view id) {
    const ConsumerMember* member = find(id);
    if (!member) return;
    ConsumerMember changed = *member;
    changed.epoch = changed.previous_epoch = kLeavingEpoch;
    changed.assigned.clear();
    changed.pending_revocation.clear();
    put_member(std::move(changed));
}

void ConsumerGroup::remove_member(std::string_view id) {
    const auto found = seats_.find(id);
    if (found == seats_.end()) return;
    count(found->second.member, false);
    seats_.erase(found);
}

void ConsumerGroup::apply_target_epoch(int32_t epoch, TimestampMs assigned_at) {
    target_epoch_ = epoch;
    assigned_at_ = assigned_at;
}

void ConsumerGroup::apply_target(std::string_view member_id, TopicPartitions target) {
    targets_.insert_or_assign(std::string(member_id), std::move(target));
}

void ConsumerGroup::remove_target(std::string_view member_id) {
    const auto found = targets_.find(member_id);
    if (found != targets_.end()) targets_.erase(found);
}

void ConsumerGroup::apply_regex(std::string_view regex, ResolvedRegex resolved) {
    remove_regex(regex);
    subscriptions_.add_matches(resolved.topics);
    regexes_.emplace(regex, std::move(resolved));
}

void ConsumerGroup::remove_regex(std::string_view regex) {
    const auto found = regexes_.find(regex);
    if (found == regexes_.end()) return;
    subscriptions_.remove_matches(found->second.topics);
    regexes_.erase(found);
}

bool ConsumerGroup::has_same_state(const ConsumerGroup& other) const {
    const auto members_equal = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.member == b.second.member;
    };
    return epoch_ == other.epoch_ && metadata_hash_ == other.metadata_hash_ &&
           target_epoch_ == other.target_epoch_ && assigned_at_ == other.assigned_at_ &&
           targets_ == other.targets_ && regexes_ == other.regexes_ &&
           std::ranges::equal(seats_, other.seats_, members_equal);
}

}  // namespace milena
