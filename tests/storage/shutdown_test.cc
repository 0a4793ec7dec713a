// SPDX-License-Identifier: Apache-2.0
// What a clean stop costs and promises when there are many logs.
#include "storage/log_manager.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

constexpr int kMany = 200;
constexpr int kFew = 3;

class ShutdownTest : public testing::Test {
  protected:
    ShutdownTest() { set_log_level(LogLevel::kOff); }

    std::unique_ptr<LogManager> open(int logs) {
        LogManagerOptions options;
        options.directories = {temporary.path};
        auto manager = LogManager::open(options, "wILax37pSb2Yd1HUb5gvjQ", 1, files, clock, pool);
        EXPECT_TRUE(manager) << manager.error().to_string();
        std::vector<ExpectedLog> expected;
        for (int i = 0; i < logs; ++i) expected.push_back({"orders", topic_id, i, config});
        EXPECT_TRUE((*manager)->load(expected));
        for (const ExpectedLog& one : expected) {
            auto log = (*manager)->get_or_create(one);
            EXPECT_TRUE(log);
            EXPECT_TRUE((*log)->start_epoch(epoch));
        }
        return std::move(*manager);
    }
    void append_to_all(LogManager& manager, int logs) {
        for (int i = 0; i < logs; ++i) {
            Bytes batch = make_batch({});
            auto info = manager.find("orders", i)
                            ->append_as_leader(batch, epoch, AppendOrigin::kClient, nullptr);
            ASSERT_TRUE(info) << info.error().to_string();
        }
    }
    std::string epochs_of(int partition) {
        auto content = files.read_file(temporary.path + "/orders-" + std::to_string(partition) +
                                       "/leader-epoch-checkpoint");
        return content ? std::string(as_text(*content)) : "missing";
    }

    TemporaryDirectory temporary;
    FaultyFileSystem files;
    TestClock clock;
    ThreadPool pool{2};
    LogConfig config;
    Uuid topic_id = Uuid::random();
    LeaderEpoch epoch{0};
};

TEST_F(ShutdownTest, ManyLogsAreSyncedWithTheirVolume) {
    auto manager = open(kMany);
    append_to_all(*manager, kMany);
    files.syncs = 0;
    ASSERT_TRUE(manager->shut_down(7));
    EXPECT_EQ(files.volume_syncs, 1);
    EXPECT_LT(files.syncs, 10);  // checkpoints and the marker
    manager.reset();
    manager = open(kMany);
    EXPECT_EQ(manager->previous_broker_epoch(), 7);
    for (int i = 0; i < kMany; ++i) {
        EXPECT_EQ(manager->find("orders", i)->log_end_offset(), Offset(1));
        EXPECT_EQ(manager->find("orders", i)->recovery_point(), Offset(1));
    }
}

TEST_F(ShutdownTest, FewLogsLeaveTheVolumeAlone) {
    auto manager = open(kFew);
    append_to_all(*manager, kFew);
    files.syncs = 0;
    ASSERT_TRUE(manager->shut_down(7));
    EXPECT_EQ(files.volume_syncs, 0);
    EXPECT_GE(files.syncs, 3 * kFew);  // records and two indexes
}

TEST_F(ShutdownTest, AFailedVolumeSyncIsNoCleanStop) {
    auto manager = open(kMany);
    append_to_all(*manager, kMany);
    files.syncs_fail = true;
    EXPECT_FALSE(manager->shut_down(7));
    EXPECT_EQ(files.volume_syncs, 1);
    files.syncs_fail = false;
    manager.reset();
    manager = open(kMany);
    EXPECT_EQ(manager->previous_broker_epoch(), -1);
    EXPECT_EQ(manager->find("orders", 0)->log_end_offset(), Offset(1));
    EXPECT_EQ(manager->find("orders", 0)->recovery_point(), Offset(0));
}

TEST_F(ShutdownTest, AnEpochIsWrittenWithItsFirstRecord) {
    auto manager = open(kMany);
    append_to_all(*manager, kMany);
    ASSERT_TRUE(manager->shut_down(7));
    manager.reset();
    epoch = LeaderEpoch(1);
    manager = open(kMany);
    EXPECT_EQ(manager->find("orders", 0)->latest_epoch(), epoch);
    append_to_all(*manager, 1);
    files.volume_syncs = 0;
    ASSERT_TRUE(manager->shut_down(8));
    EXPECT_EQ(files.volume_syncs, 0);  // one log has something new
    EXPECT_EQ(epochs_of(0), "0\n2\n0 0\n1 1\n");
    EXPECT_EQ(epochs_of(1), "0\n1\n0 0\n");
}

}  // namespace
}  // namespace milena
