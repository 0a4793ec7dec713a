// SPDX-License-Identifier: Apache-2.0
// What others leave in a log's directory: compactions that Apache Kafka did not finish, holes.
#include "storage/leftovers.h"

#include <filesystem>

#include "tests/storage/fixtures.h"

namespace milena {
namespace {

using Ranges = std::vector<std::pair<int64_t, int64_t>>;

/// Four segments of two batches, [0 1] [2 3] [4 5] [6 7], closed.
class LeftoversTest : public LogTest {
  protected:
    static constexpr std::string_view kSuffixes[] = {kLogSuffix, kOffsetIndexSuffix,
                                                     kTimeIndexSuffix};
    void SetUp() override {
        const auto size = static_cast<int32_t>(make_batch({}).size());
        config.segment_bytes = 2 * size + size / 2;
        auto log = open();
        for (int i = 0; i < 8; ++i) ASSERT_TRUE(append(*log, {}));
        ASSERT_TRUE(log->shut_down());
        ASSERT_TRUE(files->exists(file(6, kLogSuffix)));
    }
    std::string file(int64_t base_offset, std::string_view suffix) const {
        return directory() + "/" + segment_file_name(Offset(base_offset), suffix);
    }
    void rename(int64_t base_offset, const std::string& added) {
        for (const std::string_view suffix : kSuffixes) {
            const std::string from = file(base_offset, suffix);
            ASSERT_TRUE(files->rename(from, from + added));
        }
    }
    /// A compaction of the first three segments that kept offsets 0 and 5, under `added` names.
    void compact(const std::string& added) {
        Bytes first = files->read_file(file(0, kLogSuffix)).value();
        const Bytes last = files->read_file(file(4, kLogSuffix)).value();
        first.resize(first.size() / 2);
        first.insert(first.end(), last.begin() + static_cast<ptrdiff_t>(last.size() / 2),
                     last.end());
        const std::string path = file(0, kLogSuffix) + added;
        ASSERT_TRUE((*files->open(path, OpenMode::kTruncate))->write_at(0, first));
        for (const std::string_view suffix : {kOffsetIndexSuffix, kTimeIndexSuffix})
            ASSERT_TRUE(files->open(file(0, suffix) + added, OpenMode::kTruncate));
    }
    std::vector<std::string> leftovers() {
        std::vector<std::string> found;
        for (const std::string& name : *files->list(directory()))
            if (name.ends_with(".swap") || name.ends_with(".cleaned") || name.ends_with(".deleted"))
                found.push_back(name);
        return found;
    }
    Ranges read() { return read_all(*open(), Offset(0)); }
    /// Where the batches begin that a consumer sees who reads at most `max_bytes` at once.
    std::vector<int64_t> bases(PartitionLog& log, int64_t max_bytes) {
        std::vector<int64_t> found;
        for (Offset from{0}; from < log.log_end_offset();) {
            auto read = log.read(from, max_bytes, log.log_end_offset(), true, false);
            EXPECT_TRUE(read) << read.error().message();
            if (!read) return found;
            const Bytes bytes = bytes_of(read->records);
            RecordBatches batches(bytes);
            const size_t before = found.size();
            // What is left of the batch that was cut is sent along, and ignored, as in Kafka.
            for (auto batch = batches.next(); batch && *batch; batch = batches.next())
                found.push_back((*batch)->base_offset().value);
            EXPECT_GT(found.size(), before) << "nothing at " << from.value;
            if (found.size() == before) return found;
            from = Offset(found.back() + 1);
        }
        return found;
    }

    const Ranges all{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}};
    const Ranges compacted{{0, 0}, {5, 5}, {6, 6}, {7, 7}};
};

TEST_F(LeftoversTest, ACompactionThatWasStillWritingDidNotHappen) {
    compact(".cleaned");
    EXPECT_EQ(read(), all);
    EXPECT_TRUE(leftovers().empty());
}

TEST_F(LeftoversTest, ACompactionWithAllSegmentsWrittenIsCompleted) {
    compact(".swap");
    EXPECT_EQ(read(), compacted);
    EXPECT_TRUE(leftovers().empty());
    EXPECT_FALSE(files->exists(file(2, kLogSuffix)));
    EXPECT_FALSE(files->exists(file(4, kLogSuffix)));
}

TEST_F(LeftoversTest, ACompactionThatHadSetTheOldSegmentsAsideIsCompleted) {
    compact(".swap");
    for (const int64_t old : {0, 2, 4}) rename(old, ".deleted");
    EXPECT_EQ(read(), compacted);
    EXPECT_TRUE(leftovers().empty());
}

TEST_F(LeftoversTest, ACompactionThatHadRenamedItsRecordsButNotTheIndexesIsCompleted) {
    compact(".swap");
    for (const int64_t old : {0, 2, 4}) rename(old, ".deleted");
    ASSERT_TRUE(files->rename(file(0, kLogSuffix) + ".swap", file(0, kLogSuffix)));
    EXPECT_EQ(read(), compacted);
    EXPECT_TRUE(leftovers().empty());
}

TEST_F(LeftoversTest, OfSeveralNewSegmentsAllMustBeComplete) {
    compact(".swap");
    const std::string second = file(3, kLogSuffix) + ".cleaned";
    ASSERT_TRUE(files->open(second, OpenMode::kTruncate));
    // The one that is renamed already lies before the other: it stays valid, as in Apache Kafka.
    EXPECT_EQ(read(), compacted);
    const std::string later = file(7, kLogSuffix) + ".swap";
    ASSERT_TRUE(files->open(later, OpenMode::kTruncate));
    ASSERT_TRUE(files->open(second, OpenMode::kTruncate));
    EXPECT_EQ(read(), compacted);
    EXPECT_TRUE(leftovers().empty());
    EXPECT_FALSE(files->exists(file(7, kLogSuffix)));
}

TEST_F(LeftoversTest, ReadingGoesOnBehindAHoleBetweenSegments) {
    for (const std::string_view suffix : kSuffixes) ASSERT_TRUE(files->remove(file(2, suffix)));
    const Ranges expected{{0, 0}, {1, 1}, {4, 4}, {5, 5}, {6, 6}, {7, 7}};
    EXPECT_EQ(read(), expected);
    EXPECT_EQ(read_all(*open(), Offset(2)).front().first, 4);
}

TEST_F(LeftoversTest, ReadingGoesOnBehindASegmentThatWasCut) {
    const auto whole = std::filesystem::file_size(file(2, kLogSuffix));
    for (uint64_t size = 0; size < whole; ++size) {
        std::filesystem::resize_file(file(2, kLogSuffix), whole - 1 - size);
        auto log = open();
        const std::vector<int64_t> found = bases(*log, 1 << 20);
        // The second time, each read knows where the one before it ended.
        for (int i = 0; i < 2; ++i) EXPECT_EQ(bases(*log, 1), found);
        const bool has_first = whole - 1 - size >= whole / 2;
        EXPECT_EQ(found.size(), has_first ? 7u : 6u) << whole - 1 - size << " bytes left";
        ASSERT_TRUE(log->offset_for_timestamp(TimestampMs(clock.now_ms + 5)));
    }
}

TEST_F(LeftoversTest, WhatStandsBehindAClosedSegmentIsNotReadAsTheNext) {
    const Bytes garbage(50, 0x51);
    const auto size = static_cast<int64_t>(std::filesystem::file_size(file(2, kLogSuffix)));
    ASSERT_TRUE((*files->open(file(2, kLogSuffix), OpenMode::kReadWrite))->write_at(size, garbage));
    auto log = open();
    const std::vector<int64_t> expected{0, 1, 2, 3, 4, 5, 6, 7};
    for (int i = 0; i < 2; ++i) EXPECT_EQ(bases(*log, 1), expected);
}

TEST_F(LeftoversTest, ZerosInPlaceOfABatchAreSaidToBeCorrupt) {
    const Bytes zeros(std::filesystem::file_size(file(2, kLogSuffix)) / 2);
    ASSERT_TRUE((*files->open(file(2, kLogSuffix), OpenMode::kReadWrite))->write_at(0, zeros));
    auto log = open();
    auto read = log->read(Offset(2), 1 << 20, Offset(8), true, false);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::CORRUPT_MESSAGE) << read.error().message();
    EXPECT_FALSE(log->is_offline());
}

TEST_F(LeftoversTest, ZerosBehindTheLastBatchAreCut) {
    const Bytes zeros(300);
    const auto size = static_cast<int64_t>(std::filesystem::file_size(file(6, kLogSuffix)));
    ASSERT_TRUE((*files->open(file(6, kLogSuffix), OpenMode::kReadWrite))->write_at(size, zeros));
    EXPECT_EQ(read(), all);
    EXPECT_EQ(std::filesystem::file_size(file(6, kLogSuffix)), static_cast<uint64_t>(size));
}

TEST_F(LeftoversTest, TheActiveSegmentIsCutWhereItsLastBatchWasCut) {
    const auto whole = std::filesystem::file_size(file(6, kLogSuffix));
    std::filesystem::resize_file(file(6, kLogSuffix), whole - 1);
    auto log = open();
    EXPECT_EQ(log->log_end_offset(), Offset(7));
    ASSERT_TRUE(append(*log, {}));
    EXPECT_EQ(read_all(*log, Offset(0)), all);
}

TEST_F(LeftoversTest, ADirectoryInPlaceOfAnIndexIsNamed) {
    const std::string index = file(2, kOffsetIndexSuffix);
    ASSERT_TRUE(files->remove(index));
    ASSERT_TRUE(files->make_directory(index));
    auto log = try_open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_NE(log.error().message().find(index), std::string::npos);
}

}  // namespace
}  // namespace milena
