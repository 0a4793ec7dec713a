// SPDX-License-Identifier: Apache-2.0
// How the coordinator shares partitions among the members of a consumer group (KIP-848). Both ways
// are deterministic functions of what they are given, and give what Apache Kafka's give.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace milena {

/// Partitions by topic; they are sorted, and no topic is without.
using TopicPartitions = std::map<Uuid, std::vector<int32_t>>;

struct SubscribedTopic {
    Uuid id;
    int32_t partitions = 0;
    auto operator<=>(const SubscribedTopic&) const = default;
};

struct AssignorMember {
    std::string_view id;
    std::optional<std::string_view> instance_id;
    /// Topics that exist, each once, by id.
    std::span<const SubscribedTopic> topics;
    /// What it was to have so far.
    const TopicPartitions* current = nullptr;
};

struct AssignorInput {
    /// In the order of sort_as_hash_map(): who comes first gets the partition that is left over, so
    /// Kafka's choice depends on it.
    std::vector<AssignorMember> members;
    /// All members want the same topics.
    bool homogeneous = true;
};

/// One for each member of the input, in its order.
using AssignorOutput = std::vector<TopicPartitions>;
using Assignor = AssignorOutput (*)(const AssignorInput&);

/// Consecutive partitions of each topic; members with an instance id come first, so that they keep
/// theirs, and topics with as many partitions are shared alike.
AssignorOutput assign_range(const AssignorInput& input);
/// As many partitions for each as can be, and few of them move.
AssignorOutput assign_uniform(const AssignorInput& input);
/// assign_uniform() where members want different topics.
AssignorOutput assign_uniform_heterogeneous(const AssignorInput& input);

/// Null for an unknown name.
Assignor find_assignor(std::string_view name);

/// Adds `partition` where it belongs.
void add_partition(TopicPartitions& to, const Uuid& topic, int32_t partition);

}  // namespace milena
