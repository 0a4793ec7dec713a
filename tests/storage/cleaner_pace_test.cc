// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaner_pace.h"

#include <gtest/gtest.h>

namespace milena {
namespace {

using std::chrono::milliseconds;
using Duration = CleanerPace::Duration;

class CleanerPaceTest : public testing::Test {
  protected:
    /// Of each second the others take the share `others` of a core.
    Duration rest_beside(double others) {
        for (int second = 0; second < 2; ++second) {
            now += kSecond;
            EXPECT_TRUE(pace.is_look_due(now));
            others_cpu += std::chrono::duration_cast<Duration>(others * kSecond);
            pace.note_others(now, others_cpu);
        }
        return pace.rest_after(kStint, now);
    }

    static constexpr Duration kStint = milliseconds(1), kSecond = std::chrono::seconds(1);
    CleanerPace pace;
    SteadyTime now = SteadyTime{} + std::chrono::hours(1);
    Duration others_cpu = milliseconds(500);
};

TEST_F(CleanerPaceTest, RestsFifteenTimesAsLongAsItWorksBesideOthers) {
    EXPECT_EQ(rest_beside(0.05), 15 * kStint);
}

TEST_F(CleanerPaceTest, DoesNotRestWhenNobodyElseWorks) {
    rest_beside(0.05);
    EXPECT_EQ(rest_beside(0.01), Duration{});
    EXPECT_EQ(rest_beside(0.05), 15 * kStint);
}

TEST_F(CleanerPaceTest, ALongStintIsNoReasonForALongRest) {
    rest_beside(0.5);
    EXPECT_EQ(pace.rest_after(std::chrono::seconds(10), now), 15 * CleanerPace::kStintMax);
}

TEST_F(CleanerPaceTest, WorksMoreWhenItDoesNotSuffice) {
    pace.note_work(now);
    EXPECT_EQ(rest_beside(0.5), 15 * kStint);
    for (const int rest : {7, 3, 1, 0, 0}) {
        now += CleanerPace::kPatience;
        pace.note_work(now);
        rest_beside(0.5);
        EXPECT_EQ(rest_beside(0.5), rest * kStint);
    }
    pace.note_all_clean();
    pace.note_work(now);
    EXPECT_EQ(rest_beside(0.5), 15 * kStint);
}

TEST_F(CleanerPaceTest, WhatWasLongAgoSaysNothingOfNow) {
    EXPECT_EQ(rest_beside(0.01), Duration{});
    now += std::chrono::hours(1);
    pace.note_others(now, others_cpu);
    EXPECT_EQ(pace.rest_after(kStint, now), 15 * kStint);
}

}  // namespace
}  // namespace milena
