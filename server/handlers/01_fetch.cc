// SPDX-License-Identifier: Apache-2.0
// Fetch (key 1)
//
// Behaviour: records from each wanted partition, as slices of its files, up to the high watermark,
// or to the last stable offset with read_committed (which also gets the aborted transactions).
// Answered at once if there are min_bytes, if something failed, or if max_wait_ms is 0; else the
// request is parked on its partitions until they have enough or max_wait_ms is over. The first
// batch is sent even if it exceeds max_bytes and partition_max_bytes, so that readers never get
// stuck. Requests of followers are refused: every partition has one replica.
//
// Versions: 4 the first with today's batches. 5 log start offset. 7 sessions (KIP-227,
// server/fetch_sessions.h). 9 current leader epoch. 11 rack. 12 flexible; last fetched epoch.
// 13 topics by id. 15 replica state. 16 the leader and its address with NOT_LEADER_OR_FOLLOWER.
// 17 replica directory. 18 follower's high watermark.
//
// Unlike Kafka's, an answer never ends in the middle of a batch: its client would throw that away.
#include <atomic>

#include "protocol/messages/fetch_request.h"
#include "protocol/messages/fetch_response.h"
#include "server/handlers/fetch_reader.h"
#include "server/handlers/handlers.h"
#include "server/handlers/leader_hints.h"
#include "server/settings/settings.h"

namespace milena {

namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;

constexpr int16_t kFirstVersionWithTopicIds = 13;
constexpr int16_t kFirstVersionWithLeaderHint = 16;

/// One request from its first read to its answer. Lives on its core; only wake() is called from
/// elsewhere.
class FetchCall final : public PartitionWaiter, public std::enable_shared_from_this<FetchCall> {
  public:
    FetchCall(Broker& broker, Call<FetchRequest> call, FetchPlan plan, const FetchLimits& limits)
        : broker_(broker), call_(std::move(call)), plan_(std::move(plan)), limits_(limits) {}

    void run() {
        read();
        if (has_enough() || call_->max_wait_ms <= 0) return answer();
        park();
    }

    void wake() override {
        if (woken_.exchange(true)) return;
        call_.request->executor().post([self = shared_from_this()] { self->on_wake(); });
    }

  private:
    void read() {
        image_ = broker_.image();
        fetched_ = read_all(broker_, *image_, plan_.targets, limits_);
    }
    bool has_enough() const {
        return fetched_.must_answer || plan_.targets.empty() ||
               fetched_.bytes >= std::min<int64_t>(call_->min_bytes, limits_.bytes_max);
    }
    void park();
    void on_wake();
    void on_interrupt(Interrupt why);
    void finish_waiting();
    void answer();
    void add_topic_answers(FetchResponse& response);
    void add_hint(const FetchTarget& target, FetchResponse& response,
                  FetchResponse::PartitionData& answer) const;

    Broker& broker_;
    const Call<FetchRequest> call_;
    const FetchPlan plan_;
    const FetchLimits limits_;
    MetadataImagePtr image_;
    FetchedAll fetched_;
    /// Those that this is parked on.
    std::vector<std::shared_ptr<Partition>> parked_on_;
    std::unique_ptr<Timer> timer_;
    std::atomic<bool> woken_{false};
    bool done_ = false;
};

void FetchCall::park() {
    call_.request->on_interrupt([weak = weak_from_this()](Interrupt why) {
        if (auto self = weak.lock()) self->on_interrupt(why);
    });
    timer_ = call_.request->executor().after(std::chrono::milliseconds(call_->max_wait_ms),
                                             [self = shared_from_this()] {
                                                 self->read();
                                                 self->answer();
                                             });
    for (const auto& fetched : fetched_.partitions) {
        fetched.partition->add_waiter(weak_from_this());
        parked_on_.push_back(fetched.partition);
    }
    // What came between reading and parking wakes nobody: look once more.
    on_wake();
}

void FetchCall::on_wake() {
    woken_ = false;
    if (done_) return;
    image_ = broker_.image();
    read_news(broker_, *image_, plan_.targets, limits_, fetched_);
    if (has_enough()) answer();
}

void FetchCall::on_interrupt(Interrupt why) {
    if (done_) return;
    if (why == Interrupt::kHurry) return answer();
    finish_waiting();
}

void FetchCall::finish_waiting() {
    done_ = true;
    timer_.reset();
    for (const auto& partition : parked_on_) partition->remove_waiter(this);
    parked_on_.clear();
}

void FetchCall::answer() {
    auto self = shared_from_this();  // the timer may hold the last reference
    finish_waiting();
    FetchResponse response;
    if (plan_.session) response.session_id = plan_.session->id();
    add_topic_answers(response);
    call_.respond(response);
}

void FetchCall::add_topic_answers(FetchResponse& response) {
    const FetchTarget* previous = nullptr;
    for (size_t i = 0; i < plan_.targets.size(); ++i) {
        const FetchTarget& target = plan_.targets[i];
        auto& answer = fetched_.partitions[i].answer;
        if (plan_.session && !plan_.session->must_tell(target, answer, plan_.incremental)) continue;
        if (answer.error_code != 0) add_hint(target, response, answer);
        bool same_topic = previous && previous->topic_id == target.topic_id &&
                          (!target.topic || *previous->topic == *target.topic);
        if (!same_topic) {
            auto& topic = response.responses.emplace_back();
            if (target.topic) topic.topic = *target.topic;
            topic.topic_id = target.topic_id;
        }
        response.responses.back().partitions.push_back(std::move(answer));
        previous = &target;
    }
}

void FetchCall::add_hint(const FetchTarget& target, FetchResponse& response,
                         FetchResponse::PartitionData& answer) const {
    const TopicState* topic = topic_of(*image_, target);
    if (!topic || call_.version() < kFirstVersionWithLeaderHint ||
        !wants_leader_hint(static_cast<ErrorCode>(answer.error_code)) ||
        static_cast<size_t>(target.partition) >= topic->partitions.size())
        return;
    add_leader_hint(broker_, *image_, call_.request->connection(),
                    topic->partitions[static_cast<size_t>(target.partition)], response, answer);
}

/// Kafka has no better code for it than its own failure.
void refuse_isolation_level(const Call<FetchRequest>& call) {
    constexpr auto kCode = static_cast<int16_t>(ErrorCode::UNKNOWN_SERVER_ERROR);
    FetchResponse response;
    response.error_code = kCode;
    if (call.version() >= kFirstVersionWithTopicIds) return call.respond(response);
    for (const auto& asked_topic : call->topics) {
        auto& topic = response.responses.emplace_back();
        topic.topic = asked_topic.topic;
        for (const auto& asked : asked_topic.partitions) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = asked.partition;
            partition.error_code = kCode;
            partition.high_watermark = -1;
            partition.aborted_transactions.emplace();
            partition.records = protocol::Records(BytesView());
        }
    }
    call.respond(response);
}

FetchLimits limits_of(const Broker& broker, const Call<FetchRequest>& call) {
    FetchLimits limits;
    limits.bytes_max =
        std::max(0, std::min(call->max_bytes, broker.settings.at_start().fetch_max_bytes));
    limits.isolation = static_cast<Isolation>(call->isolation_level);
    limits.from_follower =
        (call.version() >= 15 ? call->replica_state.replica_id : call->replica_id) >= 0;
    return limits;
}

}  // namespace

void handle_fetch(Broker& broker, Call<FetchRequest> call) {
    if (!is_isolation_level(call->isolation_level)) return refuse_isolation_level(call);
    auto plan = broker.fetch_sessions.plan(*call, call.version());
    if (!plan) {
        FetchResponse response;
        response.error_code = static_cast<int16_t>(plan.error().code());
        return call.respond(response);
    }
    FetchLimits limits = limits_of(broker, call);
    std::make_shared<FetchCall>(broker, std::move(call), std::move(*plan), limits)->run();
}

}  // namespace milena
