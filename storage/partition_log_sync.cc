// SPDX-License-Identifier: Apache-2.0
// What brings a log onto the device: syncs shared by all who wait, periodic work, shutdown.
#include <algorithm>
#include <limits>

#include "base/log.h"
#include "storage/directory_files.h"
#include "storage/partition_log.h"
#include "storage/producer_snapshot.h"

namespace milena {

void PartitionLog::sync(std::function<void(Result<void>)> done) {
    {
        std::lock_guard lock(sync_mutex_);
        sync_waiters_.push_back(std::move(done));
        if (sync_running_) return;  // the next round takes it along
        sync_running_ = true;
    }
    environment_.pool.run([self = shared_from_this()] { self->run_sync_round(); });
}

void PartitionLog::run_sync_round() {
    std::vector<std::function<void(Result<void>)>> waiters;
    {
        std::lock_guard lock(sync_mutex_);
        waiters.swap(sync_waiters_);
    }
    Result<void> synced = sync_files();
    for (auto& done : waiters) done(synced);
    {
        std::lock_guard lock(sync_mutex_);
        sync_running_ = !sync_waiters_.empty();
        if (!sync_running_) return;
    }
    // Queued again rather than looped: other logs have their turn in between.
    environment_.pool.run([self = shared_from_this()] { self->run_sync_round(); });
}

Result<void> PartitionLog::sync_before(Offset end) {
    return recovery_point() >= end ? Result<void>() : sync_files();
}

Result<void> PartitionLog::sync_files() {
    std::lock_guard alone(sync_files_mutex_);
    if (retired_.load()) return {};
    if (auto usable = check_usable(); !usable) return usable;
    const TimestampMs begun = environment_.clock.now();  // what comes from here on waits again
    const Offset end = log_end_offset();                 // before the list, which then covers it
    const Offset from = recovery_point();
    const auto segments = this->segments();
    for (size_t i = 0; i < segments->size(); ++i) {
        bool sealed = i + 1 < segments->size();
        // One that ends just there was sealed since: its indexes have got their last entries.
        if (sealed && (*segments)[i + 1]->base_offset() < from) continue;
        auto synced = (*segments)[i]->sync(sealed);
        if (synced && sealed) synced = sync_aborted_transactions(*(*segments)[i]);
        if (!synced && !is_removed(*(*segments)[i])) return go_offline(synced.error());
    }
    if (auto written = write_epochs(); !written && !retired_.load())
        return note_failure(written.error());
    if (directory_dirty_.exchange(false))
        if (auto synced = sync_directory(); !synced && !retired_.load())
            return go_offline(synced.error());
    int64_t known = recovery_point_.load();
    while (known < end.value && !recovery_point_.compare_exchange_weak(known, end.value)) {
    }
    last_sync_ms_ = begun.value;
    return {};
}

/// Recovery makes this index anew only from the recovery point on.
Result<void> PartitionLog::sync_aborted_transactions(const Segment& segment) {
    const std::string path = segment.path(kTransactionIndexSuffix);
    FileSystem& files = environment_.files();
    if (!files.exists(path)) return {};
    auto file = files.open(path, OpenMode::kReadWrite);
    return file ? (*file)->sync() : file.error();
}

bool PartitionLog::is_removed(const Segment& segment) const {
    if (retired_.load()) return true;
    const auto current = segments();
    return std::none_of(current->begin(), current->end(),
                        [&](const auto& one) { return one.get() == &segment; });
}

Result<void> PartitionLog::sync_directory() {
    FileSystem& files = environment_.files();
    auto file = files.open(topic_id_path(*directory_), OpenMode::kReadWrite);
    if (!file) return file.error();
    if (auto synced = (*file)->sync(); !synced) return synced;
    if (auto synced = LeaderEpochs::sync(files, *directory_); !synced) return synced;
    if (auto synced = files.sync_directory(*directory_); !synced) return synced;
    // The directory itself may be new.
    auto synced = files.sync_directory(data_directory_of(*directory_));
    if (synced) is_identified_ = true;
    return synced;
}

Result<void> PartitionLog::sync_identity() {
    if (is_identified_.load() || !has_directory()) return {};
    std::lock_guard alone(sync_files_mutex_);
    if (retired_.load()) return {};
    auto synced = sync_directory();
    return synced || retired_.load() ? Result<void>() : go_offline(synced.error());
}

void PartitionLog::become_restless() {
    if (!restless_.exchange(true)) environment_.restless->add(weak_from_this());
}

bool PartitionLog::awaits_flush(const LogConfig& config) const {
    return config.flush_ms != std::numeric_limits<int64_t>::max() &&
           log_end_offset() > recovery_point();
}

void PartitionLog::tick() {
    restless_ = false;  // first: what happens from here on asks again
    if (retired_.load() || offline_.load()) return;
    remove_segments_below_start();
    const std::shared_ptr<const LogConfig> config = config_.load();
    if (!awaits_flush(*config)) return;
    become_restless();  // until it is done
    const TimestampMs now = environment_.clock.now();
    if (now.value - last_sync_ms_.load() >= config->flush_ms) sync([](Result<void>) {});
}

void PartitionLog::expire_producers() {
    const std::shared_ptr<const LogConfig> config = config_.load();
    std::lock_guard lock(mutex_);
    producers_.expire(environment_.clock.now(), config->producer_id_expiration_ms);
}

Result<void> PartitionLog::write_epochs() {
    std::lock_guard file_lock(epoch_file_mutex_);
    LeaderEpochs epochs;
    {
        std::lock_guard lock(mutex_);
        if (retired_.load() || !std::exchange(epochs_dirty_, false)) return {};
        epochs = epochs_;
    }
    auto written = epochs.write(environment_.files(), *directory_, Durable::kYes);
    directory_dirty_ = true;
    if (written) return {};
    std::lock_guard lock(mutex_);
    epochs_dirty_ = true;
    return written;
}

Result<bool> PartitionLog::seal() {
    std::lock_guard file_lock(epoch_file_mutex_);
    std::lock_guard lock(mutex_);
    if (auto usable = check_usable(); !usable) return usable.error();
    if (auto made = make_directory_locked(); !made) return made.error();
    const std::shared_ptr<Segment> active = segments()->back();
    const bool modified = active->is_modified();
    if (auto sealed = active->seal(); !sealed) return sealed.error();
    if (producers_.end_offset() > std::max(last_snapshot_, Offset(0))) {
        auto written = write_producer_snapshot(environment_.files(), *directory_, producers_);
        if (!written) return written.error();
        last_snapshot_ = producers_.end_offset();
        directory_dirty_ = true;
    }
    if (epochs_dirty_) {
        // With many logs one sync of the volume follows, rather than one for each file.
        auto written = epochs_.write(environment_.files(), *directory_, Durable::kLater);
        if (!written) return written.error();
        directory_dirty_ = true;
    }
    // A log that never had a record has nothing to lose: its files need no sync.
    return modified || log_end_offset() > recovery_point() ||
           (directory_dirty_ && active->size() > 0);
}

Result<void> PartitionLog::sync_sealed() {
    if (auto synced = sync_files(); !synced) return synced;
    const std::shared_ptr<Segment> active = segments()->back();
    if (auto synced = active->sync(true); !synced) return synced;
    return sync_aborted_transactions(*active);
}

void PartitionLog::note_all_synced() { recovery_point_ = log_end_offset().value; }

Result<void> PartitionLog::shut_down() {
    auto sealed = seal();
    if (!sealed) return sealed.error();
    if (*sealed)
        if (auto synced = sync_sealed(); !synced) return synced;
    retire();
    return {};
}

void PartitionLog::retire() {
    std::lock_guard file_lock(epoch_file_mutex_);  // whoever writes that file has done so
    std::lock_guard lock(mutex_);
    retired_ = true;
    for (const auto& segment : *segments()) segment->close();
}

void PartitionLog::reconfigure(const LogConfig& config) {
    std::lock_guard lock(mutex_);
    config_.store(std::make_shared<const LogConfig>(config));
    roll_jitter_ms_ = draw_roll_jitter();
    become_restless();
}

std::optional<LeaderEpoch> PartitionLog::latest_epoch() const {
    std::lock_guard lock(mutex_);
    return epochs_.latest();
}

std::optional<LeaderEpoch> PartitionLog::epoch_of(Offset offset) const {
    std::lock_guard lock(mutex_);
    return epochs_.epoch_of(offset);
}

std::pair<LeaderEpoch, Offset> PartitionLog::end_offset_for_epoch(LeaderEpoch requested) const {
    std::lock_guard lock(mutex_);
    return epochs_.end_offset_for(requested, log_end_offset());
}

Result<void> PartitionLog::start_epoch(LeaderEpoch epoch) {
    std::lock_guard lock(mutex_);
    if (auto usable = check_usable(); !usable) return usable;
    // Written with the first record: an epoch without records needs no memory.
    epoch_is_unwritten_ |= epochs_.assign(epoch, log_end_offset());
    return {};
}

Result<Offset> PartitionLog::delete_records_before(Offset offset) {
    std::lock_guard lock(mutex_);
    if (auto usable = check_usable(); !usable) return usable.error();
    if (offset < Offset(0) || offset > high_watermark())
        return Error(ErrorCode::OFFSET_OUT_OF_RANGE,
                     "offset " + std::to_string(offset.value) +
                         " is not in what may be deleted: the high watermark is " +
                         std::to_string(high_watermark().value));
    if (offset <= log_start_offset()) return log_start_offset();
    log_start_.store(offset.value, std::memory_order_release);
    epochs_.truncate_from_start(offset);
    epochs_dirty_ = true;
    become_restless();
    return offset;
}

std::vector<ActiveProducer> PartitionLog::active_producers() const {
    std::lock_guard lock(mutex_);
    std::vector<ActiveProducer> active;
    active.reserve(producers_.size());
    for (const auto& [id, entry] : producers_.producers())
        active.push_back({id, entry.epoch.value, entry.last_sequence(), entry.last_timestamp,
                          entry.coordinator_epoch, entry.transaction_start});
    return active;
}

}  // namespace milena
