// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaner_pace.h"

#include <algorithm>
#include <cmath>

namespace milena {
namespace {

using Seconds = std::chrono::duration<double>;

/// Of one core, which is enough for 1,000 requests a second. The broker's own clocks take less.
constexpr double kIdleShareMax = 0.02;
/// Who has worked may go on after a moment.
constexpr CleanerPace::Duration kMoment = std::chrono::seconds(1);
/// What was taken in a longer time than this says nothing of now.
constexpr CleanerPace::Duration kLookMax = std::chrono::seconds(5);

}  // namespace

void CleanerPace::note_others(SteadyTime now, Duration cpu_time, Duration error) {
    const Duration passed = now - looked_;
    const Seconds taken = cpu_time - others_cpu_ - error;
    if (passed > kLookMax || taken > kIdleShareMax * passed) others_worked_ = now;
    looked_ = now;
    others_cpu_ = cpu_time;
}

CleanerPace::Duration CleanerPace::rest_after(Duration worked, SteadyTime now) const {
    if (looked_ - others_worked_ >= kMoment) return {};
    const auto minutes = since_ ? (now - *since_) / kPatience : 0;
    const double share = std::min(1.0, kShareMin * std::exp2(minutes));
    const Seconds rest = std::min(worked, kStintMax) * (1 / share - 1);
    return std::chrono::duration_cast<Duration>(rest);
}

}  // namespace milena
