// SPDX-License-Identifier: Apache-2.0
#include "storage/superseded_records.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace milena {
namespace {

TEST(SupersededRecords, CountsWhatWasSet) {
    constexpr uint32_t kSeed = 20261121;
    constexpr int64_t kOffsets = 1000;
    std::mt19937 random(kSeed);
    SupersededRecords records(1 << 10);
    const Offset base(7'000'000'000);
    records.start(base, kOffsets);
    std::set<int64_t> expected;
    for (int i = 0; i < 400; ++i) {
        const int64_t at = random() % kOffsets;
        records.set_superseded(base + at);
        expected.insert(at);
    }
    for (int64_t first = 0; first < kOffsets; first += 1 + random() % 5)
        for (int64_t last = first; last < kOffsets; last += 1 + random() % 50)
            ASSERT_EQ(records.superseded_between(base + first, base + last),
                      std::distance(expected.lower_bound(first), expected.upper_bound(last)))
                << first << " to " << last;
    for (int64_t at = 0; at < kOffsets; ++at)
        ASSERT_EQ(records.is_superseded(base + at), expected.contains(at)) << at;
}

TEST(SupersededRecords, WhatHasNoRoomIsNotCovered) {
    SupersededRecords records(8);
    records.start(Offset(100), 1000);
    EXPECT_TRUE(records.covers(Offset(100), Offset(131)));
    EXPECT_FALSE(records.covers(Offset(100), Offset(132)));
    EXPECT_FALSE(records.covers(Offset(99), Offset(100)));
    records.set_superseded(Offset(132));
    records.set_plain(Offset(99));
    EXPECT_EQ(records.superseded_between(Offset(100), Offset(131)), 0);
}

TEST(SupersededRecords, ForgetsWhenItIsStarted) {
    SupersededRecords records(1 << 10);
    records.start(Offset(0), 10);
    records.set_superseded(Offset(3));
    records.set_plain(Offset(3));
    EXPECT_TRUE(records.is_plain(Offset(3)));
    EXPECT_FALSE(records.is_plain(Offset(4)));
    records.start(Offset(0), 10);
    EXPECT_FALSE(records.is_superseded(Offset(3)));
    EXPECT_FALSE(records.is_plain(Offset(3)));
}

}  // namespace
}  // namespace milena
