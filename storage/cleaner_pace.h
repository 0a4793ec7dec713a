// SPDX-License-Identifier: Apache-2.0
// How much of its time a cleaner thread works.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace milena {

/// All of it while the broker does nothing else. Beside other work a sixteenth: with much more,
/// requests wait for their core on a small machine (scripts/bench-cleaner --only p99). If that
/// doesn't keep up with what becomes due, twice as much, and so on. Not thread safe.
class CleanerPace {
  public:
    using Duration = SteadyTime::duration;

    static constexpr double kShareMin = 1.0 / 16;
    /// A stint that took longer (a slow disk, a stolen core) counts as this long.
    static constexpr Duration kStintMax = std::chrono::milliseconds(20);

    /// What is due when a thread takes a part of it, in bytes; 0: all is clean, the cleaners sleep.
    void note_backlog(int64_t bytes);
    /// Whether note_others() is wanted, which tells the CPU time that all others but the cleaners
    /// have taken up to `now`.
    bool is_look_due(SteadyTime now) const { return now - looked_ >= kLookInterval; }
    void note_others(SteadyTime now, Duration cpu_time);
    /// How long a thread is to rest that has worked for `worked`.
    Duration rest_after(Duration worked) const;

  private:
    static constexpr Duration kLookInterval = std::chrono::milliseconds(100);

    double share_ = kShareMin;
    int64_t backlog_ = 0;
    bool others_work_ = true;
    SteadyTime looked_{};
    Duration others_cpu_{};  // as of looked_
};

}  // namespace milena
