// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_reader.h"

#include "tests/protocol/record_test_support.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

Bytes plain_records(const Bytes& batch) { return {batch.begin() + Layout::kRecords, batch.end()}; }

/// All records read, or why not.
Result<int> read_all(const Bytes& batch, int32_t record_bytes_max = RecordReader::kRecordBytesMax) {
    RecordReader reader(view(batch), record_bytes_max);
    for (int count = 0;; count++) {
        auto more = reader.next();
        if (!more) return more.error();
        if (!*more) return count;
    }
}
Result<int> outline_all(const Bytes& batch,
                        int32_t record_bytes_max = RecordReader::kRecordBytesMax) {
    RecordReader reader(view(batch), record_bytes_max);
    RecordOutline outline;
    for (int count = 0;; count++) {
        auto more = reader.next_outline(outline);
        if (!more) return more.error();
        if (!*more) return count;
    }
}
void expect_invalid(const Bytes& batch, const char* what) {
    for (auto read : {read_all, outline_all}) {
        auto outcome = read(batch, RecordReader::kRecordBytesMax);
        ASSERT_FALSE(outcome) << what;
        EXPECT_EQ(outcome.error().code(), ErrorCode::INVALID_RECORD) << what;
    }
}

TEST(RecordReader, ReadsBackWhatWasBuiltInEveryCodec) {
    Bytes value{9, 8, 7};
    std::vector<RecordHeader> headers{{"first", BytesView(value)}, {"", std::nullopt}};
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions options;
        options.base_offset = Offset(50);
        options.compression = codec;
        RecordBatchBuilder builder(options);
        ASSERT_TRUE(builder.append({TimestampMs(100), as_bytes("key"), BytesView(value), headers}));
        ASSERT_TRUE(builder.append({TimestampMs(90), std::nullopt, std::nullopt, {}}));
        ASSERT_TRUE(
            builder.append_at(Offset(59), {TimestampMs(100'000), BytesView(), BytesView(), {}}));
        Bytes batch = build_or_die(builder);
        EXPECT_EQ(view(batch).last_offset(), Offset(59));
        EXPECT_EQ(view(batch).max_timestamp(), TimestampMs(100'000));

        RecordReader reader(view(batch));
        ASSERT_TRUE(*reader.next());
        EXPECT_EQ(reader.record().offset, Offset(50));
        EXPECT_EQ(reader.record().timestamp, TimestampMs(100));
        EXPECT_EQ(as_text(*reader.record().key), "key");
        EXPECT_TRUE(std::ranges::equal(*reader.record().value, value));
        auto read_headers = reader.record().headers();
        ASSERT_EQ(read_headers.size(), 2u);
        EXPECT_EQ(read_headers[0].key, "first");
        EXPECT_TRUE(std::ranges::equal(*read_headers[0].value, value));
        EXPECT_EQ(read_headers[1].key, "");
        EXPECT_FALSE(read_headers[1].value);
        ASSERT_TRUE(*reader.next());
        EXPECT_EQ(reader.record().offset, Offset(51));
        EXPECT_EQ(reader.record().timestamp, TimestampMs(90));
        EXPECT_FALSE(reader.record().key);
        EXPECT_FALSE(reader.record().value);
        ASSERT_TRUE(*reader.next());
        EXPECT_EQ(reader.record().offset, Offset(59));
        EXPECT_EQ(reader.record().key->size(), 0u);
        EXPECT_FALSE(*reader.next());
        EXPECT_FALSE(*reader.next());
    }
}

TEST(RecordReader, RecordsLargerThanTheWindow) {
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions options;
        options.compression = codec;
        RecordBatchBuilder builder(options);
        Bytes large = noise(500'000);
        for (int n = 0; n < 3; n++) {
            ASSERT_TRUE(builder.append({kTestTime, as_bytes("small"), as_bytes("small"), {}}));
            ASSERT_TRUE(builder.append({kTestTime, std::nullopt, BytesView(large), {}}));
        }
        Bytes batch = build_or_die(builder);
        EXPECT_EQ(*outline_all(batch), 6);
        RecordReader reader(view(batch));
        for (int n = 0; n < 6; n++) {
            ASSERT_TRUE(*reader.next());
            EXPECT_TRUE(n % 2 == 0 || std::ranges::equal(*reader.record().value, large));
        }
        EXPECT_FALSE(*reader.next());
    }
}

TEST(RecordReader, TheCountMustAgree) {
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions options;
        options.compression = codec;
        Bytes batch = make_batch(3, options);
        EXPECT_EQ(*read_all(batch), 3);
        EXPECT_EQ(*outline_all(batch), 3);
        expect_invalid(with(batch, Layout::kRecordCount, 4), "too few");
        expect_invalid(with(batch, Layout::kRecordCount, 2), "too many");
    }
}

TEST(RecordReader, MalformedRecords) {
    // length, attributes, timestamp delta, offset delta, key length, value length, header count
    const std::vector<std::pair<const char*, Bytes>> malformed{
        {"nothing", {}},
        {"negative length", {0x01, 0, 0, 0, 1, 1, 0}},
        {"length over the end", {0x0e, 0, 0, 0, 1, 1, 0}},
        {"length too small", {0x0a, 0, 0, 0, 1, 1, 0}},
        {"length too large for the content", {0x0e, 0, 0, 0, 1, 1, 0, 0}},
        {"length of 6 bytes", {0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
        {"timestamp of 11 bytes",
         {0x20, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0, 1, 1, 0}},
        {"key over the end", {0x0c, 0, 0, 0, 4, 1, 0}},
        {"key of 2^31 - 1", {0x14, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1, 0}},
        {"value over the end", {0x0c, 0, 0, 0, 1, 4, 0}},
        {"negative header count", {0x0c, 0, 0, 0, 1, 1, 1}},
        {"headers over the end", {0x0c, 0, 0, 0, 1, 1, 2}},
        {"header count of 2^31 - 1", {0x14, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f}},
        {"null header key", {0x10, 0, 0, 0, 1, 1, 2, 1, 1}},
        {"header value over the end", {0x10, 0, 0, 0, 1, 1, 2, 0, 6}},
        {"bytes behind it", {0x0c, 0, 0, 0, 1, 1, 0, 0}},
    };
    const Bytes good{0x0c, 0, 0, 0, 1, 1, 0};
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions options;
        options.compression = codec;
        Bytes batch = make_batch(1, options);
        EXPECT_EQ(*read_all(with_records(batch, compress(codec, good))), 1);
        for (const auto& [what, records] : malformed)
            expect_invalid(with_records(batch, compress(codec, records)), what);
    }
}

TEST(RecordReader, ARecordOverTheLimitIsRefusedBeforeItIsHeld) {
    for (CompressionType codec : kAllCodecs) {
        if (codec == CompressionType::kNone) continue;
        RecordBatchOptions options;
        options.compression = codec;
        Bytes batch = make_batch(2, options, 10'000);
        EXPECT_TRUE(read_all(batch, 10'100));
        for (auto read : {read_all, outline_all}) {
            auto outcome = read(batch, 9'999);
            ASSERT_FALSE(outcome);
            EXPECT_EQ(outcome.error().code(), ErrorCode::INVALID_RECORD);
        }
    }
}

TEST(RecordReader, LogAppendTimeIsTheTimeOfAllRecords) {
    RecordBatchOptions options;
    options.timestamp_type = TimestampType::kLogAppendTime;
    options.log_append_time = TimestampMs(123);
    Bytes batch = make_batch(2, options);
    RecordReader reader(view(batch));
    ASSERT_TRUE(*reader.next());
    EXPECT_EQ(reader.record().timestamp, TimestampMs(123));
}

TEST(RecordReader, BrokenStreamsAreInvalid) {
    for (CompressionType codec : kAllCodecs) {
        if (codec == CompressionType::kNone) continue;
        RecordBatchOptions options;
        options.compression = codec;
        Bytes batch = make_batch(20, options);
        expect_invalid(with_records(batch, as_bytes("garbage, garbage, garbage")), "garbage");
        expect_invalid(with_records(batch, {}), "empty");
        Bytes records = plain_records(batch);
        expect_invalid(with_records(batch, BytesView(records).first(records.size() / 2)), "half");
    }
}

// Whatever the bytes are: an answer, in bounded memory, never a crash. (Run with a sanitizer.)
TEST(RecordReader, SurvivesRandomChanges) {
    uint32_t state = 7;
    auto random = [&state](size_t bound) {
        state = state * 1664525 + 1013904223;
        return (state >> 8) % bound;
    };
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions options;
        options.compression = codec;
        const Bytes original = make_batch(10, options, 200);
        for (int round = 0; round < 3000; round++) {
            Bytes changed = original;
            for (size_t n = random(4) + 1; n > 0; n--)
                changed[Layout::kLength + random(changed.size() - Layout::kLength)] =
                    static_cast<uint8_t>(random(256));
            auto parsed = RecordBatchView::parse(changed);
            if (!parsed) continue;
            bool same = read_all(changed).has_value() == outline_all(changed).has_value();
            EXPECT_TRUE(same) << "both ways of reading agree";
        }
    }
}

}  // namespace
}  // namespace milena
