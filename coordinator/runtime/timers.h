// SPDX-License-Identifier: Apache-2.0
// The timers of one state machine. A heartbeat moves its timer, so moving is what must be cheap.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>

#include "base/clock.h"
#include "coordinator/runtime/state_machine.h"

namespace milena {

class StateTimer;

/// Used on the event queue of its state machine alone.
class TimerQueue {
  public:
    explicit TimerQueue(const Clock& clock) : clock_(clock) {}
    TimerQueue(const TimerQueue&) = delete;

    const Clock& clock() const { return clock_; }
    /// When to look again; nothing if no timer is armed. May be earlier than any timer expires.
    std::optional<SteadyTime> next() const;
    /// Runs what has expired by now, in the order of deadlines; each one's effects go to `take`.
    void expire(const std::function<void(Effects)>& take);

  private:
    friend class StateTimer;
    using Entry = std::pair<SteadyTime, StateTimer*>;

    const Clock& clock_;
    std::set<Entry> queue_;
};

/// One deadline. Its task runs at most once per arm(); destroying the timer disarms it, also from
/// its own task.
class StateTimer {
  public:
    using Task = std::function<Effects()>;

    StateTimer(TimerQueue& queue, Task task) : queue_(queue), task_(std::move(task)) {}
    ~StateTimer() { cancel(); }
    StateTimer(const StateTimer&) = delete;

    /// Expires `delay` from now, whatever was set before.
    void arm(std::chrono::milliseconds delay);
    void cancel();
    bool is_armed() const { return deadline_.has_value(); }

  private:
    friend class TimerQueue;
    void enqueue(SteadyTime when);
    void dequeue();

    TimerQueue& queue_;
    const Task task_;
    std::optional<SteadyTime> deadline_;
    /// Where it stands in the queue: at its deadline, or earlier if the deadline has moved since.
    std::optional<SteadyTime> queued_at_;
};

}  // namespace milena
