// SPDX-License-Identifier: Apache-2.0
// A shard on a real log, whose partition fails and commits when it is told to, and whose time is
// told as well.
#pragma once

#include <deque>
#include <map>

#include "coordinator/runtime/shard.h"
#include "harness.h"
#include "storage/control_record.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {

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
    Effects on_image(const MetadataImagePtr& image) override {
        topics_seen.push_back(image->topic_count());
        return {};
    }

    StateTimer timer;
    std::vector<size_t> topics_seen;  ///< of each image
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

    Result<AppendInfo> append_as_leader(MutableBytesView batches, int16_t acks,
                                        const AppendSource& source,
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

}  // namespace milena::testing
