// SPDX-License-Identifier: Apache-2.0
// Expected codes are what Apache Kafka 4.4.0 answers to the same bytes, unless a comment says why
// not.
#include "protocol/record_validator.h"

#include "tests/protocol/record_test_support.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

ValidationOptions default_options() {
    ValidationOptions options;
    options.now = kTestTime;
    return options;
}

ErrorCode code_of(Bytes batch, const ValidationOptions& options = default_options(),
                  std::vector<RecordError>* errors = nullptr) {
    const Bytes before = batch;
    auto outcome = validate_and_assign(batch, Offset(100), LeaderEpoch(4), options, errors);
    if (outcome) return ErrorCode::NONE;
    EXPECT_EQ(batch, before) << "a refused batch is left alone";
    return outcome.error().code();
}

Bytes one_record(TimestampMs timestamp, std::optional<BytesView> key = as_bytes("key"),
                 RecordBatchOptions options = {}) {
    RecordBatchBuilder builder(options);
    EXPECT_TRUE(builder.append({timestamp, key, as_bytes("value"), {}}));
    return build_or_die(builder);
}

std::vector<std::string> contents(BytesView batch) {
    std::vector<std::string> contents;
    RecordReader reader(*RecordBatchView::parse(batch));
    for (;;) {
        auto more = reader.next();
        EXPECT_TRUE(more) << more.error().to_string();
        if (!more || !*more) return contents;
        const RecordView& record = reader.record();
        contents.push_back(
            std::to_string(record.offset.value) + " " + std::to_string(record.timestamp.value) +
            " " + std::string(as_text(*record.key)) + "=" + std::string(as_text(*record.value)) +
            " " + std::string(as_text(record.header_bytes)));
    }
}

TEST(RecordValidator, StampsInPlaceInEveryCodec) {
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions build;
        build.compression = codec;
        Bytes batch = make_batch(3, build);
        const uint32_t crc = view(batch).crc();
        auto outcome =
            validate_and_assign(batch, Offset(100), LeaderEpoch(4), default_options(), nullptr);
        ASSERT_TRUE(outcome) << outcome.error().to_string();
        EXPECT_EQ(outcome->bytes.data(), batch.data());
        EXPECT_TRUE(outcome->replaced.empty());
        EXPECT_EQ(outcome->first_offset, Offset(100));
        EXPECT_EQ(outcome->last_offset, Offset(102));
        EXPECT_EQ(outcome->record_count, 3);
        EXPECT_EQ(outcome->max_timestamp, TimestampMs(kTestTime.value + 2));
        EXPECT_EQ(outcome->log_append_time, kNoTimestamp);
        EXPECT_EQ(view(batch).base_offset(), Offset(100));
        EXPECT_EQ(view(batch).leader_epoch(), LeaderEpoch(4));
        EXPECT_EQ(view(batch).crc(), crc) << "nothing under the checksum changed";
    }
}

TEST(RecordValidator, LogAppendTimeIsStampedUnderANewChecksum) {
    ValidationOptions options = default_options();
    options.timestamp_type = TimestampType::kLogAppendTime;
    options.now = TimestampMs(5'000);  // the producer's clock does not matter
    Bytes batch = make_batch(3);
    auto outcome = validate_and_assign(batch, Offset(100), LeaderEpoch(4), options, nullptr);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->log_append_time, TimestampMs(5'000));
    EXPECT_EQ(outcome->max_timestamp, TimestampMs(5'000));
    EXPECT_EQ(view(batch).timestamp_type(), TimestampType::kLogAppendTime);
    EXPECT_EQ(view(batch).max_timestamp(), TimestampMs(5'000));
    EXPECT_TRUE(view(batch).is_crc_valid());
}

TEST(RecordValidator, AWrongMaxTimestampIsMended) {
    Bytes batch = with(make_batch(3), Layout::kMaxTimestamp, kTestTime.value - 5'000);
    ASSERT_TRUE(validate_and_assign(batch, Offset(0), LeaderEpoch(0), default_options(), nullptr));
    EXPECT_EQ(view(batch).max_timestamp(), TimestampMs(kTestTime.value + 2));
    EXPECT_TRUE(view(batch).is_crc_valid());
}

TEST(RecordValidator, AnotherCodecMeansANewBatchWithTheSameRecords) {
    for (CompressionType source : kAllCodecs)
        for (CompressionType target : kAllCodecs) {
            RecordBatchOptions build;
            build.compression = source;
            build.producer_id = ProducerId(9);
            build.producer_epoch = ProducerEpoch(1);
            build.base_sequence = 30;
            build.transactional = true;
            Bytes batch = make_batch(700, build, 300);
            ValidationOptions options = default_options();
            options.target_compression = target;
            auto outcome =
                validate_and_assign(batch, Offset(100), LeaderEpoch(4), options, nullptr);
            ASSERT_TRUE(outcome) << outcome.error().to_string();
            ValidatedBatch moved = std::move(*outcome);
            EXPECT_EQ(moved.replaced.empty(), source == target);
            auto result = *RecordBatchView::parse(moved.bytes);
            EXPECT_EQ(result.compression(), target);
            EXPECT_TRUE(result.is_crc_valid());
            EXPECT_EQ(result.leader_epoch(), LeaderEpoch(4));
            EXPECT_EQ(result.producer_id(), ProducerId(9));
            EXPECT_EQ(result.producer_epoch(), ProducerEpoch(1));
            EXPECT_EQ(result.base_sequence(), 30);
            EXPECT_TRUE(result.is_transactional());
            EXPECT_EQ(result.record_count(), 700);
            EXPECT_EQ(result.max_timestamp(), moved.max_timestamp);
            build.base_offset = Offset(100);
            EXPECT_EQ(contents(moved.bytes), contents(make_batch(700, build, 300)));
        }
}

TEST(RecordValidator, ARewriteMendsOffsetsAndStampsTime) {
    RecordBatchBuilder builder({});
    ASSERT_TRUE(builder.append_at(Offset(0), {kTestTime, as_bytes("a"), as_bytes("1"), {}}));
    ASSERT_TRUE(builder.append_at(Offset(7), {kTestTime, as_bytes("b"), as_bytes("2"), {}}));
    Bytes batch = with(build_or_die(builder), Layout::kLastOffsetDelta, 1);
    ValidationOptions options = default_options();
    options.target_compression = CompressionType::kZstd;
    options.timestamp_type = TimestampType::kLogAppendTime;
    auto outcome = validate_and_assign(batch, Offset(10), LeaderEpoch(4), options, nullptr);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    auto time = std::to_string(kTestTime.value);
    EXPECT_EQ(contents(outcome->bytes),
              (std::vector<std::string>{"10 " + time + " a=1 ", "11 " + time + " b=2 "}));
}

TEST(RecordValidator, RequestsThatHoldNoSingleBatch) {
    Bytes good = make_batch(2);
    auto appended = [&](const Bytes& more) {
        Bytes bytes = good;
        bytes.insert(bytes.end(), more.begin(), more.end());
        return bytes;
    };
    EXPECT_EQ(code_of({}), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of({1, 2, 3}), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(Bytes(good.begin(), good.end() - 3)), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(appended(good)), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(appended({1, 2, 3, 4, 5})), ErrorCode::NONE);
    EXPECT_EQ(code_of(appended(Bytes(good.begin(), good.end() - 1))), ErrorCode::NONE);
    EXPECT_EQ(code_of(appended(Bytes(20, 0))), ErrorCode::CORRUPT_MESSAGE);
    EXPECT_EQ(code_of(with(good, Layout::kMagic, int8_t{1})), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(with(good, Layout::kMagic, int8_t{3})), ErrorCode::CORRUPT_MESSAGE);
}

TEST(RecordValidator, TrailingBytesAreNotAppended) {
    Bytes batch = make_batch(2);
    const size_t size = batch.size();
    batch.resize(size + 7);
    auto outcome =
        validate_and_assign(batch, Offset(0), LeaderEpoch(0), default_options(), nullptr);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->bytes.size(), size);
}

TEST(RecordValidator, HeadersThatCannotBe) {
    Bytes good = make_batch(2);
    Bytes bad_crc = good;
    bad_crc[Layout::kCrc] ^= 1;
    EXPECT_EQ(code_of(bad_crc), ErrorCode::CORRUPT_MESSAGE);
    Bytes bad_base = bad_crc;
    poke(bad_base, Layout::kBaseOffset, int64_t{5});
    EXPECT_EQ(code_of(bad_base), ErrorCode::INVALID_RECORD) << "seen before the checksum";
    for (int32_t count : {-1, 0, 1, 3, 2147483647})
        EXPECT_EQ(code_of(with(good, Layout::kRecordCount, count)), ErrorCode::INVALID_RECORD);
    for (int32_t delta : {-2147483647 - 1, -1, 0, 5, 2147483647})
        EXPECT_EQ(code_of(with(good, Layout::kLastOffsetDelta, delta)), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(with(good, Layout::kAttributes, Layout::kControlBit)),
              ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(with(good, Layout::kProducerId, int64_t{5})), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(code_of(with(good, Layout::kAttributes, int16_t{0x0780})), ErrorCode::NONE);
    // Apache Kafka: UNKNOWN_SERVER_ERROR.
    for (int16_t codec : {5, 6, 7})
        EXPECT_EQ(code_of(with(good, Layout::kAttributes, codec)),
                  ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
}

TEST(RecordValidator, CoordinatorsMayWriteControlBatches) {
    RecordBatchOptions build;
    build.control = true;
    build.producer_id = ProducerId(5);
    ValidationOptions options = default_options();
    options.from_client = false;
    options.target_compression = CompressionType::kGzip;
    Bytes batch = one_record(kTestTime, as_bytes("\x01"), build);
    auto outcome = validate_and_assign(batch, Offset(9), LeaderEpoch(0), options, nullptr);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(outcome->replaced.empty()) << "control batches keep their codec";
    EXPECT_TRUE(view(batch).is_control());
}

TEST(RecordValidator, SizesAreCheckedBeforeTheChecksumAndAfterARewrite) {
    Bytes batch = make_batch(2, {}, 5'000);
    ValidationOptions options = default_options();
    options.message_bytes_max = static_cast<int32_t>(batch.size());
    EXPECT_EQ(code_of(batch, options), ErrorCode::NONE);
    options.message_bytes_max--;
    batch[Layout::kCrc] ^= 1;
    EXPECT_EQ(code_of(batch, options), ErrorCode::MESSAGE_TOO_LARGE);
    RecordBatchOptions build;
    build.compression = CompressionType::kGzip;
    options.target_compression = CompressionType::kNone;
    EXPECT_EQ(code_of(make_batch(2, build, 5'000), options), ErrorCode::MESSAGE_TOO_LARGE);
}

TEST(RecordValidator, OffsetsInACompressedBatchMustBeDense) {
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions build;
        build.compression = codec;
        RecordBatchBuilder builder(build);
        ASSERT_TRUE(builder.append_at(Offset(0), {kTestTime, as_bytes("a"), as_bytes("1"), {}}));
        ASSERT_TRUE(builder.append_at(Offset(7), {kTestTime, as_bytes("b"), as_bytes("2"), {}}));
        Bytes batch = with(build_or_die(builder), Layout::kLastOffsetDelta, 1);
        // Apache Kafka takes the uncompressed one too; for the others it answers
        // UNKNOWN_SERVER_ERROR.
        EXPECT_EQ(code_of(batch),
                  codec == CompressionType::kNone ? ErrorCode::NONE : ErrorCode::INVALID_RECORD);
    }
}

TEST(RecordValidator, TimestampsOutOfRange) {
    constexpr int64_t kHour = 3'600'000;
    auto at = [](int64_t distance) { return one_record(TimestampMs(kTestTime.value + distance)); };
    EXPECT_EQ(code_of(at(kHour)), ErrorCode::NONE);
    EXPECT_EQ(code_of(at(kHour + 1)), ErrorCode::INVALID_TIMESTAMP);
    EXPECT_EQ(code_of(one_record(TimestampMs(-1))), ErrorCode::NONE);
    EXPECT_EQ(code_of(one_record(TimestampMs(-100))), ErrorCode::NONE);
    EXPECT_EQ(code_of(one_record(TimestampMs(std::numeric_limits<int64_t>::min()))),
              ErrorCode::INVALID_TIMESTAMP);
    ValidationOptions options = default_options();
    options.timestamp_before_max_ms = 1'000;
    EXPECT_EQ(code_of(at(-1'000), options), ErrorCode::NONE);
    EXPECT_EQ(code_of(at(-1'001), options), ErrorCode::INVALID_TIMESTAMP);
    options.timestamp_type = TimestampType::kLogAppendTime;
    EXPECT_EQ(code_of(at(-1'001), options), ErrorCode::NONE);
}

TEST(RecordValidator, OnlyTheBrokerSetsLogAppendTime) {
    Bytes batch = with(make_batch(2), Layout::kAttributes, Layout::kTimestampTypeBit);
    ValidationOptions options = default_options();
    // With a good time it passes, as in Apache Kafka, and becomes CreateTime.
    EXPECT_EQ(code_of(batch, options), ErrorCode::NONE);
    EXPECT_EQ(code_of(with(batch, Layout::kMaxTimestamp, int64_t{-1}), options),
              ErrorCode::INVALID_TIMESTAMP);
    options.timestamp_type = TimestampType::kLogAppendTime;
    EXPECT_EQ(code_of(batch, options), ErrorCode::INVALID_TIMESTAMP);
}

TEST(RecordValidator, CompactedTopicsNeedKeysAndEveryBadRecordIsNamed) {
    ValidationOptions options = default_options();
    options.compacted = true;
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions build;
        build.compression = codec;
        RecordBatchBuilder builder(build);
        for (bool with_key : {false, true, false})
            ASSERT_TRUE(builder.append({kTestTime,
                                        with_key ? std::optional(BytesView()) : std::nullopt,
                                        as_bytes("value"),
                                        {}}));
        std::vector<RecordError> errors;
        EXPECT_EQ(code_of(build_or_die(builder), options, &errors), ErrorCode::INVALID_RECORD);
        ASSERT_EQ(errors.size(), 2u);
        EXPECT_EQ(errors[0].batch_index, 0);
        EXPECT_EQ(errors[1].batch_index, 2);
        EXPECT_NE(errors[0].message, "");
    }
    EXPECT_EQ(code_of(one_record(kTestTime, std::nullopt), default_options()), ErrorCode::NONE);
}

TEST(RecordValidator, OneBadTimestampDecidesTheError) {
    ValidationOptions options = default_options();
    options.compacted = true;
    RecordBatchBuilder builder({});
    TimestampMs future(kTestTime.value + 10'000'000);
    ASSERT_TRUE(builder.append({future, as_bytes("key"), std::nullopt, {}}));
    ASSERT_TRUE(builder.append({kTestTime, std::nullopt, std::nullopt, {}}));
    std::vector<RecordError> errors;
    EXPECT_EQ(code_of(build_or_die(builder), options, &errors), ErrorCode::INVALID_TIMESTAMP);
    EXPECT_EQ(errors.size(), 2u);
}

TEST(RecordValidator, ListsABoundedNumberOfErrors) {
    ValidationOptions options = default_options();
    options.compacted = true;
    RecordBatchBuilder builder({});
    for (int n = 0; n < 3'000; n++)
        ASSERT_TRUE(builder.append({kTestTime, std::nullopt, std::nullopt, {}}));
    std::vector<RecordError> errors;
    EXPECT_EQ(code_of(build_or_die(builder), options, &errors), ErrorCode::INVALID_RECORD);
    EXPECT_EQ(errors.size(), kRecordErrorsMax);
}

TEST(RecordValidator, ZstdNeedsANewEnoughProduceRequest) {
    RecordBatchOptions build;
    build.compression = CompressionType::kZstd;
    Bytes batch = make_batch(1, build);
    EXPECT_TRUE(check_produced_records(batch));
    EXPECT_EQ(check_produced_records(batch, false).error().code(),
              ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    EXPECT_TRUE(check_produced_records(make_batch(1), false));
}

TEST(RecordValidator, DecompressionIsBoundedARecord) {
    for (CompressionType codec : kAllCodecs) {
        RecordBatchOptions build;
        build.compression = codec;
        Bytes batch = make_batch(2, build, 10'000);
        ValidationOptions options = default_options();
        options.decompressed_message_bytes_max = 9'999;
        EXPECT_EQ(code_of(batch, options),
                  codec == CompressionType::kNone ? ErrorCode::NONE : ErrorCode::INVALID_RECORD);
    }
}

}  // namespace
}  // namespace milena
