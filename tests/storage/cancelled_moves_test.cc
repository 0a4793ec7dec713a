// SPDX-License-Identifier: Apache-2.0
// Moves that are taken back from another thread, wherever they are.
#include "tests/storage/directories_fixture.h"

namespace milena {
namespace {

TEST_F(DirectoriesTest, AMoveIsTakenBackWhereverItIs) {
    constexpr int kRounds = 100;
    start();
    append(20);
    int ended = 0;
    for (int round = 0; round < kRounds; ++round) {
        ASSERT_TRUE(manager->move("orders", 0, b));
        if (round % 10 == 9) {
            EXPECT_TRUE(await([&] { return is_in(b); }));
        }
        for (int i = 0; i < round * round && !is_in(b); ++i) std::this_thread::yield();
        ended += is_in(b) ? 1 : 0;
        ASSERT_TRUE(manager->move("orders", 0, a));
        append(1);
        ASSERT_TRUE(await([&] { return is_in(a); })) << "round " << round;
        EXPECT_EQ(futures_in(b), 0u);
        EXPECT_EQ(*manager->directory_of("orders", 0), id_of(a));
        std::lock_guard lock(told_mutex);
        EXPECT_TRUE(told.empty() || told.back().second == id_of(a)) << "round " << round;
    }
    EXPECT_GT(ended, 0);
    EXPECT_LT(ended, kRounds);
    expect_all_records();
    const Offset end = log->log_end_offset();
    start();  // after a crash
    EXPECT_TRUE(is_in(a));
    EXPECT_EQ(log->log_end_offset(), end);
    expect_all_records();
}

}  // namespace
}  // namespace milena
