// SPDX-License-Identifier: Apache-2.0
// What a log refuses so that no transaction is left open in it that nobody will ever end.
#include "storage/control_record.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

constexpr int64_t kProducer = 7;

class TransactionCheckTest : public LogTest {
  protected:
    TransactionCheckTest() { log = open(); }

    ErrorCode write(int32_t sequence, std::optional<VerificationGuard> guard, int16_t epoch = 0) {
        AppendSource source = AppendOrigin::kClient;
        source.guard = guard;
        return code(append_bytes(*log,
                                 make_batch({.producer = kProducer,
                                             .epoch = epoch,
                                             .sequence = sequence,
                                             .transactional = true}),
                                 source));
    }
    ErrorCode mark(int16_t epoch, int16_t version, int32_t coordinator_epoch = 7) {
        AppendSource source = AppendOrigin::kCoordinator;
        source.transaction_version = version;
        auto marker =
            build_marker(ProducerId(kProducer), ProducerEpoch(epoch),
                         {.aborted = true, .coordinator_epoch = coordinator_epoch}, clock.now());
        return code(append_bytes(*log, *marker, source));
    }
    Result<VerificationGuard> verify(int32_t sequence, int16_t epoch = 0, bool bumps = false) {
        return log->start_verification(
            {ProducerId(kProducer), ProducerEpoch(epoch), sequence, bumps});
    }
    template <class Value>
    static ErrorCode code(const Result<Value>& result) {
        return result ? ErrorCode::NONE : result.error().code();
    }
    std::shared_ptr<PartitionLog> log;
};

TEST_F(TransactionCheckTest, ATransactionStartsOnlyWhenVerified) {
    EXPECT_EQ(write(0, VerificationGuard::kNone), ErrorCode::INVALID_TXN_STATE);
    const auto guard = verify(0);
    ASSERT_NE(*guard, VerificationGuard::kNone);
    EXPECT_EQ(write(0, VerificationGuard::kNone), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(write(0, VerificationGuard(99)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(log->log_end_offset(), Offset(0));
    EXPECT_EQ(write(0, *guard), ErrorCode::NONE);
    EXPECT_EQ(*verify(1), VerificationGuard::kNone) << "it is open";
    EXPECT_EQ(write(1, VerificationGuard::kNone), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, AMarkerMakesTheGuardWorthless) {
    const auto guard = verify(0);
    ASSERT_EQ(mark(0, 0), ErrorCode::NONE);
    EXPECT_EQ(write(0, *guard), ErrorCode::INVALID_TXN_STATE);
    EXPECT_NE(*verify(0), *guard);
}

TEST_F(TransactionCheckTest, TheNextTransactionMayBeVerifiedBeforeTheMarkerComes) {
    ASSERT_EQ(write(0, *verify(0, 0, true)), ErrorCode::NONE);
    const auto next = verify(0, 1, true);
    ASSERT_EQ(mark(1, 2), ErrorCode::NONE);
    EXPECT_EQ(write(0, *next, 1), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, LaterBatchesDoNotOvertakeTheFirst) {
    const auto guard = verify(0);
    EXPECT_EQ(*verify(1), *guard);
    EXPECT_EQ(write(1, *guard), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(write(0, *guard), ErrorCode::NONE);
    EXPECT_EQ(write(1, VerificationGuard::kNone), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, AnUnknownProducerThatBumpsItsEpochStartsAtZero) {
    const auto guard = verify(5, 0, true);
    EXPECT_EQ(write(5, *guard), ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_EQ(*verify(0, 0, true), *guard);
    EXPECT_EQ(write(0, *guard), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, AnUnknownProducerOfOldMayStartAnywhere) {
    EXPECT_EQ(write(5, *verify(5)), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, OldEpochsAreRefused) {
    ASSERT_EQ(mark(3, 0), ErrorCode::NONE);
    EXPECT_EQ(code(verify(0, 2)), ErrorCode::INVALID_PRODUCER_EPOCH);
    EXPECT_EQ(write(0, std::nullopt, 2), ErrorCode::INVALID_PRODUCER_EPOCH);
    EXPECT_EQ(write(0, *verify(0, 3), 3), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, WithoutVerificationNothingIsAsked) {
    EXPECT_EQ(write(0, std::nullopt), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, MarkersOfOldEpochsAreRefused) {
    ASSERT_EQ(write(0, std::nullopt, 4), ErrorCode::NONE);
    EXPECT_EQ(mark(3, 0), ErrorCode::INVALID_PRODUCER_EPOCH);
    EXPECT_EQ(mark(3, 2), ErrorCode::INVALID_PRODUCER_EPOCH);
    EXPECT_EQ(mark(4, 2), ErrorCode::INVALID_PRODUCER_EPOCH) << "the end has a new epoch";
    EXPECT_EQ(log->last_stable_offset(), Offset(0));
    EXPECT_EQ(mark(5, 2), ErrorCode::NONE);
    EXPECT_EQ(mark(5, 2), ErrorCode::NONE) << "it is repeated";
    EXPECT_EQ(log->last_stable_offset(), log->log_end_offset());
}

TEST_F(TransactionCheckTest, MarkersOfOldKeepTheEpoch) {
    ASSERT_EQ(write(0, std::nullopt, 4), ErrorCode::NONE);
    EXPECT_EQ(mark(4, 0), ErrorCode::NONE);
    EXPECT_EQ(log->last_stable_offset(), log->log_end_offset());
    EXPECT_EQ(write(1, *verify(1, 4), 4), ErrorCode::NONE) << "sequences count on";
}

TEST_F(TransactionCheckTest, MarkersOfOldCoordinatorsAreRefused) {
    ASSERT_EQ(mark(1, 0, 7), ErrorCode::NONE);
    ASSERT_EQ(write(0, *verify(0, 1), 1), ErrorCode::NONE);
    EXPECT_EQ(mark(1, 0, 6), ErrorCode::TRANSACTION_COORDINATOR_FENCED);
    EXPECT_EQ(mark(1, 0, 7), ErrorCode::NONE);
    EXPECT_EQ(mark(1, 0, 8), ErrorCode::NONE);
}

TEST_F(TransactionCheckTest, BatchesOfACoordinatorHaveNoSequences) {
    AppendSource source = AppendOrigin::kCoordinator;
    for (int i = 0; i < 2; ++i) {
        auto info = append_bytes(
            *log,
            make_batch({.producer = kProducer, .epoch = 0, .sequence = -1, .transactional = true}),
            source);
        ASSERT_TRUE(info);
        EXPECT_FALSE(info->duplicate);
    }
    EXPECT_EQ(code(log->check_transaction(ProducerId(kProducer), ProducerEpoch(0),
                                          VerificationGuard::kNone)),
              ErrorCode::NONE);
    EXPECT_EQ(
        code(log->check_transaction(ProducerId(8), ProducerEpoch(0), VerificationGuard::kNone)),
        ErrorCode::INVALID_TXN_STATE);
}

TEST_F(TransactionCheckTest, VerificationsThatNobodyFinishesAreForgotten) {
    const auto guard = verify(0);
    clock.now_ms += config.producer_id_expiration_ms;
    log->expire_producers();
    EXPECT_EQ(write(0, *guard), ErrorCode::INVALID_TXN_STATE);
}

}  // namespace
}  // namespace milena
