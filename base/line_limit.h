// SPDX-License-Identifier: Apache-2.0
// Keeps what happens often from filling the log.
#pragma once

#include <atomic>
#include <optional>

#include "base/clock.h"

namespace milena {

/// One line in each interval. Any thread.
class LineLimit {
  public:
    explicit LineLimit(std::chrono::seconds interval = std::chrono::seconds(1))
        : interval_(interval) {}

    /// How many lines were left out since the last one; nothing if this is left out, too.
    std::optional<int64_t> pass(SteadyTime now) {
        int64_t next = next_.load();
        const int64_t ticks = now.time_since_epoch().count();
        const int64_t after = (now + interval_).time_since_epoch().count();
        if (ticks >= next && next_.compare_exchange_strong(next, after))
            return left_out_.exchange(0);
        ++left_out_;
        return {};
    }

  private:
    const std::chrono::seconds interval_;
    std::atomic<int64_t> next_{0};
    std::atomic<int64_t> left_out_{0};
};

}  // namespace milena
