// SPDX-License-Identifier: Apache-2.0
// Keeps a client from filling the log.
#pragma once

#include <atomic>
#include <optional>

#include "base/clock.h"

namespace milena {

/// One line in a while. Any thread.
class LineLimit {
  public:
    static constexpr std::chrono::seconds kInterval{1};

    /// How many lines were left out since the last one; nothing if this is left out, too.
    std::optional<int64_t> pass(SteadyTime now) {
        int64_t next = next_.load();
        const int64_t ticks = now.time_since_epoch().count();
        const int64_t after = (now + kInterval).time_since_epoch().count();
        if (ticks >= next && next_.compare_exchange_strong(next, after))
            return left_out_.exchange(0);
        ++left_out_;
        return {};
    }

  private:
    std::atomic<int64_t> next_{0};
    std::atomic<int64_t> left_out_{0};
};

}  // namespace milena
