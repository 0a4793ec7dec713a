// SPDX-License-Identifier: Apache-2.0
// What one heartbeat of a member comes to (KIP-848): its subscription is taken note of, the group
// moves to a new epoch if that changes what is wanted, gets a target assignment for it, and the
// member takes its next step there.
#pragma once

#include "coordinator/group/consumer_groups.h"

namespace milena {

namespace protocol {
struct ConsumerProtocolSubscription;
struct JoinGroupRequest;
namespace consumer_group_heartbeat_request {
struct TopicPartitions;
}
}  // namespace protocol

/// INVALID_REQUEST and UNSUPPORTED_ASSIGNOR: what is wrong with a request whatever the group is.
Result<void> check_consumer_heartbeat(const protocol::ConsumerGroupHeartbeatRequest& request,
                                      int16_t version, const GroupOptions& options);

/// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID: whether `known`, who has the instance id, is the member.
Result<void> check_static(const ConsumerMember* known, std::string_view instance_id,
                          std::string_view member_id);

/// Where the group stands after records that are not replayed yet.
class ConsumerGroupNext {
  public:
    explicit ConsumerGroupNext(const ConsumerGroup& group)
        : members(group.seats().size()), epoch(group.epoch()), now_(group.subscriptions()) {}

    const ConsumerSubscriptions& subscriptions() const { return changed_ ? *changed_ : now_; }
    bool has_changed() const { return changed_.has_value(); }
    /// A copy, to be changed.
    ConsumerSubscriptions& change() { return changed_ ? *changed_ : changed_.emplace(now_); }

    size_t members;
    int32_t epoch;

  private:
    const ConsumerSubscriptions& now_;
    std::optional<ConsumerSubscriptions> changed_;
};

/// Records of one event of a group.
class ConsumerChange {
  public:
    ConsumerChange(const ConsumerGroup& group, ConsumerContext& context)
        : group_(group), context_(context) {}

    /// The member of a heartbeat, after it; FENCED_MEMBER_EPOCH and others.
    Result<ConsumerMember> heartbeat(const protocol::ConsumerGroupHeartbeatRequest& request,
                                     std::string_view member_id, const ClientIdentity& client);
    /// The member of a JoinGroup, after it; UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
    Result<ConsumerMember> join_classic(const protocol::JoinGroupRequest& request,
                                        std::string_view member_id, const ClientIdentity& client,
                                        const protocol::ConsumerProtocolSubscription& subscription);
    /// Members leave for good.
    void remove(const std::vector<std::string>& members);
    /// A static member leaves, and may come back.
    void leave_for_now(const ConsumerMember& member);
    /// Topics were matched with the members' regular expressions.
    void resolve(TopicMatches matches);

    std::vector<CoordinatorRecord> take_records() { return std::move(records_); }

  private:
    using Request = protocol::ConsumerGroupHeartbeatRequest;
    struct Subscription {
        bool has_changed = false;
        /// The group wants other topics, as far as is known now.
        bool has_new_topics = false;
    };

    using Reported = std::vector<protocol::consumer_group_heartbeat_request::TopicPartitions>;

    void add(CoordinatorRecord record) { records_.push_back(std::move(record)); }
    Result<ConsumerMember> find_or_subscribe(const Request& request, std::string_view member_id);
    Result<ConsumerMember> subscribe_static(const Request& request, std::string_view member_id);
    Result<void> check_epoch(const ConsumerMember& member, const Request& request) const;
    void replace_static(const ConsumerMember& old, const ConsumerMember& joined);

    Result<Subscription> note_subscription(const ConsumerMember& before,
                                           const ConsumerMember& after);
    ConsumerGroupNext next_after(const ConsumerMember& before, const ConsumerMember& after) const;
    void refresh(ConsumerGroupNext& next, bool must_bump);
    bool may_assign() const;
    void assign(const ConsumerGroupNext& next, const ConsumerMember& updated);
    void add_targets(const AssignorInput& input, AssignorOutput targets,
                     const std::string& updated);
    void remove_records(std::string_view member);
    /// From what the member was to what it is now, and on towards the target. `reported` is what
    /// it says that it owns; null if it says nothing.
    Result<ConsumerMember> advance(const ConsumerMember& before, const ConsumerMember& after,
                                   const Reported* reported);
    Result<ConsumerMember> move(const ConsumerMember& member, const Reported* reported,
                                bool has_subscription_changed);
    std::vector<SubscribedTopic> topics_of(const ConsumerMember& member) const;

    const ConsumerGroup& group_;
    ConsumerContext& context_;
    std::vector<CoordinatorRecord> records_;
    /// The target that the member goes to: the group's, or the one that assign() has made.
    int32_t target_epoch_ = 0;
    std::optional<TopicPartitions> new_target_;
};

}  // namespace milena
