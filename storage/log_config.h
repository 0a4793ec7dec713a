// SPDX-License-Identifier: Apache-2.0
// What a log must know of its topic's configuration. Names and defaults are Kafka's topic settings.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "protocol/record_types.h"

namespace milena {

enum class CompressionPolicy { kProducer, kUncompressed, kGzip, kSnappy, kLz4, kZstd };

struct LogConfig {
    int32_t segment_bytes = 1 << 30;
    int64_t segment_ms = 7LL * 24 * 3600 * 1000;
    int64_t segment_jitter_ms = 0;
    int32_t segment_index_bytes = 10 << 20;
    int32_t index_interval_bytes = 4096;
    int64_t flush_messages = std::numeric_limits<int64_t>::max();
    int64_t flush_ms = std::numeric_limits<int64_t>::max();
    int64_t retention_bytes = -1;
    int64_t retention_ms = 7LL * 24 * 3600 * 1000;
    int32_t max_message_bytes = 1'048'588;
    int32_t max_decompressed_message_bytes = 2'147'483'639;
    int64_t file_delete_delay_ms = 60'000;
    int64_t delete_retention_ms = 24LL * 3600 * 1000;
    int64_t min_compaction_lag_ms = 0;
    int64_t max_compaction_lag_ms = std::numeric_limits<int64_t>::max();
    double min_cleanable_dirty_ratio = 0.5;
    bool cleanup_delete = true;
    bool cleanup_compact = false;
    bool preallocate = false;
    bool unclean_leader_election_enable = false;
    int32_t min_insync_replicas = 1;
    CompressionPolicy compression = CompressionPolicy::kProducer;
    int32_t gzip_level = -1;
    int32_t lz4_level = 9;
    int32_t zstd_level = 3;
    TimestampType timestamp_type = TimestampType::kCreateTime;
    int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t timestamp_after_max_ms = 3'600'000;
    /// Broker-wide: how long an idle idempotent producer is remembered (producer.id.expiration.ms).
    int64_t producer_id_expiration_ms = 86'400'000;

    /// Age at which a segment is full: a compacted log is to be cleaned in time, and the active
    /// segment never is.
    int64_t roll_ms() const {
        if (cleanup_compact && max_compaction_lag_ms > 0)
            return std::min(max_compaction_lag_ms, segment_ms);
        return segment_ms;
    }

    bool operator==(const LogConfig&) const = default;
};

}  // namespace milena
