// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_reconciliation.h"

#include <algorithm>

#include "protocol/messages/consumer_group_heartbeat_request.h"

namespace milena {

namespace {

class Step {
  public:
    Step(const ConsumerMember& member, const ReconciliationInput& input)
        : member_(member), input_(input) {}

    Result<ConsumerMember> take() const {
        switch (member_.state) {
            case MemberState::kStable:
                if (member_.epoch != input_.target_epoch) return approach_target(member_.epoch);
                return drop_unwanted_if_asked();
            case MemberState::kUnrevoked:
                if (reports_any_of(member_.pending_revocation)) return drop_unwanted_if_asked();
                return approach_target(member_.epoch);
            case MemberState::kUnreleased:
                return approach_target(member_.epoch);
            case MemberState::kUnknown:
                if (!input_.reported || !input_.reported->empty())
                    return Error(ErrorCode::FENCED_MEMBER_EPOCH,
                                 "The member's state is not known here; it must give up its "
                                 "partitions and join again.");
                return approach_target(input_.target_epoch);
        }
        __builtin_unreachable();
    }

  private:
    bool wants(const Uuid& topic) const {
        return std::ranges::binary_search(input_.topics, topic, {}, &SubscribedTopic::id);
    }

    /// A member that says nothing still owns all it had.
    bool reports_any_of(const OwnedPartitions& partitions) const {
        if (!input_.reported) return true;
        for (const auto& topic : *input_.reported)
            for (const int32_t partition : topic.partitions)
                if (owns(partitions, topic.topic_id, partition)) return true;
        return false;
    }

    /// Partitions of topics that it does not want any more go at once; the target follows later.
    ConsumerMember drop_unwanted_if_asked() const {
        if (!input_.has_subscription_changed) return member_;
        ConsumerMember next = member_;
        for (const auto& [topic, partitions] : member_.assigned) {
            if (wants(topic)) continue;
            next.assigned.erase(topic);
            for (const auto& [partition, epoch] : partitions)
                next.pending_revocation[topic][partition] = epoch;
        }
        if (next.assigned.size() == member_.assigned.size()) return member_;
        next.move_to_epoch(member_.epoch);
        if (reports_any_of(next.pending_revocation))
            next.state = MemberState::kUnrevoked;
        else
            next.pending_revocation = member_.pending_revocation;
        return next;
    }

    ConsumerMember approach_target(int32_t epoch_while_revoking) const {
        ConsumerMember next = member_;
        OwnedPartitions revoked;
        split_assigned(next.assigned, revoked);
        if (!revoked.empty() && reports_any_of(revoked)) {
            next.move_to_epoch(epoch_while_revoking);
            next.state = MemberState::kUnrevoked;
            next.pending_revocation = std::move(revoked);
            return next;
        }
        const bool is_complete = add_free_partitions(next.assigned);
        next.move_to_epoch(input_.target_epoch);
        next.state = is_complete ? MemberState::kStable : MemberState::kUnreleased;
        next.pending_revocation.clear();
        return next;
    }

    bool is_target(const Uuid& topic, int32_t partition) const {
        const auto found = input_.target.find(topic);
        return found != input_.target.end() && wants(topic) &&
               std::ranges::binary_search(found->second, partition);
    }

    void split_assigned(OwnedPartitions& kept, OwnedPartitions& revoked) const {
        kept.clear();
        for (const auto& [topic, partitions] : member_.assigned)
            for (const auto& [partition, epoch] : partitions)
                (is_target(topic, partition) ? kept : revoked)[topic][partition] = epoch;
    }

    /// Whether nothing of the target is missing then.
    bool add_free_partitions(OwnedPartitions& assigned) const {
        bool is_complete = true;
        for (const auto& [topic, partitions] : input_.target) {
            if (!wants(topic)) continue;
            for (const int32_t partition : partitions) {
                if (owns(assigned, topic, partition)) continue;
                if (input_.is_owned(topic, partition) &&
                    !owns(member_.pending_revocation, topic, partition))
                    is_complete = false;
                else
                    assigned[topic][partition] = input_.target_epoch;
            }
        }
        return is_complete;
    }

    const ConsumerMember& member_;
    const ReconciliationInput& input_;
};

}  // namespace

Result<ConsumerMember> reconcile(const ConsumerMember& member, const ReconciliationInput& input) {
    return Step(member, input).take();
}

}  // namespace milena
