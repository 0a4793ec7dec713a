// SPDX-License-Identifier: Apache-2.0
// Which segments retention drops, and what becomes of their files.
#include <fcntl.h>
#include <sys/stat.h>

#include "storage/control_record.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

constexpr int64_t kStart = 1'700'000'000'000;
constexpr int64_t kMinute = 60'000;

/// Segments of two records each, a minute between records: [0 1] [2 3] ... the last one active.
class RetentionTest : public LogTest {
  protected:
    RetentionTest() {
        config.segment_bytes = 2 * kBatchBytes + kBatchBytes / 2;
        config.retention_ms = -1;
        config.file_delete_delay_ms = kMinute;
    }
    static BatchSpec batch(int64_t timestamp) { return {.timestamp = timestamp}; }
    std::shared_ptr<PartitionLog> fill(int records) {
        auto log = open();
        for (int i = 0; i < records; ++i) EXPECT_TRUE(append(*log, batch(kStart + i * kMinute)));
        return log;
    }
    void reconfigure(PartitionLog& log) { log.reconfigure(config); }
    bool has(int64_t base_offset, const std::string& suffix) {
        return files->exists(directory() + "/" + segment_file_name(Offset(base_offset), suffix));
    }

    static inline const int64_t kBatchBytes = static_cast<int64_t>(make_batch({}).size());
};

TEST_F(RetentionTest, OldSegmentsGoByTheirNewestRecord) {
    auto log = fill(10);
    clock.now_ms = kStart + 10 * kMinute;
    config.retention_ms = 7 * kMinute;
    reconfigure(*log);
    // Record 3 is exactly 7 minutes old: not older than that.
    EXPECT_EQ(*log->delete_old_segments(), 1u);
    EXPECT_EQ(log->log_start_offset(), Offset(2));
    clock.now_ms += 1;
    EXPECT_EQ(*log->delete_old_segments(), 1u);
    EXPECT_EQ(log->log_start_offset(), Offset(4));
    EXPECT_EQ(*log->delete_old_segments(), 0u);
    EXPECT_EQ(read_all(*log, Offset(4)).size(), 6u);
    EXPECT_EQ(log->read(Offset(3), 100, Offset(10), true, false).error().code(),
              ErrorCode::OFFSET_OUT_OF_RANGE);
}

TEST_F(RetentionTest, SegmentsWithoutTimestampsGoByTheAgeOfTheirFiles) {
    auto log = open();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(append(*log, batch(-1)));
    for (const int64_t base : {0, 2, 4}) {
        const timespec written{(kStart + base * kMinute) / 1000, 0};
        const std::string path = directory() + "/" + segment_file_name(Offset(base), kLogSuffix);
        const timespec times[] = {written, written};
        ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    }
    LogCheckpoint committed;
    committed.high_watermark = Offset(6);
    log = open(committed);
    clock.now_ms = kStart + 10 * kMinute;
    config.retention_ms = 7 * kMinute;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 2u);
    EXPECT_EQ(log->log_start_offset(), Offset(4));
}

TEST_F(RetentionTest, TheActiveSegmentGoesToo) {
    auto log = fill(4);
    clock.now_ms = kStart + 1000 * kMinute;
    config.retention_ms = kMinute;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 2u);
    EXPECT_EQ(log->log_start_offset(), Offset(4));
    EXPECT_EQ(log->log_end_offset(), Offset(4));
    EXPECT_EQ(log->size_bytes(), 0);
    EXPECT_EQ(*log->delete_old_segments(), 0u) << "an empty segment waits for records";
    ASSERT_TRUE(append(*log, batch(clock.now_ms)));
    EXPECT_EQ(read_all(*log, Offset(4)).size(), 1u);
    log = open(after_crash());
    EXPECT_EQ(log->log_start_offset(), Offset(4));
    EXPECT_EQ(log->log_end_offset(), Offset(5));
}

TEST_F(RetentionTest, ALargeLogIsCutToItsSize) {
    auto log = fill(10);
    config.retention_bytes = 6 * kBatchBytes + 1;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 1u) << "a segment goes only if enough is left";
    EXPECT_EQ(log->log_start_offset(), Offset(2));
    config.retention_bytes = 6 * kBatchBytes;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 1u);
    EXPECT_EQ(log->size_bytes(), 6 * kBatchBytes);
    config.retention_bytes = 0;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 3u);
    EXPECT_EQ(log->size_bytes(), 0);
}

TEST_F(RetentionTest, WhatIsNotCommittedStays) {
    auto log = open();
    for (int i = 0; i < 6; ++i) {
        Bytes bytes = make_batch({});
        ASSERT_TRUE(log->append_as_leader(bytes, epoch, AppendOrigin::kClient, nullptr));
    }
    log->advance_high_watermark(Offset(3));
    config.retention_bytes = 0;
    reconfigure(*log);
    EXPECT_EQ(*log->delete_old_segments(), 1u);
    EXPECT_EQ(log->log_start_offset(), Offset(2));
}

TEST_F(RetentionTest, OfACompactedLogOnlyDeletedRecordsGo) {
    auto log = fill(10);
    config.cleanup_delete = false;
    config.cleanup_compact = true;
    config.retention_ms = 1;
    reconfigure(*log);
    clock.now_ms = kStart + 1000 * kMinute;
    EXPECT_EQ(*log->delete_old_segments(), 0u);
    ASSERT_TRUE(log->delete_records_before(Offset(5)));
    EXPECT_EQ(*log->delete_old_segments(), 2u);
    EXPECT_EQ(log->first_segment_offset(), Offset(4));
    EXPECT_EQ(log->log_start_offset(), Offset(5));
}

TEST_F(RetentionTest, FilesAreSetAsideAndRemovedLater) {
    auto log = fill(6);
    auto early = log->read(Offset(0), 1 << 20, Offset(6), true, false);
    ASSERT_TRUE(log->shut_down());  // a snapshot, trimmed indexes
    log = open();
    log->advance_high_watermark(Offset(6));
    config.retention_bytes = 0;
    reconfigure(*log);
    ASSERT_EQ(*log->delete_old_segments(), 3u);
    for (const std::string suffix : {".log", ".index", ".timeindex"}) {
        EXPECT_FALSE(has(0, suffix)) << suffix;
        EXPECT_TRUE(has(0, suffix + ".deleted")) << suffix;
    }
    retired->remove_due(*files, clock.steady_now() + std::chrono::milliseconds(kMinute - 1));
    EXPECT_TRUE(has(0, ".log.deleted"));
    retired->remove_due(*files, clock.steady_now() + std::chrono::milliseconds(kMinute));
    EXPECT_FALSE(has(0, ".log.deleted"));
    EXPECT_FALSE(has(4, ".timeindex.deleted"));
    EXPECT_EQ(ranges(bytes_of(early->records)).size(), 2u) << "a slice stays readable";
}

TEST_F(RetentionTest, AfterACrashWhatWasSetAsideIsGone) {
    auto log = fill(6);
    ASSERT_TRUE(sync(*log));
    config.retention_bytes = 0;
    reconfigure(*log);
    ASSERT_EQ(*log->delete_old_segments(), 3u);
    log = open(after_crash());
    EXPECT_FALSE(has(0, ".log.deleted"));
    EXPECT_EQ(log->log_start_offset(), Offset(6));
}

TEST_F(RetentionTest, AppendsDoNotWaitForTheFiles) {
    FaultyFileSystem faulty;
    files = &faulty;
    auto log = fill(6);
    config.retention_bytes = 0;
    reconfigure(*log);
    bool appended = false;
    faulty.before_set_aside = [&] {
        std::thread([&] { appended = bool(append(*log, batch(kStart))); }).join();
    };
    EXPECT_EQ(*log->delete_old_segments(), 3u);
    EXPECT_TRUE(appended);
    EXPECT_EQ(read_all(*log, Offset(6)).size(), 1u);
    EXPECT_TRUE(sync(*log));
}

TEST_F(RetentionTest, ARecordThatComesInBetweenKeepsTheActiveSegment) {
    auto log = fill(2);
    config.retention_bytes = 0;
    config.segment_bytes = 1 << 20;
    reconfigure(*log);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        while (!stop) (void)append(*log, batch(kStart));
    });
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(log->delete_old_segments());
    stop = true;
    writer.join();
    const Offset start = log->log_start_offset();
    const auto left = read_all(*log, start);
    EXPECT_EQ(static_cast<int64_t>(left.size()), log->log_end_offset() - start);
}

TEST_F(RetentionTest, ACompactedLogRollsInTimeForItsLag) {
    config.segment_bytes = 1 << 20;
    config.segment_ms = 100 * kMinute;
    config.max_compaction_lag_ms = 3 * kMinute;
    auto log = fill(8);
    EXPECT_EQ(log->segment_list()->size(), 1u);
    config.cleanup_compact = true;
    reconfigure(*log);
    BatchSpec late = batch(kStart + 8 * kMinute);
    late.key = "key";
    ASSERT_TRUE(append(*log, late));
    EXPECT_EQ(log->segment_list()->size(), 2u);
}

}  // namespace
}  // namespace milena
