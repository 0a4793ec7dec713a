// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_log.h"

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

}  // namespace
}  // namespace milena::testing
