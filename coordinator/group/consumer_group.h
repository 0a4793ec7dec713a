// SPDX-License-Identifier: Apache-2.0
// A group whose coordinator shares the partitions (KIP-848). Its state follows from its records
// alone; handlers (consumer_heartbeat.h and others) look at it and make records.
//
// A change of members, subscriptions or topics moves the group to a new epoch; then a target
// assignment is computed for it; then each member is moved there, one by one. So a group is
//   empty        it has no members
//   assigning    its epoch has no target assignment yet
//   reconciling  some member has not reached the target
//   stable       all have
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "coordinator/group/consumer_records.h"
#include "coordinator/group/consumer_subscriptions.h"
#include "coordinator/group/consumer_topics.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"
#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"

namespace milena {

class ConsumerGroup;

/// What the consumer groups of one shard share. Outlives them.
struct ConsumerContext {
    const GroupOptions& options;
    TimerQueue& timers;
    ConsumerTopics topics;
    /// All records of the log are replayed: members' timers run.
    bool is_loaded = false;
    /// A member has not been heard of for too long, or was too slow: which of its timers says so
    /// is for ConsumerGroup::expire_again() to know.
    std::function<Effects(const ConsumerGroup&, const std::string& member, size_t timer)> expire;
    /// A regular expression waits for its topics.
    std::function<Effects(const ConsumerGroup&)> match_regexes;
};

class ConsumerGroup final : public Group {
  public:
    /// A member with its timers, which live in memory alone.
    struct Seat {
        ConsumerMember member;
        std::unique_ptr<StateTimer> session;
        std::unique_ptr<StateTimer> rebalance;   ///< to give up what it must not keep
        std::unique_ptr<StateTimer> join, sync;  ///< of a classic member
    };
    using SeatTimer = std::unique_ptr<StateTimer> Seat::*;
    static constexpr std::array<SeatTimer, 4> kSeatTimers = {&Seat::session, &Seat::rebalance,
                                                             &Seat::join, &Seat::sync};
    using Seats = std::map<std::string, Seat, std::less<>>;
    using Targets = std::map<std::string, TopicPartitions, std::less<>>;
    using Regexes = std::map<std::string, ResolvedRegex, std::less<>>;

    ConsumerGroup(std::string id, ConsumerContext& context);

    GroupType type() const override { return GroupType::kConsumer; }
    std::string_view state_name() const override;
    std::string_view protocol_type() const override { return "consumer"; }
    bool is_empty() const override { return seats_.empty(); }
    Result<void> check_offset_commit(const OffsetCaller& caller) override;
    Result<void> check_partition_commit(const OffsetCaller& caller,
                                        const TopicPartition& partition) const override;
    Result<void> check_offset_fetch(std::optional<std::string_view> member_id,
                                    int32_t member_epoch) override;
    Result<void> check_offset_delete() const override { return {}; }
    Result<void> check_delete() const override;
    bool is_subscribed_to(std::string_view topic) const override;
    std::optional<TimestampMs> offsets_idle_since(TimestampMs committed) const override;
    void add_tombstones(std::vector<CoordinatorRecord>& to) const override;

    int32_t epoch() const { return epoch_; }
    int64_t metadata_hash() const { return metadata_hash_; }
    int32_t target_epoch() const { return target_epoch_; }
    TimestampMs assigned_at() const { return assigned_at_; }
    const Seats& seats() const { return seats_; }
    const Targets& targets() const { return targets_; }
    const Regexes& regexes() const { return regexes_; }
    const ConsumerSubscriptions& subscriptions() const { return subscriptions_; }
    /// A record of kind 4 is in the log.
    bool has_topics_record() const { return has_topics_record_; }

    /// Null if there is none.
    const ConsumerMember* find(std::string_view member_id) const;
    const ConsumerMember* find_static(std::string_view instance_id) const;
    /// no_target() if it has none.
    const TopicPartitions& target_of(std::string_view member_id) const;
    static const TopicPartitions& no_target();
    bool is_owned(const Uuid& topic, int32_t partition) const {
        return owner_epochs_.contains({topic, partition});
    }
    /// Its own configuration, else the broker's.
    const ConsumerGroupOptions& options() const;
    /// Topics that the members want may have changed since refreshed().
    bool needs_refresh() const { return refreshed_at_ != context_.topics.generation(); }

    // Memory alone: handlers may call these. ----------------------------------------------------

    void refreshed() const { refreshed_at_ = context_.topics.generation(); }
    /// The member was heard of.
    void prolong_session(std::string_view member_id) const;
    /// A classic member must join again in time.
    void await_join(std::string_view member_id) const;
    /// A classic member was told its generation, and must ask for its assignment in time.
    void await_sync(std::string_view member_id) const;
    void has_synced(std::string_view member_id) const;
    /// The member's expiry was refused: its timer tries again soon.
    void expire_again(std::string_view member_id, size_t timer) const;
    /// All members' timers begin, as if all had just been heard of.
    void start_timers();
    /// Topics will be matched soon, if there is reason to.
    void match_regexes_if_due() const;
    /// Topics are being matched; one of the next two calls follows.
    void matching_regexes() const { is_matching_ = true; }
    /// With the topics of that generation.
    void regexes_matched(uint64_t generation) const;
    /// They match more than records can tell: without other topics or expressions that's not tried
    /// again before all are refreshed.
    void regexes_refused(uint64_t generation, std::set<std::string, std::less<>> regexes) const;

    // Records -----------------------------------------------------------------------------------

    void apply_epoch(int32_t epoch, int64_t metadata_hash);
    void apply_topics_record(bool exists) { has_topics_record_ = exists; }
    /// Changes or makes the member.
    template <class Value>
    void apply_member(std::string_view id, const Value& value) {
        ConsumerMember changed = member_or_new(id);
        changed.apply(value);
        put_member(std::move(changed));
    }
    void put_member(ConsumerMember member);
    /// The member has no assignment any more.
    void reset_member(std::string_view id);
    void remove_member(std::string_view id);
    void apply_target_epoch(int32_t epoch, TimestampMs assigned_at);
    void apply_target(std::string_view member_id, TopicPartitions target);
    void remove_target(std::string_view member_id);
    void apply_regex(std::string_view regex, ResolvedRegex resolved);
    void remove_regex(std::string_view regex);

    /// What records say is the same.
    bool has_same_state(const ConsumerGroup& other) const;

  private:
    ConsumerMember member_or_new(std::string_view id) const;
    void count(const ConsumerMember& member, bool is_there);
    /// Null if there is none, or if timers do not run yet.
    const Seat* find_timed(std::string_view member_id) const;
    void set_owner(const OwnedPartitions& partitions, int32_t epoch);
    void clear_owner(const OwnedPartitions& partitions, int32_t epoch);
    void start_timers(Seat& seat);
    void follow_revocation(Seat& seat);
    bool regexes_are_due() const;

    ConsumerContext& context_;
    int32_t epoch_ = 1;
    int64_t metadata_hash_ = 0;
    int32_t target_epoch_ = 1;
    TimestampMs assigned_at_{0};
    bool has_topics_record_ = false;
    Seats seats_;
    Targets targets_;
    Regexes regexes_;

    // What follows from the members.

    std::map<std::string, std::string, std::less<>> static_ids_;  ///< instance id -> member id
    ConsumerSubscriptions subscriptions_;
    /// Epochs of the members that own partitions, or have to give them up.
    std::unordered_map<TopicPartition, int32_t> owner_epochs_;

    // Memory alone.

    mutable uint64_t refreshed_at_ = 0;
    mutable bool is_matching_ = false;
    mutable uint64_t matched_at_ = 0;  ///< generation of the topics that regexes were matched with
    mutable std::optional<TimestampMs> matched_when_;
    mutable std::set<std::string, std::less<>> refused_regexes_;  ///< with the topics of then
    mutable uint64_t configured_at_ = 0;  ///< generation that options_ are of
    mutable ConsumerGroupOptions options_;
    std::unique_ptr<StateTimer> regex_timer_;
};

}  // namespace milena
