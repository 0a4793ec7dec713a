// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/line_limit.h"

namespace milena {
namespace {

TEST(Error, NamesFollowKafka) {
    EXPECT_EQ(error_name(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), "UNKNOWN_TOPIC_OR_PARTITION");
    EXPECT_EQ(static_cast<int>(ErrorCode::KAFKA_STORAGE_ERROR), 56);
    EXPECT_TRUE(is_retriable(ErrorCode::KAFKA_STORAGE_ERROR));
    EXPECT_FALSE(is_retriable(ErrorCode::MESSAGE_TOO_LARGE));
}

TEST(Uuid, PrintsAndParsesAsKafka) {
    Uuid one;
    one.bytes[15] = 1;
    EXPECT_EQ(one.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    EXPECT_EQ(Uuid::parse("AAAAAAAAAAAAAAAAAAAAAQ"), one);
    EXPECT_EQ(Uuid::parse("wILax37pSb2Yd1HUb5gvjQ")->to_string(), "wILax37pSb2Yd1HUb5gvjQ");
    EXPECT_FALSE(Uuid::parse("too short"));
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAA+Q"));
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        Uuid id = Uuid::random();
        EXPECT_EQ(Uuid::parse(id.to_string()), id);
        EXPECT_TRUE(seen.insert(id.to_string()).second);
    }
}

TEST(Bytes, AreBigEndian) {
    uint8_t buffer[8];
    store_big_endian<int32_t>(buffer, 0x01020304);
    EXPECT_EQ(buffer[0], 1);
    EXPECT_EQ(buffer[3], 4);
    store_big_endian<int64_t>(buffer, -2);
    EXPECT_EQ(load_big_endian<int64_t>(buffer), -2);
}

TEST(File, ReplacesWholeAndLocksOnce) {
    char name[] = "/tmp/milena_file_XXXXXX";
    const std::string directory = ::mkdtemp(name);
    FileSystem& files = posix_file_system();
    ASSERT_TRUE(files.replace_file(directory + "/a", "old"));
    ASSERT_TRUE(files.replace_file(directory + "/a", "new"));
    EXPECT_EQ(as_text(*files.read_file(directory + "/a")), "new");
    EXPECT_EQ(files.list(directory)->size(), 1u);
    auto missing = files.read_file(directory + "/b");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_NE(missing.error().message().find("/b"), std::string::npos);
    EXPECT_TRUE(files.remove_tree(directory));
}

TEST(File, GathersManyParts) {
    char name[] = "/tmp/milena_file_XXXXXX";
    const std::string directory = ::mkdtemp(name);
    auto file = posix_file_system().open(directory + "/a", OpenMode::kCreate);
    ASSERT_TRUE(file);
    const std::string text = "0123456789";
    std::vector<BytesView> parts(3000, as_bytes(text));  // more than IOV_MAX
    ASSERT_TRUE((*file)->write_at(5, parts));
    EXPECT_EQ(*(*file)->size(), 30005);
    uint8_t last[4];
    EXPECT_EQ(*(*file)->read_at(30001, last), 4u);
    EXPECT_EQ(as_text(last), "6789");
    EXPECT_EQ(*(*file)->read_at(30003, last), 2u);
    EXPECT_TRUE(posix_file_system().remove_tree(directory));
}

TEST(LineLimit, LetsOneLineASecondPassAndCountsTheOthers) {
    LineLimit limit;
    const SteadyTime start{std::chrono::hours(1)};
    EXPECT_EQ(limit.pass(start), 0);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.pass(start + std::chrono::milliseconds(999)));
    EXPECT_EQ(limit.pass(start + std::chrono::seconds(1)), 5);
    EXPECT_EQ(limit.pass(start + std::chrono::seconds(2)), 0);
}

}  // namespace
}  // namespace milena
