// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "storage/directory_files.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

using Ranges = std::vector<std::pair<int64_t, int64_t>>;

using PartitionLogTest = LogTest;

TEST_F(PartitionLogTest, AppendsAndReads) {
    auto log = open();
    EXPECT_EQ(log->log_end_offset(), Offset(0));
    auto first = append(*log, {.records = 3});
    ASSERT_TRUE(first) << first.error().to_string();
    EXPECT_EQ(first->first_offset, Offset(0));
    EXPECT_EQ(first->last_offset, Offset(2));
    EXPECT_FALSE(first->needs_sync);
    auto second = append(*log, {.records = 2});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->first_offset, Offset(3));
    EXPECT_EQ(log->log_end_offset(), Offset(5));
    EXPECT_EQ(log->last_stable_offset(), Offset(5));
    auto read = log->read(Offset(0), 1 << 20, Offset(5), true, false);
    ASSERT_TRUE(read);
    Bytes bytes = bytes_of(read->records);
    EXPECT_EQ(ranges(bytes), (Ranges{{0, 2}, {3, 4}}));
    EXPECT_EQ(RecordBatchView::parse(bytes)->leader_epoch(), LeaderEpoch(3));
    EXPECT_EQ(log->latest_epoch(), LeaderEpoch(3));
    EXPECT_EQ(*read_topic_id(*files, directory()), topic_id);
}

TEST_F(PartitionLogTest, ReadsWithinBounds) {
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    int64_t batch_bytes = log->size_bytes() / 10;
    auto slice = [&](int64_t from, int64_t max_bytes, int64_t end, bool at_least_one = true) {
        auto read = log->read(Offset(from), max_bytes, Offset(end), at_least_one, false);
        return ranges(bytes_of(read->records));
    };
    EXPECT_EQ(slice(3, batch_bytes, 20), (Ranges{{2, 3}}));
    EXPECT_EQ(slice(4, batch_bytes * 2 + 1, 20), (Ranges{{4, 5}, {6, 7}}));
    EXPECT_EQ(slice(4, 1, 20), (Ranges{{4, 5}}));
    EXPECT_EQ(slice(4, 1, 20, false), (Ranges{}));
    EXPECT_EQ(slice(0, 1 << 20, 4), (Ranges{{0, 1}, {2, 3}}));
    EXPECT_EQ(slice(20, 1 << 20, 20), (Ranges{}));
    EXPECT_EQ(log->read(Offset(21), 1, Offset(21), true, false).error().code(),
              ErrorCode::OFFSET_OUT_OF_RANGE);
    EXPECT_EQ(log->read(Offset(-1), 1, Offset(21), true, false).error().code(),
              ErrorCode::OFFSET_OUT_OF_RANGE);
}

TEST_F(PartitionLogTest, ReopensAfterACleanShutdown) {
    config.segment_bytes = 1000;
    Ranges before;
    {
        auto log = open();
        for (int i = 0; i < 100; ++i)
            ASSERT_TRUE(append(*log, {.records = 1 + i % 3, .timestamp = 1'700'000'000'000 + i}));
        before = read_all(*log, Offset(0));
        ASSERT_TRUE(log->shut_down());
    }
    auto log = open();
    EXPECT_EQ(log->log_end_offset(), Offset(before.back().second + 1));
    EXPECT_EQ(log->recovery_point(), log->log_end_offset());
    EXPECT_EQ(read_all(*log, Offset(0)), before);
    ASSERT_TRUE(append(*log, {.records = 1}));
    EXPECT_EQ(read_all(*log, Offset(0)).size(), before.size() + 1);
}

TEST_F(PartitionLogTest, RollsBySize) {
    config.segment_bytes = 300;
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    auto names = files->list(directory());
    int segments = 0;
    for (const std::string& name : *names)
        if (auto base = parse_segment_file_name(name, kLogSuffix)) {
            ++segments;
            EXPECT_LE(*files->file_size(directory() + "/" + name), 300);
        }
    EXPECT_GT(segments, 2);
    EXPECT_EQ(read_all(*log, Offset(0)).size(), 10u);
    EXPECT_EQ(append(*log, {.records = 1, .value_bytes = 400}).error().code(),
              ErrorCode::RECORD_LIST_TOO_LARGE);
}

TEST_F(PartitionLogTest, RollsByTimeOfTheRecords) {
    config.segment_ms = 1000;
    auto log = open();
    const int64_t start = clock.now_ms;
    ASSERT_TRUE(append(*log, {.timestamp = start}));
    ASSERT_TRUE(append(*log, {.timestamp = start + 1000}));
    EXPECT_FALSE(files->exists(directory() + "/" + segment_file_name(Offset(2), kLogSuffix)));
    ASSERT_TRUE(append(*log, {.timestamp = start + 1001}));
    EXPECT_TRUE(files->exists(directory() + "/" + segment_file_name(Offset(2), kLogSuffix)));
    EXPECT_TRUE(files->exists(directory() + "/" + segment_file_name(Offset(2), kSnapshotSuffix)));
}

TEST_F(PartitionLogTest, RandomReadsFindWhatBruteForceFinds) {
    std::mt19937 random(7);
    config.segment_bytes = 20'000;
    config.index_interval_bytes = 500;
    auto log = open();
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(append(
            *log, {.records = 1 + static_cast<int>(random() % 5), .value_bytes = random() % 200}));
    const Ranges all = read_all(*log, Offset(0));
    ASSERT_EQ(all.size(), 1000u);
    for (int pass = 0; pass < 2; ++pass) {
        for (int i = 0; i < 1000; ++i) {
            Offset from(static_cast<int64_t>(random() % log->log_end_offset().value));
            auto read = log->read(from, static_cast<int64_t>(random() % 5000),
                                  log->log_end_offset(), true, false);
            ASSERT_TRUE(read);
            Ranges found = ranges(bytes_of(read->records));
            ASSERT_FALSE(found.empty());
            auto expected = std::find_if(all.begin(), all.end(), [&](const auto& range) {
                return range.second >= from.value;
            });
            ASSERT_TRUE(std::equal(found.begin(), found.end(), expected));
        }
        ASSERT_TRUE(log->shut_down());
        log = open();  // and once more without what the appends left in memory
    }
}

TEST_F(PartitionLogTest, IndexEntriesAreWrittenTogether) {
    config.index_interval_bytes = 1;  // an entry for each batch but the first
    const std::string index = directory() + "/" + segment_file_name(Offset(0), kOffsetIndexSuffix);
    auto entries = [&] { return *files->file_size(index) / OffsetIndexEntry::kSize; };
    auto log = open();
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(append(*log, {}));
    EXPECT_EQ(entries(), 0);
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(append(*log, {}));
    EXPECT_EQ(entries(), 16);
    EXPECT_EQ(read_all(*log, Offset(0)).size(), 20u);
    ASSERT_TRUE(log->shut_down());
    EXPECT_EQ(entries(), 19);
}

TEST_F(PartitionLogTest, FindsRecordsByTime) {
    std::mt19937 random(11);
    config.segment_bytes = 5'000;
    auto log = open();
    std::vector<int64_t> timestamps;  // by offset
    for (int i = 0; i < 300; ++i) {
        int64_t timestamp = clock.now_ms + i * 10 + static_cast<int64_t>(random() % 200);
        int records = 1 + static_cast<int>(random() % 4);
        for (int r = 0; r < records; ++r) timestamps.push_back(timestamp + r);
        ASSERT_TRUE(
            append(*log, {.records = records,
                          .timestamp = timestamp,
                          .compression = i % 2 ? CompressionType::kLz4 : CompressionType::kNone}));
    }
    auto check = [&] {
        for (int64_t wanted = clock.now_ms - 5; wanted < clock.now_ms + 3300; wanted += 7) {
            auto expected = std::find_if(timestamps.begin(), timestamps.end(),
                                         [&](int64_t t) { return t >= wanted; });
            auto found = log->offset_for_timestamp(TimestampMs(wanted));
            ASSERT_TRUE(found);
            ASSERT_EQ(found->has_value(), expected != timestamps.end());
            if (!*found) continue;
            EXPECT_EQ((*found)->offset.value, expected - timestamps.begin());
            EXPECT_EQ((*found)->timestamp.value, *expected);
            EXPECT_EQ((*found)->leader_epoch, LeaderEpoch(3));
        }
        auto newest = log->offset_of_max_timestamp();
        ASSERT_TRUE(newest && *newest);
        auto expected = std::max_element(timestamps.begin(), timestamps.end());
        EXPECT_EQ((*newest)->offset.value, expected - timestamps.begin());
    };
    check();
    ASSERT_TRUE(log->shut_down());
    log = open();
    check();
    ASSERT_TRUE(log->shut_down());
    log = open(after_crash());
    check();
}

TEST_F(PartitionLogTest, DeletesRecordsUpToTheHighWatermark) {
    auto log = open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    EXPECT_EQ(log->delete_records_before(Offset(11)).error().code(),
              ErrorCode::OFFSET_OUT_OF_RANGE);
    EXPECT_EQ(*log->delete_records_before(Offset(3)), Offset(3));
    EXPECT_EQ(*log->delete_records_before(Offset(1)), Offset(3));
    EXPECT_FALSE(log->read(Offset(2), 100, Offset(10), true, false));
    EXPECT_EQ(read_all(*log, Offset(3)).front(), (std::pair<int64_t, int64_t>{2, 3}));
    EXPECT_EQ((*log->offset_for_timestamp(TimestampMs(0)))->offset, Offset(3));
}

TEST_F(PartitionLogTest, DropsSegmentsThatWereDeletedAsAWhole) {
    config.segment_bytes = 300;
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    const int64_t before = log->size_bytes();
    auto early = log->read(Offset(0), 1 << 20, Offset(20), true, false);
    ASSERT_TRUE(log->delete_records_before(Offset(13)));
    log->tick();
    EXPECT_LT(log->size_bytes(), before);
    EXPECT_EQ(log->first_segment_offset(), Offset(12));
    EXPECT_FALSE(files->exists(directory() + "/" + segment_file_name(Offset(0), kLogSuffix)));
    EXPECT_FALSE(ranges(bytes_of(early->records)).empty()) << "a slice stays readable";
    EXPECT_EQ(read_all(*log, Offset(13)).size(), 4u);
    LogCheckpoint checkpoint = after_crash();
    checkpoint.log_start = Offset(13);
    log = open(checkpoint);
    EXPECT_EQ(log->log_start_offset(), Offset(13));
    EXPECT_EQ(log->log_end_offset(), Offset(20));
}

TEST_F(PartitionLogTest, KnowsEpochs) {
    auto log = open();
    EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(3)), std::pair(kNoLeaderEpoch, kNoOffset));
    ASSERT_TRUE(append(*log, {.records = 2}));
    epoch = LeaderEpoch(5);
    ASSERT_TRUE(log->start_epoch(epoch));
    EXPECT_EQ(log->latest_epoch(), LeaderEpoch(5));
    ASSERT_TRUE(append(*log, {.records = 2}));
    auto check = [&] {
        EXPECT_EQ(log->epoch_of(Offset(1)), LeaderEpoch(3));
        EXPECT_EQ(log->epoch_of(Offset(2)), LeaderEpoch(5));
        EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(2)), std::pair(LeaderEpoch(2), Offset(0)));
        EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(4)), std::pair(LeaderEpoch(3), Offset(2)));
        EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(5)), std::pair(LeaderEpoch(5), Offset(4)));
        EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch(6)), std::pair(kNoLeaderEpoch, kNoOffset));
    };
    check();
    ASSERT_TRUE(log->shut_down());
    log = open();
    check();
    ASSERT_TRUE(files->remove(directory() + "/leader-epoch-checkpoint"));
    log = open(after_crash());
    check();
}

TEST_F(PartitionLogTest, AsksForASyncAfterFlushMessages) {
    config.flush_messages = 3;
    auto log = open();
    EXPECT_FALSE(append(*log, {.records = 2})->needs_sync);
    EXPECT_TRUE(append(*log, {.records = 1})->needs_sync);
    EXPECT_EQ(log->recovery_point(), Offset(0));
    ASSERT_TRUE(sync(*log));
    EXPECT_EQ(log->recovery_point(), Offset(3));
    EXPECT_FALSE(append(*log, {.records = 2})->needs_sync);
}

TEST_F(PartitionLogTest, KeepsFewFilesOpen) {
    config.segment_bytes = 300;
    open_files_max = 4;
    auto log = open();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(*log, {.records = 2}));
    auto early = log->read(Offset(0), 1 << 20, Offset(100), true, false);
    EXPECT_EQ(read_all(*log, Offset(0)).size(), 50u);
    EXPECT_EQ(read_all(*log, Offset(0), 1).size(), 50u);
    EXPECT_FALSE(ranges(bytes_of(early->records)).empty()) << "an evicted file stays readable";
}

}  // namespace
}  // namespace milena
