// SPDX-License-Identifier: Apache-2.0
// How logs are compacted, for all of a node.
#pragma once

#include <cstdint>
#include <limits>

namespace milena {

/// Names and defaults are Kafka's settings log.cleaner.*.
struct CleanerOptions {
    bool enabled = true;  ///< as it is when the cleaner starts
    int threads = 1;
    int64_t dedupe_buffer_bytes = 128 << 20;  ///< of all threads together; taken while they work
    double load_factor = 0.9;
    int32_t io_buffer_bytes = 512 << 10;  ///< of all threads together
    double io_bytes_per_second = std::numeric_limits<double>::max();
    int64_t backoff_ms = 15'000;

    bool operator==(const CleanerOptions&) const = default;
};

}  // namespace milena
