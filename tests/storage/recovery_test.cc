// SPDX-License-Identifier: Apache-2.0
// What a crash or a failing disk leaves, and what the log makes of it.
#include <future>

#include "storage/transaction_index.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

using Ranges = std::vector<std::pair<int64_t, int64_t>>;

class RecoveryTest : public LogTest {
  protected:
    /// Syncs may still run, on files of `faulty`, which goes before the pool.
    void TearDown() override { pool.stop(); }

    std::string file(int64_t base_offset, std::string_view suffix) const {
        return directory() + "/" + segment_file_name(Offset(base_offset), suffix);
    }
    Bytes content(const std::string& path) { return files->read_file(path).value(); }
    void write(const std::string& path, BytesView bytes) {
        auto opened = files->open(path, OpenMode::kTruncate);
        ASSERT_TRUE(opened && (*opened)->write_at(0, bytes));
    }
    FaultyFileSystem faulty;
};

TEST_F(RecoveryTest, CutsATornTailAtAnyByte) {
    {
        auto log = open();
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
        ASSERT_TRUE(log->shut_down());
    }
    const Bytes whole = content(file(0, kLogSuffix));
    const size_t batch = whole.size() / 5;
    for (size_t left = batch * 3; left <= whole.size(); ++left) {
        write(file(0, kLogSuffix), BytesView(whole).first(left));
        auto log = open(after_crash());
        ASSERT_EQ(log->log_end_offset(), Offset(static_cast<int64_t>(left / batch) * 2)) << left;
        ASSERT_EQ(read_all(*log, Offset(0)).size(), left / batch);
        ASSERT_TRUE(append(*log, {.records = 1}));
        ASSERT_EQ(read_all(*log, Offset(0)).size(), left / batch + 1);
    }
}

TEST_F(RecoveryTest, CutsWhereABitFlipped) {
    {
        auto log = open();
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    }
    const Bytes whole = content(file(0, kLogSuffix));
    const size_t batch = whole.size() / 5;
    for (size_t at = batch * 3 + 16; at < batch * 4; at += 3) {
        Bytes damaged = whole;
        damaged[at] ^= 0x10;
        write(file(0, kLogSuffix), damaged);
        auto log = open(after_crash());
        ASSERT_EQ(log->log_end_offset(), Offset(6)) << at;
    }
}

TEST_F(RecoveryTest, GoesOnBehindDeletedRecordsThatWereLost) {
    {
        auto log = open();
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    }
    write(file(0, kLogSuffix), {});
    LogCheckpoint deleted = after_crash();
    deleted.log_start = Offset(8);
    EXPECT_EQ(open(deleted)->log_end_offset(), Offset(8));
    // The log starts where its first segment does, so no checkpoint tells of it any more.
    EXPECT_EQ(open(after_crash())->log_end_offset(), Offset(8));
}

TEST_F(RecoveryTest, DropsSegmentsBehindAHole) {
    config.segment_bytes = 300;
    Ranges all;
    {
        auto log = open();
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
        all = read_all(*log, Offset(0));
        ASSERT_TRUE(log->shut_down());
    }
    Bytes middle = content(file(6, kLogSuffix));
    middle.resize(middle.size() - 1);
    write(file(6, kLogSuffix), middle);
    auto log = open(after_crash());
    Ranges left = read_all(*log, Offset(0));
    ASSERT_LT(left.size(), all.size());
    EXPECT_TRUE(std::equal(left.begin(), left.end(), all.begin()));
    EXPECT_EQ(log->log_end_offset().value, left.back().second + 1);
    ASSERT_TRUE(append(*log, {.records = 2}));
    ASSERT_TRUE(log->shut_down());
    log = open();
    EXPECT_EQ(read_all(*log, Offset(0)).size(), left.size() + 1);
}

TEST_F(RecoveryTest, TrustsWhatIsBelowTheRecoveryPoint) {
    config.segment_bytes = 300;
    Offset recovery_point;
    {
        auto log = open();
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
        ASSERT_TRUE(sync(*log));
        recovery_point = log->recovery_point();
        EXPECT_EQ(recovery_point, log->log_end_offset());
    }
    // Damage there would be found only by reading it: that it stays proves that nobody did.
    Bytes first = content(file(0, kLogSuffix));
    first[70] ^= 1;
    write(file(0, kLogSuffix), first);
    auto log = open(after_crash(recovery_point));
    EXPECT_EQ(log->log_end_offset(), recovery_point);
}

TEST_F(RecoveryTest, MakesLostIndexesAnew) {
    config.segment_bytes = 1000;
    {
        auto log = open();
        for (int i = 0; i < 40; ++i)
            ASSERT_TRUE(append(*log, {.records = 2, .timestamp = clock.now_ms + i * 7}));
        ASSERT_TRUE(log->shut_down());
    }
    std::map<std::string, Bytes> before;
    const auto names = files->list(directory());
    for (const std::string& name : *names)
        if (name.ends_with(kOffsetIndexSuffix) || name.ends_with(kTimeIndexSuffix)) {
            before[name] = content(directory() + "/" + name);
            ASSERT_TRUE(files->remove(directory() + "/" + name));
        }
    ASSERT_GT(before.size(), 4u);
    auto log = open();
    ASSERT_TRUE(log->shut_down());
    for (const auto& [name, bytes] : before) {
        if (name.ends_with(kOffsetIndexSuffix)) {
            EXPECT_EQ(content(directory() + "/" + name), bytes);
        }
        EXPECT_GE(content(directory() + "/" + name).size() + TimeIndexEntry::kSize, bytes.size());
    }
}

TEST_F(RecoveryTest, ADamagedIndexMisleadsNobody) {
    {
        auto log = open();
        for (int i = 0; i < 40; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
        ASSERT_TRUE(log->shut_down());
    }
    Bytes index = content(file(0, kOffsetIndexSuffix));
    for (size_t at = 4; at < index.size(); at += 8) index[at + 3] ^= 0x55;
    write(file(0, kOffsetIndexSuffix), index);
    auto log = open();
    EXPECT_EQ(log->log_end_offset(), Offset(80));
    EXPECT_EQ(read_all(*log, Offset(0), 1).size(), 40u);
}

TEST_F(RecoveryTest, RemembersProducersAfterACrash) {
    config.segment_bytes = 500;
    auto produce = [&](PartitionLog& log, int32_t sequence) {
        return append(log, {.records = 2, .producer = 9, .epoch = 1, .sequence = sequence});
    };
    Offset last;
    {
        auto log = open();
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(produce(*log, i * 2));
        last = produce(*log, 40)->first_offset;
    }
    for (bool with_snapshots : {true, false}) {
        if (!with_snapshots)
            for (const std::string& name : *files->list(directory()))
                if (name.ends_with(kSnapshotSuffix)) {
                    write(directory() + "/" + name, as_bytes("broken"));
                }
        auto log = open(after_crash());
        auto again = produce(*log, 40);
        ASSERT_TRUE(again) << again.error().to_string();
        EXPECT_TRUE(again->duplicate);
        EXPECT_EQ(again->first_offset, last);
        EXPECT_EQ(produce(*log, 44).error().code(), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    }
}

TEST_F(RecoveryTest, MakesTheTransactionIndexAnew) {
    auto index = [&] {
        return *read_aborted_transactions(*files, file(0, kTransactionIndexSuffix));
    };
    std::vector<AbortedTransactionEntry> before;
    {
        auto log = open();
        ASSERT_TRUE(
            append(*log, {.producer = 1, .epoch = 0, .sequence = 0, .transactional = true}));
        ASSERT_TRUE(
            append(*log, {.producer = 2, .epoch = 0, .sequence = 0, .transactional = true}));
        ASSERT_TRUE(append_bytes(*log, make_marker(1, 0, false), AppendOrigin::kCoordinator));
        before = index();
        ASSERT_EQ(before.size(), 1u);
    }
    auto log = open(after_crash());
    EXPECT_EQ(index(), before);
    EXPECT_EQ(log->last_stable_offset(), Offset(0));
    log->advance_high_watermark(log->log_end_offset());
    EXPECT_EQ(log->last_stable_offset(), Offset(1));
}

TEST_F(RecoveryTest, ATearThatCantBeUndoneEndsTheLog) {
    files = &faulty;
    auto log = open();
    ASSERT_TRUE(append(*log, {.records = 2}));
    faulty.room_bytes = 30;
    faulty.truncates_fail = true;
    ASSERT_FALSE(append(*log, {.records = 2}));
    faulty.room_bytes = -1;
    faulty.truncates_fail = false;
    EXPECT_EQ(append(*log, {.records = 2}).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    log.reset();
    EXPECT_EQ(open(after_crash())->log_end_offset(), Offset(2));
}

TEST_F(RecoveryTest, AFailedSyncEndsTheLog) {
    files = &faulty;
    auto log = open();
    ASSERT_TRUE(append(*log, {.records = 2}));
    faulty.syncs_fail = true;
    EXPECT_EQ(sync(*log).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    faulty.syncs_fail = false;
    EXPECT_EQ(sync(*log).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_EQ(append(*log, {.records = 2}).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_FALSE(log->read(Offset(0), 100, Offset(2), true, false));
    EXPECT_EQ(log->recovery_point(), Offset(0));
}

TEST_F(RecoveryTest, NoHighWatermarkIsBeyondWhatWaitsForItsSync) {
    config.flush_messages = 1;
    auto log = open();
    ASSERT_TRUE(append(*log, {.records = 2}));
    log.reset();
    LogCheckpoint checkpoint = after_crash();
    checkpoint.high_watermark = Offset(9);  // a deleted namesake's
    log = open(checkpoint);
    EXPECT_EQ(log->log_end_offset(), Offset(2));
    EXPECT_EQ(log->high_watermark(), Offset(0));
}

TEST_F(RecoveryTest, WhoWaitsForASyncSharesIt) {
    files = &faulty;
    auto log = open();
    ASSERT_TRUE(append(*log, {.records = 2}));
    ASSERT_TRUE(sync(*log));  // also what is new in the directory
    // Both threads of the pool are busy while everybody asks.
    std::promise<void> gate;
    std::shared_future<void> opened = gate.get_future().share();
    for (int i = 0; i < 2; ++i) pool.run([opened] { opened.wait(); });
    const int before = faulty.syncs;
    constexpr int kWaiters = 20;
    std::vector<std::promise<void>> done(kWaiters);
    for (auto& promise : done) {
        ASSERT_TRUE(append(*log, {.records = 1}));
        log->sync([&promise](Result<void> result) {
            EXPECT_TRUE(result);
            promise.set_value();
        });
    }
    gate.set_value();
    for (auto& promise : done) promise.get_future().wait();
    EXPECT_EQ(faulty.syncs - before, 1);
    EXPECT_EQ(log->recovery_point(), log->log_end_offset());
}

}  // namespace
TEST_F(RecoveryTest, TheFirstSyncCoversTheNamesOfWhatIsNew) {
    files = &faulty;
    auto log = open();
    ASSERT_TRUE(append(*log, {.records = 2}));
    faulty.synced_directories.clear();
    ASSERT_TRUE(sync(*log));
    EXPECT_EQ(faulty.synced_directories, (std::vector{directory(), temporary.path}));
    faulty.synced_directories.clear();
    ASSERT_TRUE(append(*log, {.records = 2}));
    ASSERT_TRUE(sync(*log));
    EXPECT_TRUE(faulty.synced_directories.empty());
}

TEST_F(RecoveryTest, EpochsAreOnTheDeviceBeforeTheRecoveryPointMoves) {
    files = &faulty;
    const std::string epochs = directory() + "/leader-epoch-checkpoint";
    {
        auto log = open();
        ASSERT_TRUE(append(*log, {}));
        ASSERT_TRUE(sync(*log));
        EXPECT_EQ(as_text(content(epochs)), "0\n1\n3 0\n");
        epoch = LeaderEpoch(4);
        ASSERT_TRUE(append(*log, {}));
        faulty.syncs_fail = true;
        EXPECT_FALSE(sync(*log));
        EXPECT_EQ(as_text(content(epochs)), "0\n1\n3 0\n") << "replaced by what is not synced";
        EXPECT_EQ(log->recovery_point(), Offset(1));
        faulty.syncs_fail = false;
    }
    auto log = open(after_crash(Offset(1)));
    EXPECT_EQ(log->latest_epoch(), LeaderEpoch(4));
    EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(3)), (std::pair{LeaderEpoch(3), Offset(1)}));
    ASSERT_TRUE(append(*log, {}));
    ASSERT_TRUE(sync(*log));
    EXPECT_EQ(as_text(content(epochs)), "0\n2\n3 0\n4 1\n");
}

TEST_F(RecoveryTest, AppendsGoOnWhileOldSegmentsAreRemoved) {
    files = &faulty;
    config.segment_bytes = 200;
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {}));
    ASSERT_TRUE(log->delete_records_before(Offset(9)));
    std::future<bool> appended;
    bool in_time = false;
    faulty.before_set_aside = [&] {
        appended = std::async(std::launch::async, [&] { return bool(append(*log, {})); });
        in_time = appended.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
    };
    log->tick();
    EXPECT_TRUE(in_time);
    ASSERT_TRUE(appended.valid());
    EXPECT_TRUE(appended.get());
    EXPECT_FALSE(files->exists(file(0, kLogSuffix)));
}

class DeletedDuringSync : public RecoveryTest {
  protected:
    /// A log of several segments whose sync is held up until release_sync().
    void make_log() {
        files = &faulty;
        config.segment_bytes = 300;
        open_files_max = 3;  // so that the sync must open what it syncs
        log = open();
        std::shared_future<void> opened = gate.get_future().share();
        for (int i = 0; i < 2; ++i) pool.run([opened] { opened.wait(); });
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    }
    Result<void> release_sync() {
        gate.set_value();
        return sync(*log);
    }

    std::promise<void> gate;
    std::shared_ptr<PartitionLog> log;
};

TEST_F(DeletedDuringSync, SegmentsAreNoFailureOfTheDisk) {
    make_log();
    faulty.before_sync = [this] {
        ASSERT_TRUE(log->delete_records_before(Offset(13)));
        log->tick();
    };
    EXPECT_TRUE(release_sync());
    EXPECT_EQ(log->first_segment_offset(), Offset(12));
    EXPECT_FALSE(log->is_offline());
    EXPECT_EQ(log->recovery_point(), log->log_end_offset());
}

TEST_F(DeletedDuringSync, TheWholeLogIsNoFailureOfTheDisk) {
    make_log();
    faulty.before_sync = [this] {
        log->retire();
        ASSERT_TRUE(faulty.remove_tree(directory()));
    };
    EXPECT_TRUE(release_sync());
    EXPECT_FALSE(log->is_offline());
}

}  // namespace milena
