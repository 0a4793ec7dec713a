// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/timers.h"

#include <algorithm>

namespace milena {

std::optional<SteadyTime> TimerQueue::next() const {
    if (queue_.empty()) return {};
    return queue_.begin()->first;
}

void TimerQueue::expire(const std::function<void(Effects)>& take) {
    const SteadyTime now = clock_.steady_now();
    while (!queue_.empty() && queue_.begin()->first <= now) {
        StateTimer& timer = *queue_.begin()->second;
        timer.dequeue();
        if (*timer.deadline_ > now) {  // it was moved, and stood here only until somebody looked
            timer.enqueue(*timer.deadline_);
            continue;
        }
        timer.deadline_.reset();
        const StateTimer::Task task = timer.task_;  // it may destroy its timer
        take(task());
    }
}

void StateTimer::arm(std::chrono::milliseconds delay) {
    deadline_ = queue_.clock().steady_now() + std::max(delay, std::chrono::milliseconds(0));
    if (queued_at_ && *queued_at_ <= *deadline_) return;
    dequeue();
    enqueue(*deadline_);
}

void StateTimer::cancel() {
    deadline_.reset();
    dequeue();
}

void StateTimer::enqueue(SteadyTime when) {
    queued_at_ = when;
    queue_.queue_.emplace(when, this);
}

void StateTimer::dequeue() {
    if (!queued_at_) return;
    queue_.queue_.erase({*queued_at_, this});
    queued_at_.reset();
}

}  // namespace milena
