// SPDX-License-Identifier: Apache-2.0
// What the log manager does with old records by itself.
#include "storage/log_manager.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

class BackgroundTest : public testing::Test {
  protected:
    BackgroundTest() {
        set_log_level(LogLevel::kOff);
        options.directories = {temporary.path + "/data"};
        options.retention_delay_ms = 0;
        options.cleaner.backoff_ms = 1;
        config.segment_bytes = 200;
        config.retention_ms = 1000;
        config.file_delete_delay_ms = 1000;
        config.min_cleanable_dirty_ratio = 0;
    }
    std::unique_ptr<LogManager> reopen() {
        return *LogManager::open(options, "wILax37pSb2Yd1HUb5gvjQ", 1, files, clock, pool);
    }
    std::unique_ptr<LogManager> open() {
        auto manager = reopen();
        EXPECT_TRUE(manager->load({}));
        return manager;
    }
    std::shared_ptr<Log> make_log(LogManager& manager) {
        auto log = *manager.get_or_create({"orders", Uuid::random(), 0, config});
        for (int i = 0; i < 10; ++i) {
            Bytes batch = make_batch({.key = "key"});
            EXPECT_TRUE(
                log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
            log->advance_high_watermark(log->log_end_offset());
        }
        return log;
    }
    std::string path(const std::string& name) const { return options.directories[0] + "/" + name; }
    template <class Condition>
    static bool comes_true(const Condition& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return true;
    }

    TemporaryDirectory temporary;
    FileSystem& files = posix_file_system();
    TestClock clock;
    ThreadPool pool{2};
    LogManagerOptions options;
    LogConfig config;
};

TEST_F(BackgroundTest, OldSegmentsAreDroppedAndTheirFilesRemovedLater) {
    auto manager = open();
    auto log = make_log(*manager);
    clock.now_ms += 2000;
    manager->start_background();
    ASSERT_TRUE(comes_true([&] { return log->log_start_offset() == Offset(10); }));
    const std::string aside = path("orders-0/00000000000000000000.log.deleted");
    ASSERT_TRUE(comes_true([&] { return files.exists(aside); }));
    clock.now_ms += 2000;
    EXPECT_TRUE(comes_true([&] { return !files.exists(aside); }));
    EXPECT_TRUE(manager->shut_down(1));
}

TEST_F(BackgroundTest, RecordsAreFlushedByTheClock) {
    config.flush_ms = 1000;
    config.retention_ms = -1;
    const ExpectedLog wanted{"orders", Uuid::random(), 0, config};
    auto manager = open();
    Bytes batch = make_batch({});
    ASSERT_TRUE((*manager->get_or_create(wanted))
                    ->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
    manager.reset();  // a crash: the record is as unflushed as those that come
    manager = reopen();
    ASSERT_TRUE(manager->load({wanted}));
    auto log = *manager->get_or_create(wanted);
    manager->start_background();
    for (const Offset end : {Offset(1), Offset(2)}) {
        EXPECT_LT(log->recovery_point(), end);
        clock.now_ms += 2000;
        EXPECT_TRUE(comes_true([&] { return log->recovery_point() == end; }));
        batch = make_batch({});
        ASSERT_TRUE(log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
    }
}

TEST_F(BackgroundTest, DeletedRecordsGoWithoutRetention) {
    config.retention_ms = -1;
    auto manager = open();
    auto log = make_log(*manager);
    manager->start_background();
    EXPECT_TRUE(files.exists(path("orders-0/00000000000000000000.log")));
    ASSERT_TRUE(log->delete_records_before(Offset(9)));
    EXPECT_TRUE(comes_true(
        [&] { return files.exists(path("orders-0/00000000000000000000.log.deleted")); }));
}

TEST_F(BackgroundTest, CompactedLogsAreCompacted) {
    config.cleanup_compact = true;
    config.cleanup_delete = false;
    auto manager = open();
    auto log = make_log(*manager);
    const int64_t before = log->size_bytes();
    manager->start_background();
    const std::string checkpoint = path("cleaner-offset-checkpoint");
    ASSERT_TRUE(comes_true([&] { return files.exists(checkpoint); }));
    EXPECT_LT(log->size_bytes(), before);
    EXPECT_EQ(log->log_start_offset(), Offset(0));
    EXPECT_NE(as_text(*files.read_file(checkpoint)).find("orders 0 "), std::string_view::npos);
    ASSERT_TRUE(manager->remove("orders", 0));
    EXPECT_TRUE(comes_true([&] { return as_text(*files.read_file(checkpoint)) == "0\n0\n"; }));
    EXPECT_TRUE(manager->shut_down(1));
}

}  // namespace
}  // namespace milena
