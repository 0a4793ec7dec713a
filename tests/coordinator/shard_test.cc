// SPDX-License-Identifier: Apache-2.0
#include "shard_fixture.h"

namespace milena::testing {
namespace {

TEST_F(ShardTest, RefusesUntilItLeadsAndWhileItLoads) {
    put("a", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"a NOT_COORDINATOR"});
    shard_->lead(partition_, node_->image());
    put("b", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"b COORDINATOR_LOAD_IN_PROGRESS"});
    put("c", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"c"});
}

TEST_F(ShardTest, EventsThatWaitTogetherAreOneBatch) {
    lead();
    put("a", "1");
    put("b", "2");
    put("a", "3");
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"a", "b", "a"}));
    EXPECT_EQ(partition_->appends, 1);
    EXPECT_EQ(partition_->log()->log_end_offset(), Offset(3));
    EXPECT_EQ(machine_->offsets, (std::vector{Offset(0), Offset(1), Offset(2)}));
}

TEST_F(ShardTest, LingersForMore) {
    make_shard(milliseconds(5));
    lead();
    put("a", "1");
    queue_.run();
    queue_.advance(milliseconds(4));
    put("b", "2");
    queue_.run();
    EXPECT_EQ(partition_->appends, 0);
    queue_.advance(milliseconds(1));
    EXPECT_EQ(partition_->appends, 1);
    EXPECT_EQ(take_answers(), (Answers{"a", "b"}));
}

TEST_F(ShardTest, AnswersWaitForTheCommit) {
    lead();
    partition_->commits_at_once = false;
    put("a", "1");
    queue_.run();
    submit("read", [this](Register& state) {
        Effects effects;
        effects.replies.push_back(note("read " + state.values["a"]));
        return effects;
    });
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{});
    partition_->commit();
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"a", "read 1"}));
}

TEST_F(ShardTest, AFailedAppendLeavesTheStateOfTheLog) {
    lead();
    put("a", "1");
    queue_.run();
    partition_->append_error = ErrorCode::KAFKA_STORAGE_ERROR;
    put("a", "2");
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"a", "a NOT_COORDINATOR: told to"}));
    EXPECT_EQ(value("a"), "1");
    partition_->append_error = ErrorCode::NONE;
    put("b", "3");
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"b"});
    EXPECT_EQ(value("b"), "3");
}

TEST_F(ShardTest, ALogThatRefusesAgainIsReadAgainAfterAPause) {
    lead();
    partition_->append_error = ErrorCode::KAFKA_STORAGE_ERROR;
    put("a", "1");
    queue_.run();
    put("b", "1");
    queue_.run();
    put("c", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"a NOT_COORDINATOR: told to", "b NOT_COORDINATOR: told to",
                                       "c COORDINATOR_LOAD_IN_PROGRESS"}));
    partition_->append_error = ErrorCode::NONE;
    queue_.advance(milliseconds(100));
    put("d", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"d"});
}

TEST_F(ShardTest, WhatWasNotCommittedBeforeLoadingIsAwaited) {
    RecordBatchBuilder builder{RecordBatchOptions()};
    ASSERT_TRUE(builder.append({TimestampMs(1), as_bytes("a"), as_bytes("1"), {}}));
    Bytes batch = *builder.build();
    // Past the partition, which would move the high watermark.
    ASSERT_TRUE(partition_->log()->append_as_leader(batch, LeaderEpoch(0),
                                                    AppendOrigin::kCoordinator, nullptr));
    partition_->commits_at_once = false;
    lead();
    submit("read", [this](Register& state) {
        Effects effects;
        effects.replies.push_back(note("read " + state.values["a"]));
        return effects;
    });
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{});
    partition_->commit();
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"read 1"});
}

TEST_F(ShardTest, AFailedCommitEndsTheCoordinator) {
    lead();
    partition_->commits_at_once = false;
    put("a", "1");
    queue_.run();
    partition_->commit(Error(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND));
    queue_.run();
    put("b", "1");
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"a COORDINATOR_NOT_AVAILABLE", "b NOT_COORDINATOR"}));
}

TEST_F(ShardTest, TheNextLeaderHasTheSameState) {
    lead();
    put("a", "1");
    put("b", "2");
    queue_.run();
    const auto values = machine_->values;
    const auto offsets = machine_->offsets;
    lead();
    EXPECT_EQ(machine_->values, values);
    EXPECT_EQ(machine_->offsets, offsets);
}

TEST_F(ShardTest, ResigningAnswersWhoeverWaits) {
    lead();
    submit("parked", [this](Register& state) {
        state.parked = note("parked");
        return Effects();
    });
    partition_->commits_at_once = false;
    put("a", "1");
    queue_.run();
    shard_->resign(Error(ErrorCode::NOT_COORDINATOR));
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"parked NOT_COORDINATOR", "a NOT_COORDINATOR"}));
    partition_->commit();  // too late to matter
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{});
}

TEST_F(ShardTest, TransactionsCountFromTheirEndOn) {
    const ProducerIdentity good{ProducerId(7), ProducerEpoch(0)};
    const ProducerIdentity bad{ProducerId(8), ProducerEpoch(3)};
    lead();
    for (const auto& producer : {good, bad})
        submit("write", [producer](Register&) {
            Effects effects = Register::put("by", std::to_string(producer.id.value));
            effects.transaction = producer;
            return effects;
        });
    put("plain", "1");
    queue_.run();
    EXPECT_EQ(machine_->pending.size(), 2u);
    EXPECT_EQ(partition_->log()->last_stable_offset(), Offset(0));
    shard_->end_transaction(bad, {true, 0}, 0, note("aborted"));
    shard_->end_transaction(good, {false, 0}, 0, note("committed"));
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"plain", "aborted", "committed"}));
    EXPECT_EQ(value("by"), "7");
    EXPECT_EQ(partition_->log()->last_stable_offset(), Offset(5));
    lead();  // the same, out of the log
    EXPECT_EQ(value("by"), "7");
    EXPECT_EQ(machine_->pending.size(), 0u);
}

TEST_F(ShardTest, WhatDoesNotFitIntoABatchIsRefusedOrSplit) {
    lead();
    const std::string large(600'000, 'x');
    auto two = [this, large](bool atomic, const char* name) {
        Effects effects = Register::put("a", large);
        effects.add(Register::put("b", large, note(name)));
        effects.atomic = atomic;
        return effects;
    };
    submit("whole", [&](Register&) { return two(true, "whole"); });
    queue_.run();
    ASSERT_EQ(answers_.size(), 1u);
    EXPECT_EQ(take_answers()[0].substr(0, 26), "whole UNKNOWN_SERVER_ERROR");
    EXPECT_EQ(machine_->values.size(), 0u);
    submit("split", [&](Register&) { return two(false, "split"); });
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"split"});
    EXPECT_EQ(partition_->appends, 2);
}

TEST_F(ShardTest, TimersAreEvents) {
    lead();
    submit("arm", [](Register& state) {
        state.timer.arm(milliseconds(100));
        state.timer.arm(milliseconds(200));
        return Effects();
    });
    queue_.run();
    queue_.advance(milliseconds(199));
    EXPECT_EQ(machine_->values.size(), 0u);
    queue_.advance(milliseconds(1));
    EXPECT_EQ(value("timer"), "ran");
    EXPECT_EQ(partition_->log()->log_end_offset(), Offset(1));
}

TEST_F(ShardTest, TimersThatAnswersArmAreSeenAfterALinger) {
    make_shard(milliseconds(5));
    lead();
    submit("arm", [](Register& state) {
        return Register::put("a", "1",
                             [&state](const Result<void>&) { state.timer.arm(milliseconds(100)); });
    });
    queue_.run();
    queue_.advance(milliseconds(5));
    queue_.advance(milliseconds(100));
    EXPECT_EQ(value("timer"), "ran");
}

}  // namespace
}  // namespace milena::testing
