// SPDX-License-Identifier: Apache-2.0
// What the offline tools print and understand, piece by piece.
#include <gtest/gtest.h>

#include <sstream>

#include "server/offline/file_kind.h"
#include "server/offline/offline_tools.h"
#include "server/offline/record_format.h"
#include "server/offline/text.h"

namespace milena {
namespace {

TEST(OfflineText, TimesAreUtcWithMilliseconds) {
    EXPECT_EQ(time_text(TimestampMs(1'700'000'000'007)), "2023-11-14T22:13:20.007Z");
    EXPECT_EQ(time_text(TimestampMs(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(time_text(TimestampMs(-2)), "1969-12-31T23:59:59.998Z");
    EXPECT_EQ(time_text(kNoTimestamp), "none");
    EXPECT_EQ(time_text(TimestampMs(std::numeric_limits<int64_t>::max())),
              "292278994-08-17T07:12:55.807Z");
}

TEST(OfflineText, BytesStayOnOneLine) {
    EXPECT_EQ(quoted(std::nullopt), "null");
    EXPECT_EQ(quoted(as_bytes("a \"b\"\n\\")), R"("a \"b\"\n\\")");
    EXPECT_EQ(quoted(as_bytes("gr\xc3\xbc\xc3\x9f")), "\"gr\xc3\xbc\xc3\x9f\"");
    EXPECT_EQ(quoted(as_bytes(std::string_view("\0\xff\xc3", 3))), R"("\x00\xff\xc3")");
    EXPECT_EQ(quoted(as_bytes("\xed\xa0\x80")), R"("\xed\xa0\x80")");  // half of a surrogate pair
}

TEST(OfflineText, JsonHoldsAnyBytes) {
    EXPECT_EQ(json_text(std::nullopt), "null");
    EXPECT_EQ(json_text(as_bytes("a\x01\t\"")), R"("a\u0001\t\"")");
    EXPECT_EQ(json_text(as_bytes("\xff")), R"({"base64":"/w=="})");
    EXPECT_EQ(json_text(as_bytes("\xff\xfe")), R"({"base64":"//4="})");
    EXPECT_EQ(json_text(as_bytes("\xff\xfe\xfd")), R"({"base64":"//79"})");
}

TEST(OfflineText, FormatsAreThoseOfKcat) {
    RecordView record;
    record.key = as_bytes("key");
    record.offset = Offset(7);
    record.timestamp = TimestampMs(99);
    auto format = custom_format("%t-%p %o %T %k/%K %s/%S %%\\n\\x41");
    ASSERT_TRUE(format);
    EXPECT_EQ(*(*format)({"orders", 3}, record), "orders-3 7 99 key/3 /-1 %\nA");
    for (const char* wrong : {"%q", "%", "\\", "\\q", "\\x4"})
        EXPECT_FALSE(custom_format(wrong)) << wrong;
}

TEST(OfflineText, FilesAreKnownByTheirNames) {
    const NamedFile deleted = name_file("/data/a-0/00000000000000000042.timeindex.deleted");
    EXPECT_EQ(deleted.kind, FileKind::kTimeIndex);
    EXPECT_EQ(deleted.base_offset, Offset(42));
    EXPECT_EQ(deleted.leftover, ".deleted");
    EXPECT_EQ(name_file("00000000000000000000.log").kind, FileKind::kSegment);
    EXPECT_EQ(name_file("00000000000000000008-0000000001.checkpoint").kind, FileKind::kSegment);
    EXPECT_EQ(name_file("leader-epoch-checkpoint").kind, FileKind::kEpochs);
    EXPECT_EQ(name_file("a/cleaner-offset-checkpoint").kind, FileKind::kOffsets);
    EXPECT_EQ(name_file("a/readme").kind, FileKind::kUnknown);
}

TEST(OfflineTools, WhatCannotBeUnderstoodHasAStatusOfItsOwn) {
    std::ostringstream out, errors;
    auto run = [&](std::string_view tool, std::vector<std::string> words) {
        return run_offline_tool(tool, words, posix_file_system(), out, errors);
    };
    EXPECT_EQ(run("dump", {"--help"}), kNothingWrong);
    EXPECT_EQ(out.str().find("Usage: milena dump"), 0u);
    EXPECT_EQ(run("dump", {"--limit", "x", "file"}), kWrongUsage);
    EXPECT_EQ(run("dump", {"--limit"}), kWrongUsage);
    EXPECT_EQ(run("verify", {}), kWrongUsage);
    EXPECT_EQ(run("dump", {"/nowhere/00000000000000000000.log"}), kDamageFound);
}

}  // namespace
}  // namespace milena
