// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/shard.h"

#include <deque>
#include <map>

#include "harness.h"
#include "storage/control_record.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

using std::chrono::milliseconds;

/// Keeps text by text, and what open transactions would add to it.
class Register final : public StateMachine {
  public:
    explicit Register(TimerQueue& timers) : timer(timers, [this] { return put("timer", "ran"); }) {}

    static Effects put(std::string_view key, std::string_view value, Reply reply = {}) {
        Effects effects;
        effects.records.push_back({bytes(key), bytes(value)});
        if (reply) effects.replies.push_back(std::move(reply));
        return effects;
    }

    void replay(const ReplayedRecord& record) override {
        offsets.push_back(record.offset);
        auto& target = record.transaction ? pending[record.transaction->id] : values;
        target[std::string(as_text(record.key))] = std::string(as_text(*record.value));
    }
    void end_transaction(ProducerId producer, bool committed) override {
        auto ended = pending.extract(producer);
        if (ended.empty() || !committed) return;
        for (const auto& [key, value] : ended.mapped()) values[key] = value;
    }
    Effects on_loaded() override { return {}; }
    void on_unloaded(const Error& reason) override {
        if (parked) parked(reason);
    }
    Effects on_image(const MetadataImagePtr&) override { return {}; }

    StateTimer timer;
    std::map<std::string, std::string> values;
    std::map<ProducerId, std::map<std::string, std::string>> pending;
    std::vector<Offset> offsets;
    Reply parked;

  private:
    static Bytes bytes(std::string_view text) {
        return {as_bytes(text).begin(), as_bytes(text).end()};
    }
};

/// A real partition whose appends can be made to fail and whose commits wait for a word.
class GatedPartition final : public Partition {
  public:
    explicit GatedPartition(std::shared_ptr<Partition> real) : real_(std::move(real)) {}

    Result<AppendInfo> append_as_leader(MutableBytesView batches, int16_t acks, const AppendSource& source,
                                        std::vector<RecordError>* errors) override {
        if (append_error != ErrorCode::NONE) return Error(append_error, "told to");
        ++appends;
        return real_->append_as_leader(batches, acks, source, errors);
    }
    void when_acknowledgeable(const AppendInfo&, int16_t,
                              std::function<void(Result<void>)> done) override {
        if (commits_at_once) return done({});
        waiting_.push_back(std::move(done));
    }
    void commit(const Result<void>& result = {}) {
        auto done = std::move(waiting_.front());
        waiting_.pop_front();
        done(result);
    }

    const std::string& topic() const override { return real_->topic(); }
    TopicPartition id() const override { return real_->id(); }
    bool is_leader() const override { return real_->is_leader(); }
    LeaderEpoch leader_epoch() const override { return real_->leader_epoch(); }
    const std::shared_ptr<Log>& log() const override { return real_->log(); }
    Result<void> check_leader(LeaderEpoch known) const override {
        return real_->check_leader(known);
    }
    Result<FetchData> fetch(Offset from, int64_t bytes, Isolation isolation, bool one) override {
        return real_->fetch(from, bytes, isolation, one);
    }
    Offset readable_end(Isolation isolation) const override {
        return real_->readable_end(isolation);
    }
    void add_waiter(std::weak_ptr<PartitionWaiter> waiter) override {
        real_->add_waiter(std::move(waiter));
    }
    void remove_waiter(const PartitionWaiter* waiter) override { real_->remove_waiter(waiter); }

    ErrorCode append_error = ErrorCode::NONE;
    bool commits_at_once = true;
    int appends = 0;

  private:
    const std::shared_ptr<Partition> real_;
    std::deque<std::function<void(Result<void>)>> waiting_;
};

/// Tasks, and timers that run when their time is said to have come.
class ClockedExecutor final : public Executor {
  public:
    void post(std::function<void()> task) override { tasks_.post(std::move(task)); }
    std::unique_ptr<Timer> after(milliseconds delay, std::function<void()> task) override {
        auto id = ++last_id_;
        timers_[id] = {clock.steady_now() + delay, std::move(task)};
        return std::make_unique<Entry>(*this, id);
    }
    bool runs_here() const override { return tasks_.runs_here(); }
    void run() { tasks_.run_until_idle(); }
    void advance(milliseconds by) {
        clock.advance(by);
        for (auto at = timers_.begin(); at != timers_.end();) {
            if (at->second.first > clock.steady_now()) {
                ++at;
                continue;
            }
            tasks_.post(std::move(at->second.second));
            at = timers_.erase(at);
        }
        run();
    }
    ManualClock clock;

  private:
    struct Entry final : Timer {
        Entry(ClockedExecutor& owner, int id) : owner(owner), id(id) {}
        ~Entry() override { cancel(); }
        void cancel() override { owner.timers_.erase(id); }
        ClockedExecutor& owner;
        const int id;
    };

    ManualExecutor tasks_;
    std::map<int, std::pair<SteadyTime, std::function<void()>>> timers_;
    int last_id_ = 0;
};

class ShardTest : public NodeFixture {
  protected:
    void SetUp() override {
        start();
        ASSERT_EQ(create("state"), ErrorCode::NONE);
        partition_ = std::make_shared<GatedPartition>(
            node_->partitions().find({node_->image()->topic("state")->id, 0}));
        make_shard(milliseconds(-1));
    }
    void TearDown() override {
        shard_->resign(Error(ErrorCode::NOT_COORDINATOR));
        queue_.run();
    }
    void make_shard(milliseconds linger) {
        shard_ = std::make_shared<CoordinatorShard>(
            ShardParts{queue_, pool_, queue_.clock,
                       [this](TimerQueue& timers) {
                           auto made = std::make_unique<Register>(timers);
                           machine_ = made.get();
                           return made;
                       },
                       linger, CompressionType::kNone});
    }
    void lead() {
        shard_->lead(partition_, node_->image());
        queue_.run();
    }
    Reply note(std::string name) {
        return [this, name = std::move(name)](const Result<void>& result) {
            answers_.push_back(name + (result ? "" : " " + result.error().to_string()));
        };
    }
    void submit(std::string name, std::function<Effects(Register&)> handle) {
        CoordinatorEvent event;
        event.handle = [handle = std::move(handle)](StateMachine& machine) {
            return handle(static_cast<Register&>(machine));
        };
        event.refuse = [this, name](const Error& error) { note(name)(error); };
        shard_->submit(std::move(event));
    }
    void put(const std::string& key, const std::string& value) {
        submit(key, [this, key, value](Register&) { return Register::put(key, value, note(key)); });
    }
    std::vector<std::string> take_answers() { return std::exchange(answers_, {}); }
    std::string value(const std::string& key) { return machine_->values[key]; }

    using Answers = std::vector<std::string>;
    ClockedExecutor queue_;
    std::shared_ptr<GatedPartition> partition_;
    std::shared_ptr<CoordinatorShard> shard_;
    Register* machine_ = nullptr;
    Answers answers_;
};

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

}  // namespace
}  // namespace milena::testing
