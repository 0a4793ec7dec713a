// SPDX-License-Identifier: Apache-2.0
// A log that is copied while its segments go.
#include "storage/log_move.h"

#include "tests/storage/fixtures.h"
#include "tests/storage/recording_file_system.h"

namespace milena {
namespace {

class LogMoveTest : public LogTest {
  protected:
    LogMoveTest() {
        files = &disk;
        open_files_max = 1;
        config.segment_bytes = 300;
        config.retention_bytes = 700;
    }
    /// Syncs may still run, on the disk, which goes before the pool.
    void TearDown() override { pool.stop(); }

    RecordingFileSystem disk;
    const std::string target = temporary.path + "/b";
    const std::string copy = target + "/orders-0.0123456789abcdef0123456789abcdef-future";
};

TEST_F(LogMoveTest, RetentionTakesWhatIsAboutToBeCopied) {
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, {.records = 2, .value_bytes = 50}));
    ASSERT_TRUE(sync(*log));
    LogMove move(log, disk, target, copy);
    ASSERT_TRUE(move.begin());
    bool is_due = true;
    disk.fault = [&](DiskCall call, const std::string& path) -> std::optional<DiskFailure> {
        if (is_due && call == DiskCall::kOpen && path.ends_with(".log.tmp")) {
            is_due = false;
            EXPECT_GT(log->delete_old_segments().value(), 2u);
        }
        return {};
    };
    auto more = move.copy(1 << 20);
    ASSERT_TRUE(more) << more.error().to_string();
    EXPECT_FALSE(is_due);
    for (int turns = 0; turns < 3 && more && *more; ++turns) more = move.copy(1 << 20);
    ASSERT_TRUE(more && !*more);
    {
        const auto maintenance = log->pause_maintenance();
        ASSERT_TRUE(move.finish());
    }
    EXPECT_EQ(log->directory(), target + "/orders-0");
    const auto left = read_all(*log, log->log_start_offset());
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(Offset(left.front().first), log->log_start_offset());
    EXPECT_EQ(Offset(left.back().second + 1), log->log_end_offset());
    for (const std::string& name : disk.list(log->directory()).value())
        EXPECT_GE(name, segment_file_name(log->log_start_offset(), "")) << name;
}

}  // namespace
}  // namespace milena
