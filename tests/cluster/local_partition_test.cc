// SPDX-License-Identifier: Apache-2.0
#include "cluster/local_partition.h"

#include "protocol/record_batch_builder.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

class CountingWaiter final : public PartitionWaiter {
  public:
    void wake() override { ++count; }
    int count = 0;
};

Bytes batch(int records) {
    RecordBatchBuilder builder{RecordBatchOptions()};
    for (int i = 0; i < records; ++i) {
        NewRecord record;
        record.timestamp = system_clock().now();
        record.value = as_bytes("value");
        EXPECT_TRUE(builder.append(record));
    }
    auto built = builder.build();
    return built ? *built : Bytes();
}

class LocalPartitionTest : public NodeFixture {
  protected:
    void SetUp() override {
        start();
        ASSERT_EQ(create("events"), ErrorCode::NONE);
        partition_ = node_->partitions().find({node_->image()->topic("events")->id, 0});
        ASSERT_NE(partition_, nullptr);
    }
    Result<AppendInfo> append(int records) {
        Bytes bytes = batch(records);
        return partition_->append_as_leader(bytes, -1, AppendOrigin::kClient, nullptr);
    }

    std::shared_ptr<Partition> partition_;
};

TEST_F(LocalPartitionTest, AnAppendIsCommittedAtOnceAndReadable) {
    auto info = append(3);
    ASSERT_TRUE(info) << info.error().to_string();
    EXPECT_EQ(info->first_offset, Offset(0));
    EXPECT_EQ(info->last_offset, Offset(2));
    EXPECT_EQ(partition_->readable_end(Isolation::kReadUncommitted), Offset(3));
    EXPECT_EQ(partition_->readable_end(Isolation::kReadCommitted), Offset(3));
    bool acknowledged = false;
    partition_->when_acknowledgeable(*info, -1,
                                     [&](Result<void> done) { acknowledged = done.has_value(); });
    EXPECT_TRUE(acknowledged);
    auto data = partition_->fetch(Offset(0), 1 << 20, Isolation::kReadUncommitted, true);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->high_watermark, Offset(3));
    EXPECT_EQ(data->read.records.length, static_cast<int64_t>(batch(3).size()));
    EXPECT_EQ(partition_->fetch(Offset(4), 1, Isolation::kReadUncommitted, true).error().code(),
              ErrorCode::OFFSET_OUT_OF_RANGE);
}

TEST_F(LocalPartitionTest, EpochsOfClientsAreChecked) {
    EXPECT_TRUE(partition_->check_leader(kNoLeaderEpoch));
    EXPECT_TRUE(partition_->check_leader(LeaderEpoch(0)));
    EXPECT_EQ(partition_->check_leader(LeaderEpoch(1)).error().code(),
              ErrorCode::UNKNOWN_LEADER_EPOCH);
    const Uuid id = partition_->id().topic_id;
    partition_.reset();
    restart();
    partition_ = node_->partitions().find({id, 0});
    EXPECT_EQ(partition_->check_leader(LeaderEpoch(0)).error().code(),
              ErrorCode::FENCED_LEADER_EPOCH);
    EXPECT_TRUE(partition_->check_leader(LeaderEpoch(1)));
}

TEST_F(LocalPartitionTest, WaitersWakeUntilTheyGoOrDie) {
    auto waiter = std::make_shared<CountingWaiter>();
    auto dying = std::make_shared<CountingWaiter>();
    partition_->add_waiter(waiter);
    partition_->add_waiter(dying);
    dying.reset();
    ASSERT_TRUE(append(1));
    EXPECT_EQ(waiter->count, 1);
    partition_->remove_waiter(waiter.get());
    ASSERT_TRUE(append(1));
    EXPECT_EQ(waiter->count, 1);
}

/// Keeps the work until told to do it.
class HoldingPool final : public BlockingPool {
  public:
    void run(std::function<void()> work) override { held.push_back(std::move(work)); }
    void release() {
        for (auto& work : std::exchange(held, {})) work();
    }
    std::vector<std::function<void()>> held;
};

/// Lets a test act in the middle of what asks for the time.
class InterruptingClock final : public Clock {
  public:
    TimestampMs now() const override {
        if (auto act = std::exchange(interrupt, nullptr)) act();
        return system_clock().now();
    }
    SteadyTime steady_now() const override { return system_clock().steady_now(); }

    mutable std::function<void()> interrupt;
};

class SyncTest : public ::testing::Test {
  protected:
    void SetUp() override {
        LogManagerOptions options;
        options.directories = {directory_.path()};
        auto logs = LogManager::open(options, "c", 1, posix_file_system(), clock_, pool_);
        ASSERT_TRUE(logs) << logs.error().to_string();
        logs_ = std::move(*logs);
        ExpectedLog wanted{"t", Uuid::random(), 0, {}};
        wanted.config.flush_messages = 2;
        auto log = logs_->get_or_create(wanted);
        ASSERT_TRUE(log) << log.error().to_string();
        partition_ = std::make_shared<LocalPartition>(TopicPartition{wanted.topic_id, 0}, *log);
        lead(0);
    }
    void lead(int32_t epoch) {
        PartitionState state;
        state.replicas = state.isr = {1};
        state.leader = 1;
        state.leader_epoch = epoch;
        ASSERT_TRUE(partition_->apply(state, 1));
    }
    Offset readable_end() const { return partition_->readable_end(Isolation::kReadUncommitted); }
    AppendInfo append() {
        Bytes bytes = batch(1);
        auto info = partition_->append_as_leader(bytes, -1, AppendOrigin::kClient, nullptr);
        EXPECT_TRUE(info);
        return info ? *info : AppendInfo();
    }

    TemporaryDirectory directory_;
    InterruptingClock clock_;
    HoldingPool pool_;
    std::unique_ptr<LogManager> logs_;
    std::shared_ptr<LocalPartition> partition_;
};

TEST_F(SyncTest, WhatMustBeSyncedIsNeitherReadNorAcknowledgedBefore) {
    (void)append();  // below flush.messages
    EXPECT_EQ(partition_->readable_end(Isolation::kReadUncommitted), Offset(1));
    const AppendInfo second = append();
    ASSERT_TRUE(second.needs_sync);
    const AppendInfo third = append();  // behind one that waits
    EXPECT_EQ(partition_->readable_end(Isolation::kReadUncommitted), Offset(1));
    std::vector<int> acknowledged;
    partition_->when_acknowledgeable(second, -1, [&](Result<void>) { acknowledged.push_back(2); });
    partition_->when_acknowledgeable(third, -1, [&](Result<void>) { acknowledged.push_back(3); });
    EXPECT_TRUE(acknowledged.empty());
    auto waiter = std::make_shared<CountingWaiter>();
    partition_->add_waiter(waiter);
    while (!pool_.held.empty()) pool_.release();
    EXPECT_EQ(acknowledged, (std::vector{2, 3}));
    EXPECT_EQ(partition_->readable_end(Isolation::kReadUncommitted), Offset(3));
    EXPECT_GE(waiter->count, 1);
}

TEST_F(SyncTest, WhoeverWaitsLearnsThatTheTopicIsGone) {
    (void)append();
    const AppendInfo waiting = append();
    ErrorCode code = ErrorCode::NONE;
    partition_->when_acknowledgeable(waiting, -1,
                                     [&](Result<void> done) { code = done.error().code(); });
    partition_->retire();
    EXPECT_EQ(code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    Bytes bytes = batch(1);
    EXPECT_EQ(partition_->append_as_leader(bytes, 1, AppendOrigin::kClient, nullptr).error().code(),
              ErrorCode::NOT_LEADER_OR_FOLLOWER);
    while (!pool_.held.empty()) pool_.release();
}

TEST_F(SyncTest, ABatchIsCheckedWithoutTheLockAndThenByWhoStillLeads) {
    clock_.interrupt = [this] { partition_->retire(); };  // would wait for ever for the lock
    Bytes bytes = batch(1);
    EXPECT_EQ(partition_->append_as_leader(bytes, 1, AppendOrigin::kClient, nullptr).error().code(),
              ErrorCode::NOT_LEADER_OR_FOLLOWER);
    EXPECT_EQ(partition_->log()->log_end_offset(), Offset(0));
}

TEST_F(SyncTest, ABatchGetsTheEpochThatIsCurrentWhenItIsAppended) {
    clock_.interrupt = [this] { lead(1); };
    (void)append();
    EXPECT_EQ(partition_->log()->epoch_of(Offset(0)), LeaderEpoch(1));
}

TEST_F(SyncTest, ANewEpochCommitsNothingThatWaitsForTheDevice) {
    (void)append();
    (void)append();
    ASSERT_EQ(readable_end(), Offset(1));
    lead(1);
    EXPECT_EQ(readable_end(), Offset(1));
    while (!pool_.held.empty()) pool_.release();
    EXPECT_EQ(readable_end(), Offset(2));
}

TEST_F(SyncTest, WhatIsFoundAtAStartIsSyncedAsIfItWereNew) {
    // As after a kill: records in the log that nobody saw synced.
    Bytes bytes = batch(3);
    const auto& log = partition_->log();
    ASSERT_TRUE(log->append_as_leader(bytes, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
    partition_ = std::make_shared<LocalPartition>(partition_->id(), log);
    lead(1);
    EXPECT_EQ(readable_end(), Offset(0));
    while (!pool_.held.empty()) pool_.release();
    EXPECT_EQ(readable_end(), Offset(3));
}

TEST_F(SyncTest, ADuplicateWaitsForTheSyncOfTheFirst) {
    RecordBatchOptions options;
    options.producer_id = ProducerId(7);
    options.producer_epoch = ProducerEpoch(0);
    options.base_sequence = 0;
    RecordBatchBuilder builder(options);
    NewRecord record;
    record.timestamp = system_clock().now();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(builder.append(record));
    const Bytes batch = *builder.build();
    int acknowledged = 0;
    for (int i = 0; i < 2; ++i) {
        Bytes bytes = batch;
        auto info = partition_->append_as_leader(bytes, -1, AppendOrigin::kClient, nullptr);
        ASSERT_TRUE(info);
        EXPECT_EQ(info->duplicate, i == 1);
        EXPECT_EQ(info->last_offset, Offset(1));
        partition_->when_acknowledgeable(*info, -1,
                                         [&](Result<void> done) { acknowledged += !!done; });
    }
    EXPECT_EQ(acknowledged, 0);
    while (!pool_.held.empty()) pool_.release();
    EXPECT_EQ(acknowledged, 2);
}

}  // namespace
}  // namespace milena::testing
