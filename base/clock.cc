// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace milena {
namespace {

class SystemClock final : public Clock {
  public:
    TimestampMs now() const override {
        auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return TimestampMs(
            std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
    }
    SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

}  // namespace milena
