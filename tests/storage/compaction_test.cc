// SPDX-License-Identifier: Apache-2.0
#include "storage/compaction.h"

#include <filesystem>
#include <map>
#include <random>

#include "storage/file_times.h"
#include "tests/storage/compaction_fixture.h"
#include "tests/storage/faulty_file_system.h"

namespace milena {
namespace {

using Records = std::vector<SeenRecord>;
using Batches = std::vector<SeenBatch>;
constexpr int64_t kDay = 86'400'000;

TEST_F(CompactionTest, TheNewestRecordOfEachKeyIsLeft) {
    auto log = open();
    put(*log, {{"a", "1"}, {"b", "1"}});
    put(*log, {{"a", "2"}});
    roll(*log);
    put(*log, {{"c", "1"}, {"a", "3"}});
    roll(*log);
    auto outcome = compact(*log);
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ((*outcome)->end, Offset(6));
    // What is in the active segment is not looked at.
    EXPECT_EQ(
        records(*log),
        (Records{{1, "b", "1"}, {3, "roll", "x"}, {4, "c", "1"}, {5, "a", "3"}, {6, "roll", "x"}}));
    EXPECT_EQ(batches(*log).front(), (SeenBatch{0, 1, 1, false, false})) << "offsets stay";
    EXPECT_EQ(log->segment_list()->size(), 2u) << "what fits into one segment becomes one";
    EXPECT_EQ(log->log_start_offset(), Offset(0));
    EXPECT_EQ(log->read(Offset(2), 1000, Offset(7), true, false)->records.position, 70);
}

TEST_F(CompactionTest, EveryCodecIsRewritten) {
    for (const auto codec :
         {CompressionType::kNone, CompressionType::kGzip, CompressionType::kSnappy,
          CompressionType::kLz4, CompressionType::kZstd}) {
        auto log = open();
        BatchSpec spec{.compression = codec};
        const std::string large(300, 'l');
        put(*log, {{"a", "1"}, {"b", large}, {"c", "1"}}, spec);
        put(*log, {{"a", "2"}, {"c", "2"}}, spec);
        put(*log, {{"d", "1"}}, spec);
        roll(*log);
        ASSERT_TRUE(*compact(*log));
        EXPECT_EQ(
            records(*log),
            (Records{
                {1, "b", large}, {3, "a", "2"}, {4, "c", "2"}, {5, "d", "1"}, {6, "roll", "x"}}));
        discard(std::move(log));
    }
}

TEST_F(CompactionTest, TombstonesGoInTwoSteps) {
    auto log = open();
    put(*log, {{"a", "1"}, {"b", "1"}});
    put(*log, {{"a", std::nullopt}});
    roll(*log);
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(records(*log), (Records{{1, "b", "1"}, {2, "a", "null"}, {3, "roll", "x"}}));
    EXPECT_EQ(batches(*log)[1], (SeenBatch{2, 2, 1, false, true}));
    clock.now_ms += kDay - 1;
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(records(*log).size(), 3u) << "delete.retention.ms has not passed";
    clock.now_ms += 1;
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(records(*log), (Records{{1, "b", "1"}, {3, "roll", "x"}}));
    EXPECT_EQ((*log->offset_for_timestamp(TimestampMs(0)))->timestamp.value, 1'700'000'000'001);
}

TEST_F(CompactionTest, TheLastBatchOfAProducerStaysForItsSequence) {
    auto log = open();
    BatchSpec first{.producer = 7, .epoch = 0, .sequence = 0};
    BatchSpec second{.producer = 7, .epoch = 0, .sequence = 1};
    put(*log, {{"a", "1"}}, first);
    put(*log, {{"a", "2"}}, second);
    put(*log, {{"a", "3"}});
    roll(*log);
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(batches(*log),
              (Batches{{1, 1, 0, false, false}, {2, 2, 1, false, false}, {3, 3, 1, false, false}}));
    log = open(after_crash());
    ASSERT_EQ(log->active_producers().size(), 1u);
    EXPECT_EQ(log->active_producers()[0].last_sequence, 1);
    EXPECT_TRUE(append_bytes(*log, batch_of({{"a", "2"}}, second))->duplicate);
}

TEST_F(CompactionTest, AbortedRecordsGoAndTheirMarkersFollow) {
    auto log = open();
    BatchSpec aborted{.producer = 7, .epoch = 0, .sequence = 0, .transactional = true};
    BatchSpec committed{.producer = 8, .epoch = 0, .sequence = 0, .transactional = true};
    put(*log, {{"a", "committed"}}, committed);
    put(*log, {{"a", "aborted"}}, aborted);
    put(*log, {{"b", "aborted"}},
        {.producer = 7, .epoch = 0, .sequence = 1, .transactional = true});
    ASSERT_TRUE(append_bytes(*log, make_marker(7, 0, false), AppendOrigin::kCoordinator));
    ASSERT_TRUE(append_bytes(*log, make_marker(8, 0, true), AppendOrigin::kCoordinator));
    roll(*log);
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(records(*log), (Records{{0, "a", "committed"}, {5, "roll", "x"}}));
    // The last batch of producer 7 is kept for its sequence, and so is what says of its end.
    EXPECT_EQ(batches(*log), (Batches{{0, 0, 1, false, false},
                                      {2, 2, 0, false, false},
                                      {3, 3, 1, true, false},
                                      {4, 4, 1, true, false},
                                      {5, 5, 1, false, false}}));
    ASSERT_EQ(log->aborted_entries(Offset(0), Offset(5))->size(), 1u);

    clock.now_ms += 10 * kDay;
    log->expire_producers();
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(batches(*log)[0], (SeenBatch{0, 0, 1, false, false}));
    EXPECT_EQ(batches(*log)[1], (SeenBatch{3, 3, 1, true, false})) << "it had a batch until now";
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(batches(*log)[1], (SeenBatch{3, 3, 1, true, true}));
    clock.now_ms += 10 * kDay;
    ASSERT_TRUE(*compact(*log));
    EXPECT_EQ(batches(*log)[1], (SeenBatch{4, 4, 1, true, false})) << "its transaction has records";
}

TEST_F(CompactionTest, OpenTransactionsEndWhatMayBeCompacted) {
    auto log = open();
    put(*log, {{"a", "1"}});
    put(*log, {{"a", "2"}});
    roll(*log);
    put(*log, {{"b", "1"}}, {.producer = 7, .epoch = 0, .sequence = 0, .transactional = true});
    put(*log, {{"a", "3"}});
    roll(*log);
    auto outcome = compact(*log);
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ((*outcome)->end, Offset(2));
    EXPECT_EQ(records(*log).front(), (SeenRecord{1, "a", "2"}));
}

TEST_F(CompactionTest, ASmallMapTakesSeveralRuns) {
    auto log = open();
    for (int i = 0; i < 100; ++i) put(*log, {{"key-" + std::to_string(i % 50), std::to_string(i)}});
    roll(*log);
    Offset end(0);
    for (int run = 0; end < Offset(100); ++run) {
        ASSERT_LT(run, 100) << "no progress";
        auto outcome = compact(*log, end, 20 * OffsetMap::kEntryBytes);
        ASSERT_TRUE(outcome && *outcome);
        EXPECT_LE((*outcome)->keys, 18);
        end = (*outcome)->end;
    }
    EXPECT_EQ(records(*log).size(), 51u);
    EXPECT_EQ(records(*log).front(), (SeenRecord{50, "key-0", "50"}));
}

TEST_F(CompactionTest, WhatIsLeftIsAsOldAsItsFileWas) {
    auto log = open();
    put(*log, {{"a", "1"}});
    roll(*log);
    const std::string path = directory() + "/" + segment_file_name(Offset(0), kLogSuffix);
    constexpr TimestampMs kWritten(1'600'000'000'000);
    set_modified_time(**files->open(path, OpenMode::kReadWrite), kWritten);
    const auto outcome = compact(*log);
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ(modified_time(**files->open(path, OpenMode::kRead)), kWritten);
}

TEST_F(CompactionTest, ADamagedSegmentIsNotCompacted) {
    auto log = open();
    put(*log, {{"a", "1"}});
    put(*log, {{"a", "2"}});
    roll(*log);
    const std::string path = directory() + "/" + segment_file_name(Offset(0), kLogSuffix);
    const Bytes bad{0xff};
    ASSERT_TRUE((*files->open(path, OpenMode::kReadWrite))->write_at(100, bad));
    auto outcome = compact(*log);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::CORRUPT_MESSAGE);
    EXPECT_NE(outcome.error().message().find(path), std::string::npos);
    for (const std::string& name : *files->list(directory()))
        EXPECT_FALSE(name.ends_with(".cleaned")) << name;
}

TEST_F(CompactionTest, WhoReadsMeanwhileFindsWhatWasThere) {
    FaultyFileSystem faulty;
    files = &faulty;
    open_files_max = 2;  // files are opened again and again, by their names
    auto log = open();
    BatchSpec aborted{.producer = 7, .epoch = 0, .sequence = 0, .transactional = true};
    put(*log, {{"a", "aborted"}}, aborted);
    ASSERT_TRUE(append_bytes(*log, make_marker(7, 0, false), AppendOrigin::kCoordinator));
    for (int i = 0; i < 20; ++i) put(*log, {{"a", std::to_string(i)}, {"b", "1"}});
    roll(*log);
    ASSERT_TRUE(sync(*log));
    const Records before = records(*log, true);
    int seen = 0;
    faulty.before_each_rename = [&] {
        EXPECT_EQ(records(*log, true), before);
        ++seen;
    };
    ASSERT_TRUE(*compact(*log));
    faulty.before_each_rename = nullptr;
    EXPECT_GE(seen, 9);
    EXPECT_EQ(records(*log).size(), 3u);
    EXPECT_TRUE(sync(*log));
}

/// What a crash leaves is copied before each change of a name, and opened afterwards.
TEST_F(CompactionTest, ACrashBetweenAnyTwoStepsLosesNothing) {
    FaultyFileSystem faulty;
    files = &faulty;
    auto log = open();
    std::map<std::string, std::string> newest;
    for (int i = 0; i < 40; ++i) {
        const std::string key = "key-" + std::to_string(i % 7);
        put(*log, {{key, std::to_string(i)}});
        newest[key] = std::to_string(i);
        if (i % 10 == 9) roll(*log);
    }
    ASSERT_TRUE(sync(*log));
    const Offset end = log->log_end_offset();
    std::vector<std::string> copies;
    faulty.before_each_rename = [&] {
        copies.push_back(temporary.path + "/copy-" + std::to_string(copies.size()));
        std::filesystem::copy(directory(), copies.back());
    };
    ASSERT_TRUE(*compact(*log));
    faulty.before_each_rename();
    faulty.before_each_rename = nullptr;
    const Records after = records(*log);
    EXPECT_TRUE(sync(*log));
    log = nullptr;
    ASSERT_GE(copies.size(), 20u);
    int done = 0;
    for (const std::string& copy : copies) {
        ASSERT_TRUE(files->remove_tree(directory()));
        std::filesystem::rename(copy, directory());
        auto opened = open(after_crash(end));
        EXPECT_EQ(opened->log_end_offset(), end);
        std::map<std::string, std::string> found;
        for (const SeenRecord& record : records(*opened)) found[record.key] = record.value;
        found.erase("roll");
        EXPECT_EQ(found, newest) << copy;
        done += records(*opened) == after;
        for (const std::string& name : *files->list(directory()))
            EXPECT_FALSE(name.ends_with(".swap") || name.ends_with(".cleaned") ||
                         name.ends_with(".deleted"))
                << copy << " " << name;
    }
    EXPECT_GT(done, 5) << "those that had reached .swap are completed";
}

TEST_F(CompactionTest, ADeletedLogIsLeftAlone) {
    auto log = open();
    put(*log, {{"a", "1"}});
    put(*log, {{"a", "2"}});
    roll(*log);
    OffsetMap map(1 << 20, 0.9);
    auto range = *find_compaction_range(*log, {}, clock.now());
    CompactionOptions options;
    options.proceed = [&](int64_t) {
        log->retire();
        return true;
    };
    auto outcome = Compaction(*log, *files, map, options).run(range, clock.now());
    EXPECT_TRUE(!outcome || !*outcome);
    EXPECT_FALSE(log->is_offline());
}

TEST_F(CompactionTest, RetentionMayTakeWhatIsBeingCompacted) {
    auto log = open();
    put(*log, {{"a", "1"}});
    roll(*log);
    put(*log, {{"a", "2"}});
    roll(*log);
    OffsetMap map(1 << 20, 0.9);
    auto range = *find_compaction_range(*log, {}, clock.now());
    CompactionOptions options;
    options.proceed = [&](int64_t) {
        EXPECT_TRUE(log->delete_records_before(Offset(2)));
        EXPECT_TRUE(log->delete_old_segments());
        return true;
    };
    auto outcome = Compaction(*log, *files, map, options).run(range, clock.now());
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(records(*log).front().offset, 2);
    for (const std::string& name : *files->list(directory()))
        EXPECT_FALSE(name.ends_with(".cleaned")) << name;
}

/// Random histories: what is left is what a simple model says.
TEST_F(CompactionTest, RandomHistoriesKeepTheNewestRecords) {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        auto log = open();
        Records all;
        for (int i = 0; i < 60; ++i) {
            Pairs pairs;
            for (uint32_t n = 1 + random() % 5; n > 0; --n) {
                const std::string value = std::to_string(random() % 1000);
                pairs.emplace_back("key-" + std::to_string(random() % 30), value);
            }
            int64_t offset = log->log_end_offset().value;
            for (const auto& [key, value] : pairs) all.push_back({offset++, key, *value});
            put(*log, pairs, {.compression = static_cast<CompressionType>(random() % 5)});
            if (random() % 10 != 0) continue;
            all.push_back({log->log_end_offset().value, "roll", "x"});
            roll(*log);
        }
        const int64_t end = log->segment_list()->back()->base_offset().value;
        const int64_t superseded_bytes = seed % 3 == 0 ? 1 << 20 : seed % 3 * 8;  // 32, 64 offsets
        ASSERT_TRUE(*compact(*log, {}, 1 << 20, superseded_bytes));
        std::map<std::string, int64_t> newest;
        for (const SeenRecord& record : all)
            if (record.offset < end) newest[record.key] = record.offset;
        Records expected;
        for (const SeenRecord& record : all)
            if (record.offset >= end || newest[record.key] == record.offset)
                expected.push_back(record);
        EXPECT_EQ(records(*log), expected);
        for (const SeenRecord& record : expected) {  // each can be reached by its offset
            auto read = log->read(Offset(record.offset), 1, log->log_end_offset(), true, false);
            ASSERT_TRUE(read);
            EXPECT_GE(ranges(bytes_of(read->records)).front().second, record.offset);
        }
        ASSERT_TRUE(sync(*log));
        log = open(after_crash());
        EXPECT_EQ(records(*log), expected);
        discard(std::move(log));
    }
}

}  // namespace
}  // namespace milena
