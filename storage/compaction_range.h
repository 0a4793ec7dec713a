// SPDX-License-Identifier: Apache-2.0
// Which part of a log is to be compacted, and how much it needs it. Kafka's rules.
#pragma once

#include <optional>

#include "storage/partition_log.h"

namespace milena {

struct CompactionRange {
    Offset first_dirty;        ///< everything before was compacted already
    Offset first_uncleanable;  ///< start of a segment: from here on all stays as it is
    int64_t clean_bytes = 0;
    int64_t cleanable_bytes = 0;
    bool is_overdue = false;  ///< by max.compaction.lag.ms

    /// Share of what was not compacted yet.
    double dirty_ratio() const {
        return static_cast<double>(cleanable_bytes) /
               static_cast<double>(clean_bytes + cleanable_bytes);
    }
    /// Whether there is anything to do that the log's configuration asks for.
    bool is_due(const LogConfig& config) const {
        if (clean_bytes + cleanable_bytes == 0) return false;
        return (is_overdue && cleanable_bytes > 0) ||
               dirty_ratio() > config.min_cleanable_dirty_ratio;
    }
};

/// `checkpoint`: up to where the log was compacted, if that is known.
Result<CompactionRange> find_compaction_range(const PartitionLog& log,
                                              std::optional<Offset> checkpoint, TimestampMs now);

}  // namespace milena
