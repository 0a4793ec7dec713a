// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_log.h"

#include "storage/directory_files.h"
#include "tests/cluster/node_fixture.h"
#include "tests/storage/faulty_file_system.h"

namespace milena::testing {
namespace {

class MetadataLogTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto opened = MetadataLog::open(files_, directory_.path());
        ASSERT_TRUE(opened) << opened.error().to_string();
        log_ = std::move(*opened);
        ASSERT_TRUE(log_->replay(Offset(0), [](const MetadataBatch&) { return Result<void>(); }));
        ASSERT_TRUE(log_->append({&first_, 1}, 1));
    }
    Bytes batch(int64_t offset) {
        const std::vector<Bytes> values{Bytes(16, uint8_t{7})};
        return build_metadata_batch({Offset(offset), 1, TimestampMs(5)}, values);
    }
    std::string first_file() { return directory_.path() + "/00000000000000000000.log"; }

    TemporaryDirectory directory_;
    FaultyFileSystem files_;
    const Bytes first_ = batch(0);
    const Bytes second_ = batch(1);
    std::unique_ptr<MetadataLog> log_;
};

TEST_F(MetadataLogTest, ARollThatFindsNoNewFileLeavesTheOldOneAlone) {
    ASSERT_TRUE(files_.make_directory(directory_.path() + "/00000000000000000001.log"));
    EXPECT_FALSE(log_->roll());
    EXPECT_FALSE(log_->append({&second_, 1}, 1));
    EXPECT_EQ(*files_.read_file(first_file()), first_);
}

TEST_F(MetadataLogTest, NothingIsAppendedAfterASyncThatFailed) {
    files_.syncs_fail = true;
    EXPECT_FALSE(log_->roll());
    files_.syncs_fail = false;
    EXPECT_FALSE(log_->append({&second_, 1}, 1));
}

class DamagedMetadataLogTest : public ::testing::Test {
  protected:
    static constexpr int64_t kBatches = 3;

    void SetUp() override {
        ASSERT_TRUE(open());
        for (int64_t offset = 0; offset < kBatches; ++offset) {
            const std::vector<Bytes> values{Bytes(16, uint8_t{7})};
            const Bytes batch = build_metadata_batch({Offset(offset), 1, TimestampMs(5)}, values);
            batch_bytes_ = batch.size();
            ASSERT_TRUE(log_->append({&batch, 1}, 1));
        }
    }
    Result<void> open() {
        auto opened = MetadataLog::open(files_, directory_.path() + "/__cluster_metadata-0");
        if (!opened) return opened.error();
        log_ = std::move(*opened);
        return log_->replay(Offset(0), [](const MetadataBatch&) { return Result<void>(); });
    }
    void stop() { ASSERT_TRUE(write_clean_shutdown(files_, directory_.path(), 1)); }
    void damage(size_t batch) {
        auto file = files_.open(path_, OpenMode::kReadWrite);
        const Bytes wrong(1, uint8_t{0x55});
        const size_t last_byte = (batch + 1) * batch_bytes_ - 1;
        ASSERT_TRUE((*file)->write_at(static_cast<int64_t>(last_byte), BytesView(wrong)));
    }

    TemporaryDirectory directory_;
    FaultyFileSystem files_;
    const std::string path_ = directory_.path() + "/__cluster_metadata-0/00000000000000000000.log";
    std::unique_ptr<MetadataLog> log_;
    size_t batch_bytes_ = 0;
};

TEST_F(DamagedMetadataLogTest, WhatACrashHasTornIsCut) {
    damage(1);
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end_offset(), Offset(1));
}

TEST_F(DamagedMetadataLogTest, AfterACleanStopSoundBatchesAreNotCut) {
    stop();
    damage(1);
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message().find("is damaged at byte"), std::string::npos);
    EXPECT_EQ(*files_.file_size(path_), static_cast<int64_t>(kBatches * batch_bytes_));
}

TEST_F(DamagedMetadataLogTest, TheLastBatchIsCutAfterACleanStopToo) {
    stop();
    damage(2);
    ASSERT_TRUE(open());
    EXPECT_EQ(log_->end_offset(), Offset(2));
}

TEST_F(DamagedMetadataLogTest, AfterACleanStopALogWithoutRecordsIsLost) {
    stop();
    ASSERT_TRUE(files_.remove(path_));
    EXPECT_FALSE(open());
}

}  // namespace
}  // namespace milena::testing
