// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/shard.h"

#include <algorithm>

#include "base/log.h"
#include "coordinator/runtime/log_replay.h"
#include "protocol/varint.h"
#include "storage/control_record.h"

namespace milena {
namespace {

constexpr int16_t kAcksAll = -1;
/// Between loads, while the log refuses to be written: a full disk is no reason to read all day.
constexpr std::chrono::milliseconds kReloadDelayMin{100}, kReloadDelayMax{5'000};

/// Bytes that a batch grows by, at most.
size_t size_of(std::span<const CoordinatorRecord> records) {
    // Attributes, both deltas (of up to a million), and no headers.
    constexpr size_t kFixedBytes = 1 + 3 + 3 + 1;
    size_t size = 0;
    for (const CoordinatorRecord& record : records) {
        const size_t value = record.value ? record.value->size() : 0;
        const size_t body = kFixedBytes + varint_size<int64_t>(record.key.size()) +
                            record.key.size() + varint_size<int64_t>(value) + value;
        size += varint_size<int64_t>(body) + body;
    }
    return size;
}

}  // namespace

Error refusal_of(const Error& cause) {
    switch (cause.code()) {
        case ErrorCode::UNKNOWN_TOPIC_OR_PARTITION:
        case ErrorCode::NOT_ENOUGH_REPLICAS:
        case ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND:
        case ErrorCode::REQUEST_TIMED_OUT:
            return Error(ErrorCode::COORDINATOR_NOT_AVAILABLE, cause.message());
        case ErrorCode::NOT_LEADER_OR_FOLLOWER:
        case ErrorCode::KAFKA_STORAGE_ERROR:
            return Error(ErrorCode::NOT_COORDINATOR, cause.message());
        case ErrorCode::MESSAGE_TOO_LARGE:
        case ErrorCode::RECORD_LIST_TOO_LARGE:
        case ErrorCode::INVALID_FETCH_SIZE:
            return Error(ErrorCode::UNKNOWN_SERVER_ERROR, cause.message());
        default:
            return cause;
    }
}

void CoordinatorShard::enqueue(std::function<void()> task) {
    {
        std::lock_guard lock(queue_mutex_);
        queue_.push_back(std::move(task));
        if (std::exchange(drain_is_posted_, true)) return;
    }
    parts_.executor.post([self = shared_from_this()] { self->drain(); });
}

void CoordinatorShard::drain() {
    std::vector<std::function<void()>> tasks;
    {
        std::lock_guard lock(queue_mutex_);
        tasks.swap(queue_);
        drain_is_posted_ = false;
    }
    see_images();
    for (const auto& task : tasks) task();
    flush_or_linger();
    arm_timer();
}

void CoordinatorShard::see_images() {
    std::vector<MetadataImagePtr> images;
    {
        std::lock_guard lock(queue_mutex_);
        images.swap(images_);
    }
    for (const MetadataImagePtr& image : images) {
        image_ = image;
        if (status_ == Status::kActive) take(machine().on_image(image_));
    }
}

void CoordinatorShard::submit(CoordinatorEvent event) {
    enqueue([this, event = std::move(event)] { handle(event); });
}

void CoordinatorShard::end_transaction(ProducerIdentity producer, TransactionMarker marker,
                                       int16_t version, Reply reply) {
    enqueue([this, producer, marker, version, reply = std::move(reply)] {
        write_marker(producer, marker, version, reply);
    });
}

void CoordinatorShard::lead(std::shared_ptr<Partition> partition, MetadataImagePtr image) {
    follow(std::move(image));
    enqueue([this, partition = std::move(partition)] {
        unload(Error(ErrorCode::NOT_COORDINATOR, "the coordinator is elected anew"));
        partition_ = partition;
        load();
    });
}

void CoordinatorShard::resign(Error reason) {
    enqueue([this, reason = std::move(reason)] { unload(reason); });
}

void CoordinatorShard::follow(MetadataImagePtr image) {
    {
        std::lock_guard lock(queue_mutex_);
        const bool deletes =
            std::exchange(deletions_followed_, image->deletion_count()) != image->deletion_count();
        // What is seen must tell which topics were there before a deletion.
        if (deletes || images_.empty())
            images_.push_back(std::move(image));
        else
            images_.back() = std::move(image);
        if (!deletes) return;
    }
    enqueue([] {});
}

void CoordinatorShard::load() {
    status_ = Status::kLoading;
    const Offset end = partition_->log()->log_end_offset();
    parts_.pool.run(
        [self = shared_from_this(), incarnation = incarnation_, log = partition_->log(), end] {
            auto state = std::make_shared<State>(self->parts_.clock);
            state->machine = self->parts_.make_machine(state->timers);
            auto result = replay_log(*log, end, *state->machine);
            self->enqueue([raw = self.get(), incarnation, state, end, result] {
                raw->on_replayed(incarnation, state, end, result);
            });
        });
}

void CoordinatorShard::on_replayed(uint64_t incarnation, std::shared_ptr<State> state, Offset end,
                                   const Result<void>& result) {
    if (incarnation != incarnation_) return;
    if (!result) {
        MILENA_LOG(Error) << partition_->log()->directory()
                          << ": its coordinator can't be loaded: " << result.error().to_string();
        return unload(Error(ErrorCode::NOT_COORDINATOR, result.error().message()));
    }
    state_ = std::move(state);
    next_offset_ = end;
    committed_end_ = partition_->log()->high_watermark();
    status_ = Status::kActive;
    // What an earlier coordinator wrote last may still be on its way to the device.
    if (committed_end_ < end) await_commit({.last_offset = end - 1});
    take(machine().on_image(image_));
    if (status_ == Status::kActive) take(machine().on_loaded());
}

void CoordinatorShard::unload(const Error& reason) {
    ++incarnation_;
    status_ = Status::kIdle;
    linger_timer_.reset();
    reload_timer_.reset();
    wake_timer_.reset();
    wakes_at_.reset();
    batch_.reset();
    const auto state = std::exchange(state_, nullptr);
    if (state) state->machine->on_unloaded(reason);
    for (const ParkedReply& parked : std::exchange(parked_, {})) parked.reply(reason);
}

void CoordinatorShard::handle(const CoordinatorEvent& event) {
    if (auto active = check_active(); !active) return event.refuse(active.error());
    take(event.handle(machine()));
}

Result<void> CoordinatorShard::check_active() const {
    switch (status_) {
        case Status::kIdle:
            return Error(ErrorCode::NOT_COORDINATOR);
        case Status::kLoading:
            return Error(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
        case Status::kActive:
            return {};
    }
    __builtin_unreachable();
}

void CoordinatorShard::take(Effects effects) {
    if (!effects.records.empty()) {
        const auto state = state_;  // a failing append throws it away
        if (auto added = add_records(effects); !added) return refuse(effects, added.error());
        if (status_ != Status::kActive) return lose(effects);  // a full batch was not appended
    }
    park(std::move(effects.replies));
    for (BackgroundWork& work : effects.background) run_in_background(std::move(work));
    if (effects.then) take(effects.then());
}

void CoordinatorShard::refuse(const Effects& effects, const Error& cause) {
    const Error refusal = refusal_of(cause);
    if (effects.replies.empty()) warn(cause);
    if (effects.otherwise) return take(effects.otherwise(refusal));
    for (const Reply& reply : effects.replies) reply(refusal);
}

/// The state is gone already; whoever waits is told.
void CoordinatorShard::lose(const Effects& effects) {
    const Error refusal(ErrorCode::NOT_COORDINATOR, "the coordinator's log can't be written");
    const bool asks = effects.replies.empty() && effects.otherwise;
    for (const Reply& reply : asks ? effects.otherwise(refusal).replies : effects.replies)
        reply(refusal);
}

void CoordinatorShard::run_in_background(BackgroundWork work) {
    parts_.pool.run(
        [self = shared_from_this(), incarnation = incarnation_, work = std::move(work)] {
            self->enqueue([raw = self.get(), incarnation, handle = work()] {
                if (incarnation == raw->incarnation_) raw->take(handle());
            });
        });
}

Result<void> CoordinatorShard::add_records(const Effects& effects) {
    const std::span<const CoordinatorRecord> records(effects.records);
    const auto batch_bytes_max =
        static_cast<size_t>(partition_->log()->config().max_message_bytes) -
        RecordBatchLayout::kHeaderBytes;
    if (effects.atomic && size_of(records) > batch_bytes_max)
        return Error(ErrorCode::RECORD_LIST_TOO_LARGE,
                     "what the request changes does not fit into one batch of max.message.bytes");
    if (effects.transaction) {
        flush();  // a batch of its own
        if (status_ != Status::kActive) return {};
        auto checked = partition_->log()->check_transaction(
            effects.transaction->id, effects.transaction->epoch, effects.guard);
        if (!checked) return checked;
        batch_guard_ = effects.guard;
    }
    const size_t count = effects.atomic ? records.size() : 1;
    for (size_t at = 0; at < records.size() && status_ == Status::kActive; at += count) {
        const auto part = records.subspan(at, count);
        if (batch_ && batch_->size_bytes() + size_of(part) > batch_bytes_max) flush();
        if (status_ != Status::kActive) break;
        if (auto added = add_batch(part, effects.transaction); !added) return added;
    }
    if (effects.transaction && status_ == Status::kActive) flush();
    batch_guard_.reset();
    return {};
}

Result<void> CoordinatorShard::add_batch(std::span<const CoordinatorRecord> records,
                                         const std::optional<ProducerIdentity>& transaction) {
    if (!batch_) {
        RecordBatchOptions options;
        options.compression = parts_.compression;
        if (transaction) {
            options.transactional = true;
            options.producer_id = transaction->id;
            options.producer_epoch = transaction->epoch;
        } else {
            options.base_sequence = 0;  // as Kafka's coordinators write it
        }
        batch_.emplace(options);
    }
    const TimestampMs now = parts_.clock.now();
    for (const CoordinatorRecord& record : records) {
        NewRecord added{now, BytesView(record.key), {}, {}};
        if (record.value) added.value = BytesView(*record.value);
        if (auto appended = batch_->append(added); !appended) return appended;
        machine().replay({next_offset_, record.key, added.value, transaction});
        next_offset_ = next_offset_ + 1;
    }
    return {};
}

void CoordinatorShard::write_marker(ProducerIdentity producer, TransactionMarker marker,
                                    int16_t version, const Reply& reply) {
    if (auto active = check_active(); !active) return reply(active.error());
    flush();
    auto batch = build_marker(producer.id, producer.epoch, marker, parts_.clock.now());
    if (!batch || status_ != Status::kActive) return reply(Error(ErrorCode::NOT_COORDINATOR));
    AppendSource source = AppendOrigin::kCoordinator;
    source.transaction_version = version;
    // What is refused has changed nothing: no record is ahead of the log.
    if (auto appended = append_to_log(std::move(*batch), source); !appended)
        return reply(refusal_of(appended.error()));
    if (status_ != Status::kActive) return reply(Error(ErrorCode::NOT_COORDINATOR));
    machine().end_transaction(producer.id, !marker.aborted);
    park({reply});
}

void CoordinatorShard::park(std::vector<Reply> replies) {
    for (Reply& reply : replies) parked_.push_back({next_offset_, std::move(reply)});
    answer_committed();
}

void CoordinatorShard::flush_or_linger() {
    if (!batch_) return;
    if (parts_.linger.count() <= 0) return flush();
    if (linger_timer_) return;
    linger_timer_ = parts_.executor.after(parts_.linger, [self = shared_from_this()] {
        self->linger_timer_.reset();
        self->flush();
        self->arm_timer();
    });
}

void CoordinatorShard::flush() {
    if (!batch_) return;
    linger_timer_.reset();
    auto batch = batch_->build();
    batch_.reset();
    if (!batch) return on_append_failed(batch.error());
    AppendSource source = AppendOrigin::kCoordinator;
    source.guard = batch_guard_;
    if (auto appended = append_to_log(std::move(*batch), source); !appended)
        on_append_failed(appended.error());
}

Result<void> CoordinatorShard::append_to_log(Bytes batch, const AppendSource& source) {
    auto info = partition_->append_as_leader(batch, kAcksAll, source, nullptr);
    if (!info) return info.error();
    next_offset_ = info->last_offset + 1;
    await_commit(*info);
    return {};
}

void CoordinatorShard::await_commit(const AppendInfo& info) {
    partition_->when_acknowledgeable(
        info, kAcksAll,
        [self = shared_from_this(), incarnation = incarnation_,
         end = info.last_offset + 1](const Result<void>& result) {
            // At once, if it was committed at once: here is still the event queue.
            if (self->parts_.executor.runs_here())
                self->on_committed(incarnation, end, result);
            else
                self->enqueue([raw = self.get(), incarnation, end, result] {
                    raw->on_committed(incarnation, end, result);
                });
        });
}

void CoordinatorShard::warn(const Error& cause) const {
    MILENA_LOG(Warn) << partition_->log()->directory()
                     << ": its coordinator can't write: " << cause.to_string();
}

void CoordinatorShard::on_append_failed(const Error& cause) {
    warn(cause);
    unload(refusal_of(cause));
    status_ = Status::kLoading;
    const auto delay = reload_delay_;
    reload_delay_ = std::clamp(delay * 2, kReloadDelayMin, kReloadDelayMax);
    if (delay.count() == 0) return load();
    reload_timer_ =
        parts_.executor.after(delay, [self = shared_from_this(), incarnation = incarnation_] {
            if (incarnation == self->incarnation_) self->load();
        });
}

void CoordinatorShard::on_committed(uint64_t incarnation, Offset end, const Result<void>& result) {
    if (incarnation != incarnation_) return;
    // Whether the records are committed is not known, so neither is the state.
    if (!result) return unload(refusal_of(result.error()));
    committed_end_ = std::max(committed_end_, end);
    reload_delay_ = {};
    answer_committed();
}

void CoordinatorShard::answer_committed() {
    while (!parked_.empty() && parked_.front().end <= committed_end_) {
        const Reply reply = std::move(parked_.front().reply);
        parked_.pop_front();
        reply({});
    }
}

void CoordinatorShard::arm_timer() {
    if (!state_) return;
    const auto next = state_->timers.next();
    if (!next || (wakes_at_ && *wakes_at_ <= *next)) return;
    wakes_at_ = next;
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(*next - parts_.clock.steady_now(), SteadyTime::duration::zero()));
    wake_timer_ = parts_.executor.after(delay, [self = shared_from_this()] { self->on_timer(); });
}

void CoordinatorShard::on_timer() {
    wakes_at_.reset();
    see_images();
    const auto state = state_;  // a failing append throws it away
    if (!state) return;
    state->timers.expire([&](Effects effects) {
        if (state == state_) take(std::move(effects));
    });
    flush_or_linger();
    arm_timer();
}

}  // namespace milena
