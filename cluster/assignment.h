// SPDX-License-Identifier: Apache-2.0
// Which brokers hold a partition's replicas.
#pragma once

#include <optional>
#include <span>

#include "cluster/control_context.h"

namespace milena {

/// A broker that may lead: registered, not fenced, not shutting down.
bool is_active(const ImageState& state, int32_t broker);

/// A new partition on `replicas`: those that are active are in sync, the first of them leads.
/// REQUIRES: one of them is active.
PartitionState new_partition(const ImageState& state, std::span<const int32_t> replicas);

/// Brokers for a partition by Kafka's rules. INVALID_REPLICATION_FACTOR if there are not enough.
Result<std::vector<int32_t>> place_replicas(const ImageState& state, int32_t partition,
                                            int16_t replication_factor);

/// What a user may ask for by hand; `replication_factor` is that of the topic's other partitions.
/// INVALID_REPLICA_ASSIGNMENT.
Result<void> check_manual_assignment(const ImageState& state, std::span<const int32_t> replicas,
                                     std::optional<size_t> replication_factor);
/// As above, and one of them must be active.
Result<void> check_can_lead(const ImageState& state, std::span<const int32_t> replicas,
                            int32_t partition);

}  // namespace milena
