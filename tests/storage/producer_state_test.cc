// SPDX-License-Identifier: Apache-2.0
#include "storage/producer_snapshot.h"
#include "storage/transaction_index.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

class ProducerStateTest : public LogTest {
  protected:
    ProducerStateTest() { log = open(); }

    Result<AppendInfo> produce(int32_t sequence, int records = 2, int16_t epoch = 0,
                               int64_t producer = 7) {
        return append(
            *log, {.records = records, .producer = producer, .epoch = epoch, .sequence = sequence});
    }
    ErrorCode code(const Result<AppendInfo>& result) {
        return result ? ErrorCode::NONE : result.error().code();
    }
    std::shared_ptr<PartitionLog> log;
};

TEST_F(ProducerStateTest, AnswersDuplicatesOfTheLastFiveBatches) {
    for (int i = 0; i < 7; ++i) ASSERT_EQ(produce(i * 2)->first_offset, Offset(i * 2));
    for (int i = 2; i < 7; ++i) {
        auto again = produce(i * 2);
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->duplicate);
        EXPECT_EQ(again->first_offset, Offset(i * 2));
        EXPECT_EQ(again->last_offset, Offset(i * 2 + 1));
    }
    EXPECT_EQ(code(produce(2)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(log->log_end_offset(), Offset(14));
}

TEST_F(ProducerStateTest, RefusesGapsAndOverlaps) {
    ASSERT_TRUE(produce(0));
    EXPECT_EQ(code(produce(3)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(code(produce(1)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(code(produce(0, 1)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(code(produce(2)), ErrorCode::NONE);
}

TEST_F(ProducerStateTest, AnUnknownProducerStartsAnywhere) {
    EXPECT_EQ(code(produce(42)), ErrorCode::NONE);
    EXPECT_EQ(code(produce(44)), ErrorCode::NONE);
}

TEST_F(ProducerStateTest, ANewEpochStartsAtZero) {
    ASSERT_TRUE(produce(0));
    EXPECT_EQ(code(produce(2, 2, 1)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(code(produce(0, 2, 1)), ErrorCode::NONE);
    EXPECT_EQ(code(produce(2, 2, 0)), ErrorCode::INVALID_PRODUCER_EPOCH);
    EXPECT_TRUE(produce(0, 2, 1)->duplicate);
}

TEST_F(ProducerStateTest, SequencesWrapAround) {
    constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
    ASSERT_TRUE(produce(kLast - 1, 3));  // kLast - 1, kLast, 0
    EXPECT_EQ(code(produce(0)), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(code(produce(1)), ErrorCode::NONE);
    EXPECT_TRUE(produce(kLast - 1, 3)->duplicate);
}

TEST_F(ProducerStateTest, ForgetsIdleProducers) {
    ASSERT_TRUE(produce(0));
    EXPECT_EQ(log->active_producers().size(), 1u);
    clock.now_ms += config.producer_id_expiration_ms - 10;
    log->expire_producers();
    EXPECT_EQ(log->active_producers().size(), 1u);
    clock.now_ms += 20;
    log->expire_producers();
    EXPECT_EQ(log->active_producers().size(), 0u);
    EXPECT_EQ(code(produce(100)), ErrorCode::NONE);
}

TEST_F(ProducerStateTest, SurvivesAShutdown) {
    ASSERT_TRUE(produce(0));
    ASSERT_TRUE(produce(2));
    ASSERT_TRUE(log->shut_down());
    EXPECT_TRUE(files->exists(directory() + "/" + segment_file_name(Offset(4), kSnapshotSuffix)));
    log = open();
    auto active = log->active_producers();
    ASSERT_EQ(active.size(), 1u);
    EXPECT_EQ(active[0].producer_id, ProducerId(7));
    EXPECT_EQ(active[0].last_sequence, 3);
    EXPECT_TRUE(produce(2)->duplicate);
    EXPECT_EQ(code(produce(4)), ErrorCode::NONE);
}

TEST_F(ProducerStateTest, AnOpenTransactionHoldsTheStableOffset) {
    auto transactional = [&](int64_t producer, int32_t sequence) {
        return append(
            *log, {.producer = producer, .epoch = 0, .sequence = sequence, .transactional = true});
    };
    ASSERT_TRUE(produce(0, 1, 0, 100));
    ASSERT_TRUE(transactional(1, 0));  // 1
    ASSERT_TRUE(transactional(2, 0));  // 2
    EXPECT_EQ(code(produce(1, 1, 0, 1)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(log->last_stable_offset(), Offset(1));
    ASSERT_TRUE(append_bytes(*log, make_marker(1, 0, false), AppendOrigin::kCoordinator));  // 3
    EXPECT_EQ(log->last_stable_offset(), Offset(2));
    ASSERT_TRUE(append_bytes(*log, make_marker(2, 0, true), AppendOrigin::kCoordinator));  // 4
    EXPECT_EQ(log->last_stable_offset(), Offset(5));
    auto read = log->read(Offset(0), 1 << 20, Offset(5), true, true);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->aborted.size(), 1u);
    EXPECT_EQ(read->aborted[0].producer_id, ProducerId(1));
    EXPECT_EQ(read->aborted[0].first_offset, Offset(1));
    auto index = read_aborted_transactions(
        *files, directory() + "/" + segment_file_name(Offset(0), kTransactionIndexSuffix));
    EXPECT_EQ(
        *index,
        (std::vector<AbortedTransactionEntry>{{ProducerId(1), Offset(1), Offset(3), Offset(2)}}));
}

TEST_F(ProducerStateTest, ASnapshotWithAFlippedBitIsRefused) {
    ProducerStates states;
    ProducerEntry entry;
    entry.epoch = ProducerEpoch(4);
    entry.remember({10, 2, Offset(99), TimestampMs(5)});
    entry.last_timestamp = TimestampMs(5);
    states.restore(ProducerId(77), entry);
    states.set_end_offset(Offset(100));
    ASSERT_TRUE(write_producer_snapshot(*files, directory(), states));
    const std::string path = directory() + "/" + segment_file_name(Offset(100), kSnapshotSuffix);
    auto back = read_producer_snapshot(*files, path, Offset(100));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->producers().at(ProducerId(77)), entry);
    const Bytes good = *files->read_file(path);
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes damaged = good;
        damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        auto file = files->open(path, OpenMode::kTruncate);
        ASSERT_TRUE((*file)->write_at(0, damaged));
        EXPECT_FALSE(read_producer_snapshot(*files, path, Offset(100))) << bit;
    }
}

}  // namespace
}  // namespace milena
