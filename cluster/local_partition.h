// SPDX-License-Identifier: Apache-2.0
// A partition whose only replica is on this node: what is appended is committed.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "cluster/partition.h"

namespace milena {

/// `mutex_` guards leadership against appends and orders what waits for the device; fetches and
/// offset queries take no lock. Waiters have a mutex of their own, never held while waking.
class LocalPartition final : public Partition, public std::enable_shared_from_this<LocalPartition> {
  public:
    LocalPartition(TopicPartition id, std::shared_ptr<Log> log);

    const std::string& topic() const override { return log_->topic(); }
    TopicPartition id() const override { return id_; }
    bool is_leader() const override { return leading_.load(std::memory_order_acquire); }
    LeaderEpoch leader_epoch() const override {
        return LeaderEpoch(epoch_.load(std::memory_order_acquire));
    }
    const std::shared_ptr<Log>& log() const override { return log_; }

    Result<void> check_leader(LeaderEpoch current_known_to_client) const override;
    Result<AppendInfo> append_as_leader(MutableBytesView batches, int16_t acks,
                                        const AppendSource& source,
                                        std::vector<RecordError>* record_errors) override;
    void when_acknowledgeable(const AppendInfo& info, int16_t acks,
                              std::function<void(Result<void>)> done) override;
    Result<FetchData> fetch(Offset from, int64_t max_bytes, Isolation isolation,
                            bool at_least_one) override;
    Offset readable_end(Isolation isolation) const override;
    void add_waiter(std::weak_ptr<PartitionWaiter> waiter) override;
    void remove_waiter(const PartitionWaiter* waiter) override;

    /// Follows the metadata image: leads in `state`'s epoch if `node_id` is its leader.
    Result<void> apply(const PartitionState& state, int32_t node_id);
    /// The topic is gone: no longer leader, everybody who waits is told.
    void retire();

  private:
    struct Acknowledgement {
        Offset last_offset;
        std::function<void(Result<void>)> done;
    };

    /// Starts a sync that commits what was appended up to `end`. REQUIRES: counted in
    /// syncs_in_flight_, mutex_ not held.
    void sync_up_to(Offset end);
    void on_synced(Offset end, Result<void> result);
    /// Of the only replica all records are committed, but for those that flush.messages wants on
    /// the device first: for them the caller must sync_up_to() the result. REQUIRES: mutex_ held.
    std::optional<Offset> commit_log();
    /// Removes and returns what may be acknowledged below `end`. REQUIRES: mutex_ held.
    std::vector<Acknowledgement> take_acknowledged(Offset end);
    std::vector<Acknowledgement> stop_leading();
    void wake_waiters();

    const TopicPartition id_;
    const std::shared_ptr<Log> log_;
    std::atomic<bool> leading_{false};
    std::atomic<int32_t> epoch_{-1};

    std::mutex mutex_;
    int syncs_in_flight_ = 0;
    std::vector<Acknowledgement> unacknowledged_;

    struct Waiter {
        std::weak_ptr<PartitionWaiter> waiter;
        const PartitionWaiter* identity;
    };
    std::mutex waiters_mutex_;
    std::atomic<size_t> waiter_count_{0};
    std::vector<Waiter> waiters_;
};

}  // namespace milena
