// SPDX-License-Identifier: Apache-2.0
// What the settings say to the group coordinator; the names are Kafka's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"

namespace milena {

enum class MigrationPolicy { kDisabled, kUpgrade, kDowngrade, kBidirectional };

/// Of a group of the consumer protocol; a group's own configuration may differ.
struct ConsumerGroupOptions {
    int32_t session_timeout_ms = 45'000;
    int32_t heartbeat_interval_ms = 5'000;
    int32_t assignment_interval_ms = 1'000;
};

struct IntBounds {
    int32_t min = 0;
    int32_t max = INT32_MAX;
};

struct GroupOptions {
    int32_t min_session_timeout_ms = 6'000;
    int32_t max_session_timeout_ms = 1'800'000;
    int32_t initial_rebalance_delay_ms = 3'000;
    int32_t max_size = INT32_MAX;

    int32_t offset_metadata_max_bytes = 4'096;
    int64_t offsets_retention_ms = int64_t{10'080} * 60'000;
    int64_t offsets_retention_check_interval_ms = 600'000;

    bool consumer_protocol = true;
    int32_t consumer_max_size = INT32_MAX;
    std::vector<std::string> consumer_assignors{"uniform", "range"};
    MigrationPolicy migration_policy = MigrationPolicy::kBidirectional;
    ConsumerGroupOptions consumer;
    /// Of what a group's own configuration says.
    IntBounds consumer_session_timeout_bounds{45'000, 60'000};
    IntBounds consumer_heartbeat_interval_bounds{5'000, 15'000};
    IntBounds consumer_assignment_interval_bounds{0, 15'000};
    int32_t consumer_regex_refresh_interval_ms = 600'000;

    /// Draws what makes ids of new members unique. Called by all shards at once.
    std::function<Uuid()> draw_id = Uuid::random;
};

}  // namespace milena
