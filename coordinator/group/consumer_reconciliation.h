// SPDX-License-Identifier: Apache-2.0
// A member's next step towards its target assignment:
//
//   owns what it must not keep ──► kUnrevoked, in its epoch, until it says that it gave it up
//   wants what another owns    ──► kUnreleased, in the target's epoch, with what is free
//   else                       ──► kStable, in the target's epoch
#pragma once

#include <functional>
#include <span>

#include "base/error.h"
#include "coordinator/group/consumer_member.h"

namespace milena {

namespace protocol::consumer_group_heartbeat_request {
struct TopicPartitions;
}

struct ReconciliationInput {
    int32_t target_epoch = -1;
    const TopicPartitions& target;
    bool has_subscription_changed = false;
    /// What it wants and exists, by id.
    std::span<const SubscribedTopic> topics;
    /// Whether some member owns the partition.
    const std::function<bool(const Uuid&, int32_t)>& is_owned;
    /// What it says that it owns; null if it says nothing.
    const std::vector<protocol::consumer_group_heartbeat_request::TopicPartitions>* reported;
};

/// The member after its next step. FENCED_MEMBER_EPOCH if its state is one of a later release.
Result<ConsumerMember> reconcile(const ConsumerMember& member, const ReconciliationInput& input);

}  // namespace milena
