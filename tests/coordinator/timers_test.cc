// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/timers.h"

#include "harness.h"

namespace milena {
namespace {

using std::chrono::milliseconds;
using testing::ManualClock;

class Timers : public ::testing::Test {
  protected:
    StateTimer::Task count(int& runs) {
        return [&runs]() -> Effects {
            ++runs;
            return {};
        };
    }
    void pass(milliseconds time) {
        clock_.advance(time);
        queue_.expire([](Effects) {});
    }

    ManualClock clock_;
    TimerQueue queue_{clock_};
};

TEST_F(Timers, RunOnceAtTheirDeadline) {
    int runs = 0;
    StateTimer timer(queue_, count(runs));
    timer.arm(milliseconds(10));
    pass(milliseconds(9));
    EXPECT_EQ(runs, 0);
    pass(milliseconds(1));
    EXPECT_EQ(runs, 1);
    pass(milliseconds(100));
    EXPECT_EQ(runs, 1);
}

TEST_F(Timers, MoveToLaterAndToEarlier) {
    int runs = 0;
    StateTimer timer(queue_, count(runs));
    timer.arm(milliseconds(10));
    timer.arm(milliseconds(20));
    pass(milliseconds(10));
    EXPECT_EQ(runs, 0);
    EXPECT_TRUE(queue_.next());
    timer.arm(milliseconds(1));
    pass(milliseconds(1));
    EXPECT_EQ(runs, 1);
}

TEST_F(Timers, CancelledAndDestroyedOnesNeverRun) {
    int runs = 0;
    {
        StateTimer destroyed(queue_, count(runs));
        destroyed.arm(milliseconds(1));
    }
    StateTimer cancelled(queue_, count(runs));
    cancelled.arm(milliseconds(1));
    cancelled.cancel();
    EXPECT_FALSE(queue_.next());
    pass(milliseconds(5));
    EXPECT_EQ(runs, 0);
}

TEST_F(Timers, MayDestroyThemselves) {
    std::unique_ptr<StateTimer> timer;
    timer = std::make_unique<StateTimer>(queue_, [&timer]() -> Effects {
        timer.reset();
        return {};
    });
    timer->arm(milliseconds(1));
    pass(milliseconds(1));
    EXPECT_EQ(timer, nullptr);
    EXPECT_FALSE(queue_.next());
}

}  // namespace
}  // namespace milena
