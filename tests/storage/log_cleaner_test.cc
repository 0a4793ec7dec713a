// SPDX-License-Identifier: Apache-2.0
#include "storage/log_cleaner.h"

#include "tests/storage/compaction_fixture.h"

namespace milena {
namespace {

class LogCleanerTest : public CompactionTest {
  protected:
    std::unique_ptr<LogCleaner> make_cleaner() {
        return std::make_unique<LogCleaner>(
            [this] {
                std::lock_guard lock(mutex);
                return logs;
            },
            *files, clock, options);
    }
    /// A log with twice as many records as keys.
    std::shared_ptr<PartitionLog> dirty_log() {
        auto log = open();
        for (int i = 0; i < 20; ++i) put(*log, {{std::to_string(i % 10), std::to_string(i)}});
        roll(*log);
        std::lock_guard lock(mutex);
        logs = {{log, temporary.path}};
        return log;
    }
    std::string checkpoint() {
        auto content = files->read_file(temporary.path + "/cleaner-offset-checkpoint");
        return content ? std::string(as_text(*content)) : "missing";
    }

    CleanerOptions options;
    std::mutex mutex;
    std::vector<CleanableLog> logs;
};

TEST_F(LogCleanerTest, CleansWhatIsDirtyAndNotesHowFar) {
    auto log = dirty_log();
    auto cleaner = make_cleaner();
    EXPECT_TRUE(cleaner->clean_one());
    EXPECT_EQ(records(*log).size(), 11u);
    EXPECT_EQ(checkpoint(), "0\n1\norders 0 20\n");
    EXPECT_FALSE(cleaner->clean_one()) << "nothing is dirty any more";
    cleaner = make_cleaner();
    EXPECT_FALSE(cleaner->clean_one()) << "the checkpoint says so";
    put(*log, {{"0", "new"}});
    roll(*log);
    EXPECT_TRUE(cleaner->clean_one());
    EXPECT_EQ(checkpoint(), "0\n1\norders 0 22\n");
}

TEST_F(LogCleanerTest, TheRatioDecidesUntilRecordsWaitTooLong) {
    auto log = dirty_log();
    auto cleaner = make_cleaner();
    ASSERT_TRUE(cleaner->clean_one());
    config.min_cleanable_dirty_ratio = 0.9;
    log->reconfigure(config);
    put(*log, {{"0", "new"}});
    roll(*log);
    EXPECT_FALSE(cleaner->clean_one());
    config.max_compaction_lag_ms = 1000;
    log->reconfigure(config);
    EXPECT_FALSE(cleaner->clean_one());
    clock.now_ms += 2000;
    EXPECT_TRUE(cleaner->clean_one());
}

TEST_F(LogCleanerTest, YoungRecordsAreLeftAlone) {
    config.min_compaction_lag_ms = 1000;
    auto log = dirty_log();
    auto cleaner = make_cleaner();
    EXPECT_FALSE(cleaner->clean_one());
    clock.now_ms += 2000;
    EXPECT_TRUE(cleaner->clean_one());
}

TEST_F(LogCleanerTest, OfSeveralTheDirtiestIsFirst) {
    auto log = dirty_log();
    auto cleaner = make_cleaner();
    ASSERT_TRUE(cleaner->clean_one());
    put(*log, {{"0", "new"}});
    roll(*log);
    LogEnvironment environment{std::make_shared<FileCache>(*files, 10), clock, pool};
    auto other = *PartitionLog::open(environment, temporary.path + "/other-0", {"other", 0},
                                     Uuid::random(), std::make_shared<const LogConfig>(config), {});
    put(*other, {{"a", "1"}});
    put(*other, {{"a", "2"}});
    roll(*other);
    logs.push_back({other, temporary.path});
    EXPECT_TRUE(cleaner->clean_one());
    EXPECT_EQ(records(*other).size(), 2u);
    EXPECT_EQ(checkpoint(), "0\n2\norders 0 20\nother 0 2\n");
}

TEST_F(LogCleanerTest, ADamagedLogIsNamedAndNotTriedAgain) {
    auto log = dirty_log();
    const std::string path = directory() + "/" + segment_file_name(Offset(0), kLogSuffix);
    const Bytes bad{0xff};
    ASSERT_TRUE((*files->open(path, OpenMode::kReadWrite))->write_at(100, bad));
    auto cleaner = make_cleaner();
    EXPECT_TRUE(cleaner->clean_one());
    EXPECT_EQ(cleaner->uncleanable(), (std::set<PartitionName>{{"orders", 0}}));
    clock.now_ms += 86'400'000;
    EXPECT_FALSE(cleaner->clean_one());
    EXPECT_EQ(checkpoint(), "missing");
    ASSERT_TRUE(cleaner->forget({{"orders", 0}}, {temporary.path}));
    EXPECT_TRUE(cleaner->uncleanable().empty());
}

TEST_F(LogCleanerTest, ARemovedLogLeavesTheCheckpoint) {
    auto log = dirty_log();
    ASSERT_TRUE(make_cleaner()->clean_one());
    // Another one, which has not looked at the checkpoint yet.
    ASSERT_TRUE(make_cleaner()->forget({{"orders", 0}}, {temporary.path}));
    EXPECT_EQ(checkpoint(), "0\n0\n");
}

TEST_F(LogCleanerTest, ThreadsComeAndGo) {
    auto log = dirty_log();
    options.backoff_ms = 1;
    options.threads = 0;
    auto cleaner = make_cleaner();
    cleaner->start();
    EXPECT_EQ(checkpoint(), "missing");
    options.threads = 3;
    cleaner->reconfigure(options);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (checkpoint() != "0\n1\norders 0 20\n") {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline) << checkpoint();
        std::this_thread::yield();
    }
    cleaner->stop();
    EXPECT_EQ(records(*log).size(), 11u);
}

TEST_F(LogCleanerTest, RetentionOfCompactedLogsIsItsBusinessToo) {
    config.cleanup_delete = true;
    config.retention_ms = 1000;
    auto log = dirty_log();
    clock.now_ms += 86'400'000;
    auto cleaner = make_cleaner();
    cleaner->delete_old_segments();
    EXPECT_EQ(log->log_start_offset(), log->log_end_offset());
}

TEST(Throttle, KeepsTheRate) {
    Throttle throttle;
    throttle.set_rate(1000);
    const SteadyTime start{};
    EXPECT_EQ(throttle.charge(500, start), start + std::chrono::milliseconds(500));
    EXPECT_EQ(throttle.charge(500, start), start + std::chrono::milliseconds(1000));
    const SteadyTime later = start + std::chrono::seconds(10);
    EXPECT_EQ(throttle.charge(100, later), later + std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace milena
