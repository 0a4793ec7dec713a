// SPDX-License-Identifier: Apache-2.0
#include "storage/directory_files.h"
#include "storage/file_names.h"
#include "storage/text_checkpoint.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

TEST(TextCheckpoint, ReadsWhatItWroteAndRefusesTheRest) {
    TemporaryDirectory temporary;
    FileSystem& files = posix_file_system();
    const std::string path = temporary.path + "/checkpoint";
    OffsetCheckpoint offsets{{{"a-b.c_d", 7}, Offset(12)}, {{"x", 0}, Offset(0)}};
    ASSERT_TRUE(write_offset_checkpoint(files, path, offsets));
    EXPECT_EQ(*read_offset_checkpoint(files, path), offsets);
    for (std::string_view bad : {"1\n0\n", "0\n2\na 0 1\n", "0\n1\na 0\n", "0\nx\n", "\n"}) {
        auto file = files.open(path, OpenMode::kTruncate);
        ASSERT_TRUE((*file)->write_at(0, as_bytes(bad)));
        EXPECT_FALSE(read_offset_checkpoint(files, path)) << bad;
    }
    auto empty = files.open(path, OpenMode::kTruncate);
    EXPECT_TRUE(read_offset_checkpoint(files, path)->empty());
}

TEST(CleanShutdown, IsMarkedByTheFileWhateverIsInIt) {
    TemporaryDirectory temporary;
    FileSystem& files = posix_file_system();
    EXPECT_FALSE(read_clean_shutdown(files, temporary.path));
    ASSERT_TRUE(write_clean_shutdown(files, temporary.path, 7));
    EXPECT_EQ(read_clean_shutdown(files, temporary.path), 7);
    ASSERT_TRUE(remove_clean_shutdown(files, temporary.path));
    ASSERT_TRUE(files.make_directory(temporary.path + "/.kafka_cleanshutdown"));
    EXPECT_EQ(read_clean_shutdown(files, temporary.path), -1) << "it can't be read";
}

TEST(FileNames, AreKafkas) {
    EXPECT_EQ(segment_file_name(Offset(42), ".log"), "00000000000000000042.log");
    EXPECT_EQ(parse_segment_file_name("00000000000000000042.log", ".log"), Offset(42));
    EXPECT_FALSE(parse_segment_file_name("42.log", ".log"));
    EXPECT_FALSE(parse_segment_file_name("0000000000000000004x.log", ".log"));
    EXPECT_EQ(parse_partition_directory("a-b-3")->topic, "a-b");
    EXPECT_FALSE(parse_partition_directory("a-3.0123-delete"));
    EXPECT_FALSE(parse_partition_directory("a"));
    std::string long_name = retired_directory_name({std::string(249, 't'), 12}, "-delete");
    EXPECT_LE(long_name.size(), 255u);
}

}  // namespace
}  // namespace milena
