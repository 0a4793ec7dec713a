// SPDX-License-Identifier: Apache-2.0
// One partition of an internal topic, its state machine, and the queue of events for it.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "cluster/partition.h"
#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"
#include "protocol/record_batch_builder.h"
#include "storage/producer_state.h"

namespace milena {

/// A request for a state machine: exactly one of the two runs, on the shard's event queue.
struct CoordinatorEvent {
    std::function<Effects(StateMachine&)> handle;
    /// This node can't say: NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS.
    std::function<void(const Error&)> refuse;
};

/// What a client is told when its coordinator's log refuses to be written (Kafka's
/// CoordinatorOperationExceptionHelper).
Error refusal_of(const Error& cause);

struct ShardParts {
    Executor& executor;
    BlockingPool& pool;
    const Clock& clock;
    std::function<std::unique_ptr<StateMachine>(TimerQueue&)> make_machine;
    /// How long records wait for more; negative: until all events that are there are handled.
    std::chrono::milliseconds linger{-1};
    CompressionType compression = CompressionType::kNone;
};

/// Any thread may call; everything happens on the executor.
///
/// Records of an event are replayed at once and appended with those of the events behind it, in one
/// batch. Answers wait until the batch is committed. If the append fails, the state is thrown away
/// and made again from the log, so that it never holds what the log doesn't.
class CoordinatorShard : public std::enable_shared_from_this<CoordinatorShard> {
  public:
    explicit CoordinatorShard(ShardParts parts) : parts_(std::move(parts)) {}

    void submit(CoordinatorEvent event);
    /// Appends a transaction's end marker and applies it. `version`: see AppendSource.
    void end_transaction(ProducerIdentity producer, TransactionMarker marker, int16_t version,
                         Reply reply);
    /// Loads the state from `partition`'s log, then handles events.
    void lead(std::shared_ptr<Partition> partition, MetadataImagePtr image);
    void resign(Error reason);
    /// Ever newer images, from the thread that calls lead(). The state machine sees it before its
    /// next event; at once if a topic was deleted since the image before.
    void follow(MetadataImagePtr image);

  private:
    enum class Status { kIdle, kLoading, kActive };
    /// A state machine with its timers, which outlive it.
    struct State {
        explicit State(const Clock& clock) : timers(clock) {}
        TimerQueue timers;
        std::unique_ptr<StateMachine> machine;
    };
    /// Waits until everything below `end` is committed.
    struct ParkedReply {
        Offset end;
        Reply reply;
    };

    void enqueue(std::function<void()> task);
    void drain();
    void see_images();
    void load();
    void on_replayed(uint64_t incarnation, std::shared_ptr<State> state, Offset end,
                     const Result<void>& result);
    void unload(const Error& reason);

    void handle(const CoordinatorEvent& event);
    /// NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS.
    Result<void> check_active() const;
    void write_marker(ProducerIdentity producer, TransactionMarker marker, int16_t version,
                      const Reply& reply);
    void take(Effects effects);
    void refuse(const Effects& effects, const Error& cause);
    void lose(const Effects& effects);
    void run_in_background(BackgroundWork work);
    Result<void> add_records(const Effects& effects);
    Result<void> add_batch(std::span<const CoordinatorRecord> records,
                           const std::optional<ProducerIdentity>& transaction);
    void park(std::vector<Reply> replies);
    void flush();
    void flush_or_linger();
    Result<void> append_to_log(Bytes batch, const AppendSource& source);
    void warn(const Error& cause) const;
    void await_commit(const AppendInfo& info);
    void on_append_failed(const Error& cause);
    void on_committed(uint64_t incarnation, Offset end, const Result<void>& result);
    void answer_committed();
    void arm_timer();
    void on_timer();
    StateMachine& machine() { return *state_->machine; }

    const ShardParts parts_;

    std::mutex queue_mutex_;
    std::vector<std::function<void()>> queue_;  // guarded by queue_mutex_, as are the next
    bool drain_is_posted_ = false;
    /// Not seen yet by the state machine, oldest first. Between two of them a topic was deleted.
    std::vector<MetadataImagePtr> images_;
    int64_t deletions_followed_ = 0;

    // All that follows belongs to the executor.
    Status status_ = Status::kIdle;
    /// Counts loads, so that what an earlier one started is recognised and ignored.
    uint64_t incarnation_ = 0;
    std::shared_ptr<Partition> partition_;
    MetadataImagePtr image_;
    std::shared_ptr<State> state_;  // null unless active

    std::optional<RecordBatchBuilder> batch_;
    std::optional<VerificationGuard> batch_guard_;
    Offset next_offset_{0};  // of the record that comes next, in the batch or in the log
    Offset committed_end_{0};
    std::deque<ParkedReply> parked_;

    std::chrono::milliseconds reload_delay_{0};  ///< before the load that the next failure wants
    std::unique_ptr<Timer> reload_timer_;
    std::unique_ptr<Timer> linger_timer_;
    std::unique_ptr<Timer> wake_timer_;
    std::optional<SteadyTime> wakes_at_;
};

}  // namespace milena
