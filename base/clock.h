// SPDX-License-Identifier: Apache-2.0
// Time, handed in so that tests and simulations own it.
#pragma once

#include <chrono>

#include "base/ids.h"

namespace milena {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
  public:
    virtual ~Clock() = default;
    /// Wall time: what goes into records.
    virtual TimestampMs now() const = 0;
    /// Time that never jumps: what deadlines are measured by.
    virtual SteadyTime steady_now() const = 0;
};

/// The machine's clocks. Lives for the whole process.
const Clock& system_clock();

}  // namespace milena
