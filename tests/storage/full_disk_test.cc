// SPDX-License-Identifier: Apache-2.0
// What a log does while its disk is full, and when there is room again.
#include "storage/file_names.h"
#include "storage/log_manager.h"
#include "storage/text_checkpoint.h"
#include "storage/transaction_index.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

class FullDiskTest : public LogTest {
  protected:
    FullDiskTest() { files = &faulty; }
    /// Syncs may still run, on files of `faulty`, which goes before the pool.
    void TearDown() override { pool.stop(); }

    FaultyFileSystem faulty;
};

TEST_F(FullDiskTest, LosesNothingAndHeals) {
    auto log = open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    set_log_level(LogLevel::kError);
    testing::internal::CaptureStderr();
    for (int64_t room = 0; room < 80; room += 7) {
        faulty.room_bytes = room;
        auto refused = append(*log, {.records = 2, .producer = 5, .epoch = 0, .sequence = 0});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
        EXPECT_EQ(log->log_end_offset(), Offset(10));
        EXPECT_EQ(read_all(*log, Offset(0)).size(), 5u);
    }
    const std::string said = testing::internal::GetCapturedStderr();
    set_log_level(LogLevel::kOff);
    EXPECT_NE(said.find("takes no records for now: could not write to"), std::string::npos);
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    faulty.room_bytes = -1;
    auto accepted = append(*log, {.records = 2, .producer = 5, .epoch = 0, .sequence = 0});
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(accepted->duplicate);
    EXPECT_EQ(read_all(*log, Offset(0)).size(), 6u);
    log.reset();
    EXPECT_EQ(read_all(*open(after_crash()), Offset(0)).size(), 6u);
}

TEST_F(FullDiskTest, RefusesAMarkerAndHeals) {
    auto log = open();
    const BatchSpec data{.producer = 5, .epoch = 0, .sequence = 0, .transactional = true};
    ASSERT_TRUE(append(*log, data));
    const Bytes marker = make_marker(5, 0, false);
    const auto whole = static_cast<int64_t>(marker.size()) + AbortedTransactionEntry::kSize;
    for (int64_t room = 0; room < whole; room += 5) {
        faulty.room_bytes = room;
        auto refused = append_bytes(*log, marker, AppendOrigin::kCoordinator);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
        EXPECT_EQ(log->log_end_offset(), Offset(1));
        EXPECT_EQ(log->last_stable_offset(), Offset(0));
    }
    faulty.room_bytes = -1;
    ASSERT_TRUE(append(*log, {.records = 1}));  // where the marker would have been
    ASSERT_TRUE(append_bytes(*log, marker, AppendOrigin::kCoordinator));
    for (const bool restarted : {false, true}) {
        if (restarted) log = open(after_crash());
        log->advance_high_watermark(Offset(3));
        EXPECT_EQ(log->last_stable_offset(), Offset(3));
        auto read = log->read(Offset(0), 1000, Offset(3), true, true);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->aborted.size(), 1u);
    }
}

TEST_F(FullDiskTest, WithoutRoomForAnIndexHidesNoTime) {
    constexpr int64_t kFirst = 1'700'000'000'000;
    constexpr int kBatches = 9;  // the last one brings enough entries for them to be written
    {
        auto log = open();
        for (int i = 0; i < kBatches; ++i) {
            Bytes batch = make_batch({.value_bytes = 100, .timestamp = kFirst + i});
            if (i + 1 == kBatches) faulty.room_bytes = static_cast<int64_t>(batch.size());
            ASSERT_TRUE(append_bytes(*log, std::move(batch)));
        }
        EXPECT_EQ(faulty.room_bytes, 0);
        faulty.room_bytes = -1;
        ASSERT_TRUE(log->shut_down());
    }
    auto found = open()->offset_for_timestamp(TimestampMs(kFirst + kBatches - 1));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->offset, Offset(kBatches - 1));
}

TEST_F(FullDiskTest, AtARollHeals) {
    config.segment_bytes = 300;
    auto log = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    faulty.room_bytes = 0;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(append(*log, {.records = 2}));
    faulty.room_bytes = -1;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    EXPECT_EQ(read_all(*log, Offset(0)).size(), 8u);
    ASSERT_TRUE(log->shut_down());
    EXPECT_EQ(read_all(*open(), Offset(0)).size(), 8u);
}

TEST_F(FullDiskTest, OtherDirectoriesHaveTheirCheckpointsWritten) {
    LogManagerOptions options;
    options.directories = {temporary.path + "/full", temporary.path + "/roomy"};
    auto manager = *LogManager::open(options, "wILax37pSb2Yd1HUb5gvjQ", 1, faulty, clock, pool);
    ASSERT_TRUE(manager->load({}));
    for (int i = 0; i < 2; ++i) {
        auto log = *manager->get_or_create({"orders", Uuid::random(), i, config});
        Bytes batch = make_batch({.records = 5});
        ASSERT_TRUE(log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
        log->advance_high_watermark(Offset(5));
        ASSERT_TRUE(log->delete_records_before(Offset(3)));
    }
    faulty.full_directory = options.directories[0];
    EXPECT_FALSE(manager->save_log_starts());
    const std::string path = options.directories[1] + "/" + std::string(kLogStartCheckpoint);
    EXPECT_EQ(*read_offset_checkpoint(faulty, path),
              (OffsetCheckpoint{{{"orders", 1}, Offset(3)}}));
    faulty.full_directory.clear();
    EXPECT_TRUE(manager->save_log_starts());
}

}  // namespace
}  // namespace milena
