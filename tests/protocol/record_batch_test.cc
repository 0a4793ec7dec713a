// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_batch.h"

#include "tests/protocol/record_test_support.h"

namespace milena {
namespace {

using Layout = RecordBatchLayout;

RecordBatchOptions rich_options(CompressionType codec) {
    RecordBatchOptions options;
    options.base_offset = Offset(1000);
    options.leader_epoch = LeaderEpoch(7);
    options.compression = codec;
    options.producer_id = ProducerId(42);
    options.producer_epoch = ProducerEpoch(3);
    options.base_sequence = 2'147'483'646;
    options.transactional = true;
    return options;
}

TEST(RecordBatch, EveryFieldComesBackInEveryCodec) {
    for (CompressionType codec : kAllCodecs) {
        Bytes bytes = make_batch(5, rich_options(codec));
        RecordBatchView batch = view(bytes);
        EXPECT_EQ(batch.base_offset(), Offset(1000));
        EXPECT_EQ(batch.last_offset(), Offset(1004));
        EXPECT_EQ(batch.leader_epoch(), LeaderEpoch(7));
        EXPECT_EQ(batch.magic(), 2);
        EXPECT_EQ(batch.compression(), codec);
        EXPECT_EQ(batch.timestamp_type(), TimestampType::kCreateTime);
        EXPECT_TRUE(batch.is_transactional());
        EXPECT_FALSE(batch.is_control());
        EXPECT_FALSE(batch.has_delete_horizon());
        EXPECT_EQ(batch.base_timestamp(), kTestTime);
        EXPECT_EQ(batch.max_timestamp(), TimestampMs(kTestTime.value + 4));
        EXPECT_EQ(batch.producer_id(), ProducerId(42));
        EXPECT_EQ(batch.producer_epoch(), ProducerEpoch(3));
        EXPECT_EQ(batch.base_sequence(), 2'147'483'646);
        EXPECT_EQ(batch.last_sequence(), 2);  // wrapped
        EXPECT_EQ(batch.record_count(), 5);
        EXPECT_EQ(batch.size_bytes(), bytes.size());
        EXPECT_TRUE(batch.is_crc_valid());
    }
}

TEST(RecordBatch, CrcCoversEverythingFromTheAttributesOn) {
    Bytes bytes = make_batch(2);
    for (size_t at : {Layout::kAttributes, Layout::kMaxTimestamp, bytes.size() - 1}) {
        Bytes changed = bytes;
        changed[at] ^= 1;
        EXPECT_FALSE(view(changed).is_crc_valid()) << at;
    }
    RecordBatchStamper stamper(bytes);
    stamper.set_base_offset(Offset(1) + 99);
    stamper.set_leader_epoch(LeaderEpoch(5));
    EXPECT_TRUE(view(bytes).is_crc_valid());
    EXPECT_EQ(view(bytes).last_offset(), Offset(101));
    EXPECT_EQ(view(bytes).leader_epoch(), LeaderEpoch(5));
}

TEST(RecordBatch, StampsLogAppendTimeAndDropsUnknownAttributes) {
    Bytes bytes = with(make_batch(2), Layout::kAttributes, int16_t{0x0710});
    RecordBatchStamper(bytes).set_max_timestamp(TimestampType::kLogAppendTime, TimestampMs(77));
    EXPECT_EQ(view(bytes).attributes(), Layout::kTransactionalBit | Layout::kTimestampTypeBit);
    EXPECT_EQ(view(bytes).max_timestamp(), TimestampMs(77));
    EXPECT_TRUE(view(bytes).is_crc_valid());
}

TEST(RecordBatch, LeavesWhatNeedsNoStamp) {
    Bytes bytes = with(make_batch(2), Layout::kAttributes, int16_t{0x0710});
    Bytes before = bytes;
    RecordBatchStamper(bytes).set_max_timestamp(TimestampType::kCreateTime,
                                                view(bytes).max_timestamp());
    EXPECT_EQ(bytes, before);
}

TEST(RecordBatch, ParseRefusesWhatIsNoBatch) {
    Bytes good = make_batch(1);
    auto code_of = [](const Bytes& bytes) {
        auto parsed = RecordBatchView::parse(bytes);
        return parsed ? ErrorCode::NONE : parsed.error().code();
    };
    EXPECT_EQ(code_of({}), ErrorCode::CORRUPT_MESSAGE);
    for (size_t size = 0; size < good.size(); size++)
        EXPECT_EQ(code_of(Bytes(good.begin(), good.begin() + static_cast<long>(size))),
                  ErrorCode::CORRUPT_MESSAGE)
            << size;
    for (int32_t length : {-2147483647 - 1, -1, 0, 13, 14, 48, 2147483647}) {
        Bytes bad = good;
        poke(bad, Layout::kLength, length);
        EXPECT_EQ(code_of(bad), ErrorCode::CORRUPT_MESSAGE) << length;
    }
    for (auto [magic, code] : {std::pair{int8_t{-1}, ErrorCode::CORRUPT_MESSAGE},
                               {int8_t{0}, ErrorCode::INVALID_RECORD},
                               {int8_t{1}, ErrorCode::INVALID_RECORD},
                               {int8_t{3}, ErrorCode::CORRUPT_MESSAGE}}) {
        Bytes bad = good;
        poke(bad, Layout::kMagic, magic);
        EXPECT_EQ(code_of(bad), code) << int{magic};
    }
    EXPECT_FALSE(view(with(good, Layout::kAttributes, int16_t{5})).compression());
}

TEST(RecordBatches, WalksWholeBatchesAndStopsAtACutOne) {
    Bytes one = make_batch(1);
    Bytes two = make_batch(2);
    Bytes buffer = one;
    buffer.insert(buffer.end(), two.begin(), two.end());
    const size_t whole = buffer.size();
    for (size_t extra : {size_t{0}, size_t{5}, size_t{12}, size_t{17}, one.size() - 1}) {
        Bytes cut = buffer;
        cut.insert(cut.end(), one.begin(), one.begin() + static_cast<long>(extra));
        RecordBatches batches(cut);
        EXPECT_EQ((*batches.next())->record_count(), 1);
        EXPECT_EQ((*batches.next())->record_count(), 2);
        auto end = batches.next();
        ASSERT_TRUE(end) << extra;
        EXPECT_FALSE(*end) << extra;
        EXPECT_EQ(batches.position(), whole);
    }
}

TEST(RecordBatches, GarbageBehindABatchIsAnError) {
    Bytes bytes = make_batch(1);
    bytes.resize(bytes.size() + 20);
    RecordBatches batches(bytes);
    EXPECT_TRUE(batches.next());
    auto second = batches.next();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::CORRUPT_MESSAGE);
}

TEST(RecordBatch, SequencesWrapToZero) {
    EXPECT_EQ(increment_sequence(0, 5), 5);
    EXPECT_EQ(increment_sequence(2147483647, 1), 0);
    EXPECT_EQ(increment_sequence(2147483640, 10), 2);
}

}  // namespace
}  // namespace milena
