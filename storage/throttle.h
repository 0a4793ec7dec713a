// SPDX-License-Identifier: Apache-2.0
// A bound of bytes per second.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace milena {

/// Thread safe: all who share it stay below the bound together.
class Throttle {
  public:
    /// Holds at once: what another rate had still to wait for is forgiven.
    void set_rate(double bytes_per_second) {
        std::lock_guard lock(mutex_);
        if (bytes_per_second_ == std::max(bytes_per_second, 1.0)) return;
        bytes_per_second_ = std::max(bytes_per_second, 1.0);
        free_at_ = {};
    }
    /// `bytes` are about to be moved: until when to wait afterwards, which is never long: another
    /// rate may hold by then.
    SteadyTime charge(int64_t bytes, SteadyTime now) {
        std::lock_guard lock(mutex_);
        constexpr std::chrono::duration<double> kWaitMax(30);
        const auto taken =
            std::min(kWaitMax,
                     std::chrono::duration<double>(static_cast<double>(bytes) / bytes_per_second_));
        free_at_ =
            std::max(free_at_, now) + std::chrono::duration_cast<SteadyTime::duration>(taken);
        return free_at_;
    }

  private:
    std::mutex mutex_;
    double bytes_per_second_ = 1e18;
    SteadyTime free_at_{};
};

}  // namespace milena
