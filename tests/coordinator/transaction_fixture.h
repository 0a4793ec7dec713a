// SPDX-License-Identifier: Apache-2.0
// A shard of transactions whose surroundings are a list of what it asked for.
#pragma once

#include <deque>

#include "cluster/image_state.h"
#include "coordinator/transaction/transaction_shard.h"
#include "tests/coordinator/harness.h"

namespace milena::testing {

/// Keeps markers until the test has them written; gives producer ids 1000, 1001, ... as events.
class FakeHost final : public TransactionHost {
  public:
    using Event = std::function<Effects(TransactionShard&)>;

    void take_producer_id(const std::string&,
                          std::function<Effects(TransactionShard&, const Result<ProducerId>&)> then,
                          std::function<void(const Error&)>) override {
        const Result<ProducerId> id = has_ids ? Result<ProducerId>(ProducerId(next_producer_id++))
                                              : Error(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
        events.push_back([then, id](TransactionShard& shard) { return then(shard, id); });
    }
    void write_markers(MarkerTask task) override { markers.push_back(std::move(task)); }

    bool has_ids = true;
    int64_t next_producer_id = 1000;
    std::deque<Event> events;
    std::deque<MarkerTask> markers;
};

class TransactionTest : public ::testing::Test {
  protected:
    explicit TransactionTest(int16_t transaction_version = 2) : image_("a-cluster", 1) {
        image_.set_feature("transaction.version", transaction_version);
        shard_.emplace(
            [this](TimerQueue& timers) {
                return std::make_unique<TransactionShard>(options_, timers, host_);
            },
            image_.publish());
    }

    TransactionShard& machine() { return shard_->machine(); }
    const Transaction& state(std::string_view id = "t") { return *machine().find(id); }

    /// Runs an event and those that follow from it at once.
    void run(Effects effects) {
        shard_->run(std::move(effects));
        while (!host_.events.empty()) {
            const auto event = std::move(host_.events.front());
            host_.events.pop_front();
            shard_->run(event(machine()));
        }
    }
    template <class Answer>
    static TransactionShard::Done<Answer> into(std::optional<Result<Answer>>& answer) {
        return [&answer](const Result<Answer>& given) {
            EXPECT_FALSE(answer) << "answered twice";
            answer = given;
        };
    }

    Result<ProducerIdentity> init(std::optional<ProducerIdentity> former = {},
                                  int32_t timeout_ms = 60'000, std::string id = "t") {
        std::optional<Result<ProducerIdentity>> answer;
        run(machine().init_producer({std::move(id), timeout_ms, former}, into(answer)));
        return *answer;
    }
    Result<void> add(ProducerIdentity producer, NamedPartitions partitions = {{"a", {0, 1}}},
                     int16_t version = 2, std::string id = "t") {
        std::optional<Result<void>> answer;
        run(machine().add_partitions({std::move(id), producer, std::move(partitions), version},
                                     into(answer)));
        return *answer;
    }
    VerifiedPartitions verify(ProducerIdentity producer, NamedPartitions partitions) {
        std::optional<VerifiedPartitions> answer;
        run(machine().verify_partitions({"t", producer, std::move(partitions), 0}, into(answer)));
        return *answer;
    }
    Result<ProducerIdentity> end(ProducerIdentity producer, bool committed, int16_t version = 2,
                                 std::string id = "t") {
        std::optional<Result<ProducerIdentity>> answer;
        run(machine().end({std::move(id), producer, committed, version}, into(answer)));
        return *answer;
    }
    /// The oldest markers are written, but for `outcome`.
    MarkerTask write_markers(MarkerOutcome outcome = {}) {
        MarkerTask task = host_.markers.front();
        host_.markers.pop_front();
        run(machine().on_markers_written(task.transactional_id, task.marker.producer,
                                         std::move(outcome)));
        return task;
    }
    void expect_replica_equals() {
        TimerQueue timers(shard_->clock());
        EXPECT_EQ(shard_->replica(timers)->transactions(), machine().transactions());
    }
    template <class Answer>
    static ErrorCode code(const Result<Answer>& answer) {
        return answer ? ErrorCode::NONE : answer.error().code();
    }

    TransactionOptions options_;
    FakeHost host_;
    ImageState image_;
    std::optional<Harness<TransactionShard>> shard_;
};

}  // namespace milena::testing
