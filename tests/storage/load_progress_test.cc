// SPDX-License-Identifier: Apache-2.0
#include "storage/load_progress.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/storage/fixtures.h"

namespace milena {
namespace {

TEST(LoadProgress, SaysNowAndThenHowFarItIs) {
    set_log_level(LogLevel::kInfo);  // others, in this process, want to hear nothing
    TestClock clock;
    LoadProgress progress(100, clock);
    testing::internal::CaptureStderr();
    for (int i = 0; i < 30; ++i) {
        clock.now_ms += 400;
        progress.one_is_done();
    }
    const std::string said = testing::internal::GetCapturedStderr();
    set_log_level(LogLevel::kOff);
    EXPECT_NE(said.find("13 of 100"), std::string::npos) << said;
    EXPECT_NE(said.find("26 of 100"), std::string::npos) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;
}

}  // namespace
}  // namespace milena
