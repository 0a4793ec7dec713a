// SPDX-License-Identifier: Apache-2.0
// How much of its time a cleaner thread works.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace milena {

/// All of it while the broker does nothing else. Beside other work a sixteenth: with much more,
/// requests wait for their core on a small machine (scripts/bench-cleaner --only p99). Each minute
/// that doesn't suffice, twice as much. Not thread safe.
class CleanerPace {
  public:
    using Duration = SteadyTime::duration;

    static constexpr double kShareMin = 1.0 / 16;
    static constexpr Duration kPatience = std::chrono::minutes(1);
    /// A stint that took longer (a slow disk, a stolen core) counts as this long.
    static constexpr Duration kStintMax = std::chrono::milliseconds(20);

    /// Something is due, or is being cleaned; nothing is any more.
    void note_work(SteadyTime now) { since_ = since_.value_or(now); }
    void note_all_clean() { since_.reset(); }
    /// Whether note_others() is wanted, which tells the CPU time that all others but the cleaners
    /// have taken up to `now`, `error` too much at most.
    bool is_look_due(SteadyTime now) const { return now - looked_ >= kLookInterval; }
    void note_others(SteadyTime now, Duration cpu_time, Duration error = {});
    /// How long a thread is to rest from `now` on that has worked for `worked`.
    Duration rest_after(Duration worked, SteadyTime now) const;

  private:
    static constexpr Duration kLookInterval = std::chrono::milliseconds(100);

    std::optional<SteadyTime> since_;  // has been working without a time of nothing to do
    SteadyTime looked_{};
    SteadyTime others_worked_{};  // when last seen at it
    Duration others_cpu_{};       // as of looked_
};

}  // namespace milena
