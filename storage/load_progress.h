// SPDX-License-Identifier: Apache-2.0
// Says now and then how far the loading of logs is: after a crash it may take minutes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"

namespace milena {

/// Thread safe.
class LoadProgress {
  public:
    static constexpr std::chrono::seconds kEvery{5};

    LoadProgress(size_t logs, const Clock& clock)
        : logs_(logs), clock_(clock), next_(clock.steady_now() + kEvery) {}

    void one_is_done() {
        const size_t done = ++done_;
        const SteadyTime now = clock_.steady_now();
        std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock || now < next_) return;  // who has the lock says it
        next_ = now + kEvery;
        MILENA_LOG(Info) << "Loading logs: " << done << " of " << logs_;
    }

  private:
    const size_t logs_;
    const Clock& clock_;
    std::atomic<size_t> done_{0};
    std::mutex mutex_;  // guards what follows
    SteadyTime next_;
};

}  // namespace milena
