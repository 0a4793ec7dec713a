// SPDX-License-Identifier: Apache-2.0
// Groups that change their protocol while they have members (KIP-848): a classic group becomes a
// consumer group when the first member of the consumer protocol joins; it goes back when the last
// one is gone. In between, members of the classic protocol live in a consumer group: what they say
// to their leader says what they want, and nobody leads.
#pragma once

#include "coordinator/group/classic_group.h"
#include "coordinator/group/consumer_group.h"
#include "protocol/messages/consumer_protocol_subscription.h"

namespace milena {

/// What a member of the classic protocol wants, and in which version it says it. Borrows.
struct EmbeddedSubscription {
    int16_t version = 0;
    protocol::ConsumerProtocolSubscription content;
};
/// INCONSISTENT_GROUP_PROTOCOL.
Result<EmbeddedSubscription> decode_subscription(BytesView metadata);
/// Topics that are gone are left out.
Bytes encode_embedded_assignment(const TopicPartitions& partitions, const ConsumerTopics& topics,
                                 int16_t version);

/// The consumer group that `group` becomes; GROUP_ID_NOT_FOUND if it must stay what it is.
Result<std::unique_ptr<ConsumerGroup>> upgrade(const ClassicGroup& group, ConsumerContext& context);
/// All records of a group that was just made.
void add_all_records(const ConsumerGroup& group, std::vector<CoordinatorRecord>& to);

/// Whether `group` becomes a classic one when `leaving` are gone, and `joining` classic ones come.
bool must_downgrade(const ConsumerGroup& group, const std::vector<std::string>& leaving,
                    const GroupOptions& options, size_t joining = 0);
/// The classic group that `group` becomes then, stable, without a leader. `joining` takes the place
/// of the only one that leaves; null: nobody does.
CoordinatorRecord downgraded_record(const ConsumerGroup& group,
                                    const std::vector<std::string>& leaving,
                                    const ConsumerContext& context,
                                    const ConsumerMember* joining = nullptr);

}  // namespace milena
