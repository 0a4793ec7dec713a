// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaner_pace.h"

#include <algorithm>

namespace milena {
namespace {

using Seconds = std::chrono::duration<double>;

/// Of one core. The broker's own clocks take less, with 100,000 partitions, too.
constexpr double kIdleShareMax = 0.02;

}  // namespace

void CleanerPace::note_backlog(int64_t bytes) {
    if (bytes == 0)
        share_ = kShareMin;
    else if (backlog_ > 0 && bytes >= backlog_)
        share_ = std::min(1.0, 2 * share_);
    backlog_ = bytes;
}

void CleanerPace::note_others(SteadyTime now, Duration cpu_time) {
    others_work_ = Seconds(cpu_time - others_cpu_) > kIdleShareMax * Seconds(now - looked_);
    looked_ = now;
    others_cpu_ = cpu_time;
}

CleanerPace::Duration CleanerPace::rest_after(Duration worked) const {
    if (!others_work_) return {};
    const Seconds rest = std::min(worked, kStintMax) * (1 / share_ - 1);
    return std::chrono::duration_cast<Duration>(rest);
}

}  // namespace milena
