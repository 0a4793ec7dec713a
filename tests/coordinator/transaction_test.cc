// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "tests/coordinator/transaction_fixture.h"

namespace milena::testing {
namespace {

using enum TransactionStatus;
using std::chrono::milliseconds;

constexpr ProducerIdentity producer(int64_t id, int16_t epoch) {
    return {ProducerId(id), ProducerEpoch(epoch)};
}

/// Clients of transaction.version 2.
class Transactions : public TransactionTest {
  protected:
    /// Commits transactions until the producer has its last epoch.
    ProducerIdentity exhaust() {
        ProducerIdentity identity = *init();
        while (!is_exhausted(identity.epoch)) identity = *init(identity);
        return identity;
    }
};

TEST_F(Transactions, CommitAndGoOnInTheNextEpoch) {
    const auto first = init();
    EXPECT_EQ(*first, producer(1000, 0));
    EXPECT_EQ(state().status, kEmpty);
    EXPECT_EQ(code(add(*first)), ErrorCode::NONE);
    EXPECT_EQ(state().status, kOngoing);
    EXPECT_EQ(state().started, shard_->clock().now());

    const auto next = end(*first, true);
    EXPECT_EQ(*next, producer(1000, 1));
    EXPECT_EQ(state().status, kPrepareCommit);
    const MarkerTask task = write_markers();
    EXPECT_TRUE(task.marker.committed);
    EXPECT_EQ(task.marker.producer, *next);
    EXPECT_EQ(task.marker.transaction_version, 2);
    EXPECT_EQ(task.partitions, (NamedPartitions{{"a", {0, 1}}}));
    EXPECT_EQ(state().status, kCompleteCommit);
    EXPECT_TRUE(state().partitions.empty());

    EXPECT_EQ(code(add(*next, {{"b", {3}}})), ErrorCode::NONE);
    EXPECT_EQ(state().partitions, (NamedPartitions{{"b", {3}}}));
    expect_replica_equals();
}

TEST_F(Transactions, AbortWritesOtherMarkers) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    EXPECT_EQ(*end(identity, false), producer(1000, 1));
    EXPECT_FALSE(write_markers().marker.committed);
    EXPECT_EQ(state().status, kCompleteAbort);
}

TEST_F(Transactions, AddingWhatIsThereWritesNothing) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    ASSERT_TRUE(add(identity, {{"a", {1}}}));
    EXPECT_TRUE(shard_->last_records().empty());
    ASSERT_TRUE(add(identity, {{"a", {2}}}));
    EXPECT_EQ(shard_->last_records().size(), 1u);
    EXPECT_EQ(state().partitions, (NamedPartitions{{"a", {0, 1, 2}}}));
}

TEST_F(Transactions, AreCompleteWhenAllMarkersAreWritten) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    ASSERT_TRUE(end(identity, true));
    write_markers({.remaining = {{"a", {1}}}});
    EXPECT_EQ(state().status, kPrepareCommit);
    EXPECT_TRUE(host_.markers.empty());
    shard_->advance(milliseconds(100));
    ASSERT_EQ(host_.markers.size(), 1u);
    EXPECT_EQ(write_markers().partitions, (NamedPartitions{{"a", {1}}}));
    EXPECT_EQ(state().status, kCompleteCommit);
}

TEST_F(Transactions, StayUndoneWhereSomebodyNewerWasFaster) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    ASSERT_TRUE(end(identity, true));
    write_markers({.remaining = {{"a", {1}}}, .superseded = true});
    shard_->advance(milliseconds(1000));
    EXPECT_TRUE(host_.markers.empty());
    EXPECT_EQ(state().status, kPrepareCommit);
}

TEST_F(Transactions, NothingElseHappensBeforeTheEnd) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    const auto next = *end(identity, true);
    EXPECT_EQ(code(init()), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(code(add(next)), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(code(verify(next, {{"a", {0}}})), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(code(end(identity, true)), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(code(end(identity, true, 0)), ErrorCode::PRODUCER_FENCED);
    EXPECT_EQ(code(end(next, true, 0)), ErrorCode::CONCURRENT_TRANSACTIONS);
}

TEST_F(Transactions, OfOthersAreRefused) {
    const auto good = *init();
    const auto old = producer(1000, -1), other = producer(7, 0), newer = producer(1000, 1);
    ASSERT_TRUE(add(good));
    for (const auto& bad : {old, newer}) {
        EXPECT_EQ(code(add(bad)), ErrorCode::PRODUCER_FENCED);
        EXPECT_EQ(code(verify(bad, {{"a", {0}}})), ErrorCode::PRODUCER_FENCED);
        EXPECT_EQ(code(end(bad, true)), ErrorCode::PRODUCER_FENCED);
        EXPECT_EQ(code(end(bad, true, 0)), ErrorCode::PRODUCER_FENCED);
    }
    EXPECT_EQ(code(add(other)), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(code(verify(other, {{"a", {0}}})), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(code(end(other, true)), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(code(end(other, true, 0)), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(code(add(good, {{"a", {0}}}, 2, "unknown")), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(code(end(good, true, 2, "unknown")), ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    EXPECT_EQ(state().status, kOngoing);
}

TEST_F(Transactions, VerificationTellsWhatIsInThem) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    EXPECT_EQ(*verify(identity, {{"a", {1, 2}}, {"b", {0}}}), (NamedPartitions{{"a", {1}}}));
    EXPECT_TRUE(shard_->last_records().empty());
}

TEST_F(Transactions, ARepeatedEndIsAnsweredAsTheFirst) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    const auto next = *end(identity, true);
    write_markers();
    EXPECT_EQ(*end(identity, true), next);
    EXPECT_EQ(code(end(identity, false)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(code(end(next, true)), ErrorCode::INVALID_TXN_STATE);  // there is nothing to commit
    EXPECT_EQ(state().status, kCompleteCommit);
}

TEST_F(Transactions, AnEmptyOneCanBeAborted) {
    const auto identity = *init();
    EXPECT_EQ(code(end(identity, true)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(*end(identity, false), producer(1000, 1));
    EXPECT_EQ(state().started, shard_->clock().now());
    EXPECT_TRUE(write_markers().partitions.empty());
    EXPECT_EQ(state().status, kCompleteAbort);
    EXPECT_EQ(*end(producer(1000, 1), false), producer(1000, 2));
}

TEST_F(Transactions, ANewIncarnationFencesTheOldOne) {
    const auto old = *init();
    const auto current = *init();
    EXPECT_EQ(current, producer(1000, 1));
    EXPECT_EQ(code(add(old)), ErrorCode::PRODUCER_FENCED);
    ASSERT_TRUE(add(current));

    EXPECT_EQ(code(init()), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(state().status, kPrepareAbort);
    EXPECT_EQ(state().producer, producer(1000, 2));
    EXPECT_EQ(code(end(current, true)), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_FALSE(write_markers().marker.committed);
    EXPECT_EQ(*init(), producer(1000, 3));
    EXPECT_EQ(code(end(current, true)), ErrorCode::PRODUCER_FENCED);
}

TEST_F(Transactions, AProducerMayAskForItsNextEpoch) {
    const auto first = *init();
    const auto second = *init(first);
    EXPECT_EQ(second, producer(1000, 1));
    EXPECT_EQ(*init(first), second) << "the request was repeated";
    EXPECT_EQ(*init(second), producer(1000, 2));
    EXPECT_EQ(code(init(first)), ErrorCode::PRODUCER_FENCED);
    EXPECT_EQ(code(init(producer(7, 2))), ErrorCode::PRODUCER_FENCED);
}

TEST_F(Transactions, ANewTimeoutCounts) {
    ASSERT_TRUE(init({}, 5000));
    EXPECT_EQ(state().timeout_ms, 5000);
    ASSERT_TRUE(init({}, 7000));
    EXPECT_EQ(state().timeout_ms, 7000);
}

TEST_F(Transactions, UsedUpEpochsGiveANewId) {
    const auto last = exhaust();
    EXPECT_EQ(last, producer(1000, 32766));
    EXPECT_EQ(code(init(producer(1000, 5))), ErrorCode::UNKNOWN_SERVER_ERROR);
    EXPECT_EQ(*init(last), producer(1001, 0));
    EXPECT_EQ(state().previous_producer_id, ProducerId(1000));
    EXPECT_EQ(*init(last), producer(1001, 0)) << "the request was repeated";
    expect_replica_equals();
}

TEST_F(Transactions, UsedUpEpochsGiveANewIdAtTheEnd) {
    const auto last = exhaust();
    ASSERT_TRUE(add(last));
    const auto next = end(last, true);
    EXPECT_EQ(*next, producer(1001, 0));
    EXPECT_EQ(state().producer, producer(1000, 32767));
    EXPECT_EQ(state().next_producer_id, ProducerId(1001));
    EXPECT_EQ(write_markers().marker.producer, producer(1000, 32767));
    EXPECT_EQ(state().producer, *next);
    EXPECT_EQ(state().next_producer_id, kNoProducerId);
    EXPECT_EQ(*end(last, true), *next) << "the request was repeated";
    EXPECT_TRUE(add(*next));
    expect_replica_equals();
}

TEST_F(Transactions, WithoutAProducerIdTheyWait) {
    host_.has_ids = false;
    EXPECT_EQ(code(init()), ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
    EXPECT_EQ(machine().size(), 0u);
    host_.has_ids = true;
    const auto last = exhaust();
    ASSERT_TRUE(add(last));
    host_.has_ids = false;
    EXPECT_EQ(code(end(last, true)), ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
    EXPECT_EQ(state().status, kOngoing);
}

TEST_F(Transactions, ThatTakeTooLongAreAborted) {
    const auto identity = *init({}, 15'000);
    ASSERT_TRUE(add(identity));
    shard_->advance(milliseconds(10'000));
    EXPECT_EQ(state().status, kOngoing);
    shard_->advance(milliseconds(10'000));
    EXPECT_EQ(state().status, kPrepareAbort);
    EXPECT_EQ(state().producer, producer(1000, 1));
    EXPECT_FALSE(write_markers().marker.committed);
    EXPECT_EQ(code(end(identity, true)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(*end(identity, false), producer(1000, 1)) << "as if it had aborted itself";
    EXPECT_EQ(code(add(identity)), ErrorCode::PRODUCER_FENCED);
    expect_replica_equals();
}

TEST_F(Transactions, OfTwoPhasesHaveNoTimeLimit) {
    ASSERT_TRUE(add(*init({}, kNoTransactionTimeout)));
    shard_->advance(std::chrono::hours(24 * 30));
    EXPECT_EQ(state().status, kOngoing);
}

TEST_F(Transactions, ARestartKeepsTheClockRunning) {
    ASSERT_TRUE(add(*init({}, 15'000)));
    shard_->advance(milliseconds(10'000));
    shard_->restart();
    shard_->advance(milliseconds(10'000));
    EXPECT_EQ(state().status, kPrepareAbort);
}

TEST_F(Transactions, ARestartGoesOnWithTheMarkers) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity));
    const auto next = *end(identity, true);
    host_.markers.clear();  // on their way when the node stopped
    shard_->restart();
    ASSERT_EQ(host_.markers.size(), 1u);
    EXPECT_TRUE(write_markers().marker.committed);
    EXPECT_EQ(state().status, kCompleteCommit);
    EXPECT_EQ(*end(identity, true), next);
}

TEST_F(Transactions, IdsThatNobodyUsesAreForgotten) {
    options_.id_expiration_ms = 3'600'000;
    ASSERT_TRUE(init({}, 60'000, "idle"));
    const auto identity = *init({}, kNoTransactionTimeout, "busy");
    ASSERT_TRUE(add(identity, {{"a", {0}}}, 2, "busy"));
    shard_->advance(milliseconds(3'600'000));
    EXPECT_EQ(machine().find("idle"), nullptr);
    EXPECT_NE(machine().find("busy"), nullptr);
    expect_replica_equals();
    EXPECT_EQ(init({}, 60'000, "idle")->id, ProducerId(1002)) << "it is a new one";
}

TEST_F(Transactions, AreDescribed) {
    std::optional<Result<Transaction>> answer;
    run(machine().describe("t", into(answer)));
    EXPECT_EQ(code(*answer), ErrorCode::TRANSACTIONAL_ID_NOT_FOUND);
    ASSERT_TRUE(add(*init()));
    answer.reset();
    run(machine().describe("t", into(answer)));
    EXPECT_EQ(**answer, state());
}

TEST_F(Transactions, AreListedByManyFilters) {
    ASSERT_TRUE(add(*init({}, 60'000, "busy"), {{"a", {0}}}, 2, "busy"));
    ASSERT_TRUE(init({}, 60'000, "idle"));
    const auto names = [this](const TransactionFilter& filter) {
        std::optional<Result<std::vector<ListedTransaction>>> answer;
        run(machine().list(filter, into(answer)));
        std::string text;
        for (const auto& one : **answer) text += one.transactional_id + ' ';
        return text;
    };
    EXPECT_EQ(names({}), "busy idle ");
    EXPECT_EQ(names({.producer_ids = {1001}}), "idle ");
    EXPECT_EQ(names({.statuses = {kOngoing}, .has_statuses = true}), "busy ");
    EXPECT_EQ(names({.has_statuses = true}), "");
    EXPECT_EQ(names({.matches_id = [](std::string_view id) { return id == "idle"; }}), "idle ");
    shard_->clock().advance(milliseconds(5));
    EXPECT_EQ(names({.duration_min_ms = 5}),
              "idle ");  // it has no start, which Kafka takes as 1970
    EXPECT_EQ(names({.duration_min_ms = 4}), "busy idle ");
}

TEST_F(Transactions, UnknownRecordsAreSkipped) {
    set_log_level(LogLevel::kOff);
    ASSERT_TRUE(init());
    CoordinatorRecord record = transaction_record("t", state(), 2);
    const auto before = machine().transactions();
    const auto replay = [&] {
        machine().replay({Offset(9), record.key, BytesView(*record.value), {}});
    };
    (*record.value)[1] = 9;
    replay();
    (*record.value) = {0};
    replay();
    record.key[1] = 7;
    replay();
    set_log_level(LogLevel::kInfo);
    EXPECT_EQ(machine().transactions(), before);
}

/// Older clients, and clusters of an older transaction.version.
class OldTransactions : public TransactionTest {
  protected:
    OldTransactions() : TransactionTest(0) {}
};

TEST_F(OldTransactions, KeepTheirEpoch) {
    const auto identity = *init();
    EXPECT_EQ((*shard_->last_records().front().value)[1], 0) << "version of the value";
    ASSERT_TRUE(add(identity, {{"a", {0}}}, 0));
    EXPECT_EQ(*end(identity, true, 0), ProducerIdentity()) << "nobody is told a new one";
    EXPECT_EQ(state().producer, identity);
    const auto task = write_markers();
    EXPECT_EQ(task.marker.producer, identity);
    EXPECT_EQ(task.marker.transaction_version, 0);
    EXPECT_TRUE(end(identity, true, 0)) << "the request was repeated";
    EXPECT_EQ(code(end(identity, false, 0)), ErrorCode::INVALID_TXN_STATE);
    ASSERT_TRUE(add(identity, {{"a", {0}}}, 0));
    EXPECT_TRUE(end(identity, false, 0));
    write_markers();
    EXPECT_TRUE(end(identity, false, 0));
    EXPECT_EQ(code(end(identity, true, 0)), ErrorCode::INVALID_TXN_STATE);
    expect_replica_equals();
}

TEST_F(OldTransactions, AnEmptyOneHasNoEnd) {
    const auto identity = *init();
    EXPECT_EQ(code(end(identity, true, 0)), ErrorCode::INVALID_TXN_STATE);
    EXPECT_EQ(code(end(identity, false, 0)), ErrorCode::INVALID_TXN_STATE);
}

TEST_F(OldTransactions, ANewIncarnationFencesTheOldOne) {
    const auto identity = *init();
    ASSERT_TRUE(add(identity, {{"a", {0}}}, 0));
    EXPECT_EQ(code(init()), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(write_markers().marker.producer, producer(1000, 1));
    EXPECT_EQ(code(end(identity, true, 0)), ErrorCode::PRODUCER_FENCED);
    EXPECT_EQ(*init(), producer(1000, 2));
}

TEST_F(OldTransactions, UsedUpEpochsGiveANewIdWithTheNextIncarnation) {
    ProducerIdentity identity = *init();
    while (!is_exhausted(identity.epoch)) identity = *init();
    ASSERT_TRUE(add(identity, {{"a", {0}}}, 0));
    EXPECT_EQ(code(init()), ErrorCode::CONCURRENT_TRANSACTIONS);
    EXPECT_EQ(write_markers().marker.producer, producer(1000, 32767));
    EXPECT_EQ(*init(), producer(1001, 0));
}

}  // namespace
}  // namespace milena::testing
