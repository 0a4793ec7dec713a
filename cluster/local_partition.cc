// SPDX-License-Identifier: Apache-2.0
#include "cluster/local_partition.h"

#include <algorithm>
#include <limits>

namespace milena {
namespace {

constexpr Offset kEndOfTime{std::numeric_limits<int64_t>::max()};

Error not_leader() {
    return Error(ErrorCode::NOT_LEADER_OR_FOLLOWER, "this node does not lead the partition");
}

/// Why a partition without leadership here refuses: a lost disk outdoes the rest.
Error refusal(const Log& log) {
    auto usable = log.check_usable();
    if (!usable && usable.error().code() == ErrorCode::KAFKA_STORAGE_ERROR) return usable.error();
    return not_leader();
}

}  // namespace

LocalPartition::LocalPartition(TopicPartition id, std::shared_ptr<Log> log)
    : id_(id), log_(std::move(log)) {}

Result<void> LocalPartition::check_leader(LeaderEpoch known) const {
    if (auto usable = log_->check_usable(); !usable) return usable;
    const LeaderEpoch current = leader_epoch();
    if (known != kNoLeaderEpoch && known < current)
        return Error(ErrorCode::FENCED_LEADER_EPOCH, "epoch " + std::to_string(known.value) +
                                                         " is over, the partition is in " +
                                                         std::to_string(current.value));
    if (known != kNoLeaderEpoch && current < known)
        return Error(ErrorCode::UNKNOWN_LEADER_EPOCH,
                     "epoch " + std::to_string(known.value) + " is not known here yet");
    if (!is_leader()) return refusal(*log_);
    return {};
}

Result<AppendInfo> LocalPartition::append_as_leader(MutableBytesView batches, int16_t,
                                                    const AppendSource& source,
                                                    std::vector<RecordError>* record_errors) {
    // acks=all needs no look at min.insync.replicas: what counts is at most the number of replicas,
    // which is one, and a leader is in sync with itself.
    bool advanced = false;
    if (!is_leader()) return refusal(*log_);
    auto records = log_->validate(batches, source, record_errors);
    if (!records) return records.error();
    std::unique_lock lock(mutex_);
    if (!is_leader()) return refusal(*log_);
    auto info = log_->append(std::move(*records), leader_epoch());
    if (!info || info->duplicate) return info;
    if (info->needs_sync)
        ++syncs_in_flight_;
    else if (syncs_in_flight_ == 0)
        advanced = log_->advance_high_watermark(info->last_offset + 1);
    lock.unlock();
    if (info->needs_sync) sync_up_to(info->last_offset + 1);
    if (advanced) wake_waiters();
    return info;
}

void LocalPartition::sync_up_to(Offset end) {
    log_->sync([self = shared_from_this(), end](Result<void> result) {
        self->on_synced(end, std::move(result));
    });
}

void LocalPartition::on_synced(Offset end, Result<void> result) {
    std::vector<Acknowledgement> finished;
    {
        std::lock_guard lock(mutex_);
        --syncs_in_flight_;
        if (result) {
            // Later appends that asked for no sync waited behind this one.
            if (syncs_in_flight_ == 0) end = log_->log_end_offset();
            log_->advance_high_watermark(end);
        }
        // After a failed sync nothing that waits can become true.
        finished = take_acknowledged(result ? end : kEndOfTime);
    }
    for (const Acknowledgement& one : finished) one.done(result);
    wake_waiters();
}

std::vector<LocalPartition::Acknowledgement> LocalPartition::take_acknowledged(Offset end) {
    const auto rest =
        std::stable_partition(unacknowledged_.begin(), unacknowledged_.end(),
                              [&](const Acknowledgement& one) { return one.last_offset >= end; });
    std::vector<Acknowledgement> taken(std::make_move_iterator(rest),
                                       std::make_move_iterator(unacknowledged_.end()));
    unacknowledged_.erase(rest, unacknowledged_.end());
    return taken;
}

void LocalPartition::when_acknowledgeable(const AppendInfo& info, int16_t,
                                          std::function<void(Result<void>)> done) {
    // With one replica every kind of acknowledgement means the same: below the high watermark.
    if (info.last_offset < log_->high_watermark()) return done({});
    {
        std::lock_guard lock(mutex_);
        if (is_leader() && syncs_in_flight_ > 0 && log_->high_watermark() <= info.last_offset) {
            unacknowledged_.push_back({info.last_offset, std::move(done)});
            return;
        }
    }
    if (info.last_offset < log_->high_watermark()) return done({});
    if (!is_leader()) return done(refusal(*log_));
    done(Error(ErrorCode::KAFKA_STORAGE_ERROR, "the records could not be synced to the disk"));
}

Result<FetchData> LocalPartition::fetch(Offset from, int64_t max_bytes, Isolation isolation,
                                        bool at_least_one) {
    const Offset high_watermark = log_->high_watermark();
    const Offset last_stable = log_->last_stable_offset();
    const bool committed = isolation == Isolation::kReadCommitted;
    auto read = log_->read(from, max_bytes, committed ? last_stable : high_watermark, at_least_one,
                           committed);
    if (!read) return read.error();
    return FetchData{std::move(*read), high_watermark, last_stable, log_->log_start_offset()};
}

Offset LocalPartition::readable_end(Isolation isolation) const {
    return isolation == Isolation::kReadCommitted ? log_->last_stable_offset()
                                                  : log_->high_watermark();
}

void LocalPartition::add_waiter(std::weak_ptr<PartitionWaiter> waiter) {
    const auto strong = waiter.lock();
    if (!strong) return;
    std::lock_guard lock(waiters_mutex_);
    waiters_.push_back({std::move(waiter), strong.get()});
    waiter_count_.store(waiters_.size());
}

void LocalPartition::remove_waiter(const PartitionWaiter* waiter) {
    std::lock_guard lock(waiters_mutex_);
    std::erase_if(waiters_, [&](const Waiter& one) {
        return one.identity == waiter || one.waiter.expired();
    });
    waiter_count_.store(waiters_.size());
}

void LocalPartition::wake_waiters() {
    // Pairs with add_waiter: either it sees the new offset, or its waiter is seen here.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (waiter_count_.load() == 0) return;
    std::vector<std::shared_ptr<PartitionWaiter>> awake;
    {
        std::lock_guard lock(waiters_mutex_);
        awake.reserve(waiters_.size());
        for (const Waiter& one : waiters_)
            if (auto strong = one.waiter.lock()) awake.push_back(std::move(strong));
    }
    for (const auto& waiter : awake) waiter->wake();
}

Result<void> LocalPartition::apply(const PartitionState& state, int32_t node_id) {
    std::vector<Acknowledgement> failed;
    std::optional<Offset> unsynced;
    {
        std::lock_guard lock(mutex_);
        const bool leads = state.leader == node_id;
        if (leads == is_leader() && state.leader_epoch == leader_epoch().value) return {};
        epoch_.store(state.leader_epoch, std::memory_order_release);
        if (leads) {
            if (auto started = log_->start_epoch(LeaderEpoch(state.leader_epoch)); !started)
                return started;
            unsynced = commit_log();
            leading_.store(true, std::memory_order_release);
        } else {
            failed = stop_leading();
        }
    }
    if (unsynced) sync_up_to(*unsynced);
    for (const Acknowledgement& one : failed) one.done(refusal(*log_));
    wake_waiters();
    return {};
}

std::optional<Offset> LocalPartition::commit_log() {
    const Offset end = log_->log_end_offset();
    if (end - log_->recovery_point() >= log_->config().flush_messages) {
        ++syncs_in_flight_;
        return end;
    }
    if (syncs_in_flight_ == 0) log_->advance_high_watermark(end);
    return {};
}

void LocalPartition::retire() {
    std::vector<Acknowledgement> failed;
    {
        std::lock_guard lock(mutex_);
        failed = stop_leading();
    }
    for (const Acknowledgement& one : failed) one.done(refusal(*log_));
    wake_waiters();
}

std::vector<LocalPartition::Acknowledgement> LocalPartition::stop_leading() {
    leading_.store(false, std::memory_order_release);
    return std::exchange(unacknowledged_, {});
}

}  // namespace milena
