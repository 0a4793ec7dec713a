// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <random>

#include "base/log.h"
#include "protocol/record_validator.h"
#include "storage/control_record.h"
#include "storage/partition_log.h"
#include "storage/producer_snapshot.h"
#include "storage/transaction_index.h"

namespace milena {
namespace {

/// Calls `visit(header, batch bytes, position)` for each batch. REQUIRES: whole, plausible batches.
template <class Visit>
void for_each_batch(BytesView bytes, const Visit& visit) {
    for (size_t at = 0; at < bytes.size();) {
        BatchHeader header = BatchHeader::load(bytes.data() + at);
        visit(header, bytes.subspan(at, static_cast<size_t>(header.size_bytes)), at);
        at += static_cast<size_t>(header.size_bytes);
    }
}

bool has_marker(BytesView bytes) {
    bool found = false;
    for_each_batch(
        bytes, [&](const BatchHeader& header, BytesView, size_t) { found |= header.is_control(); });
    return found;
}

/// Offsets and epoch of all batches; they count on from `first`. Returns the next offset.
Offset stamp_batches(MutableBytesView bytes, Offset first, LeaderEpoch epoch) {
    for_each_batch(bytes, [&](const BatchHeader& header, BytesView, size_t at) {
        BatchHeader::stamp(bytes.data() + at, first, epoch);
        first = first + (header.last_offset_delta + 1);
    });
    return first;
}

std::optional<CompressionType> target_compression(CompressionPolicy policy) {
    switch (policy) {
        case CompressionPolicy::kProducer:
            return {};
        case CompressionPolicy::kUncompressed:
            return CompressionType::kNone;
        case CompressionPolicy::kGzip:
            return CompressionType::kGzip;
        case CompressionPolicy::kSnappy:
            return CompressionType::kSnappy;
        case CompressionPolicy::kLz4:
            return CompressionType::kLz4;
        case CompressionPolicy::kZstd:
            return CompressionType::kZstd;
    }
    __builtin_unreachable();
}

ValidationOptions validation_options(const LogConfig& config, AppendOrigin origin,
                                     TimestampMs now) {
    ValidationOptions options;
    options.from_client = origin == AppendOrigin::kClient;
    options.target_compression = target_compression(config.compression);
    options.gzip_level = config.gzip_level;
    options.lz4_level = config.lz4_level;
    options.zstd_level = config.zstd_level;
    options.timestamp_type = config.timestamp_type;
    options.timestamp_before_max_ms = config.timestamp_before_max_ms;
    options.timestamp_after_max_ms = config.timestamp_after_max_ms;
    options.compacted = config.cleanup_compact;
    options.message_bytes_max = config.max_message_bytes;
    options.decompressed_message_bytes_max = config.max_decompressed_message_bytes;
    options.now = now;
    return options;
}

}  // namespace

Result<ValidRecords> PartitionLog::validate(MutableBytesView batches, const AppendSource& source,
                                            std::vector<RecordError>* record_errors) const {
    const std::shared_ptr<const LogConfig> config = config_.load();
    // Offset and epoch, which only append() knows, are not covered by the CRC.
    auto validated = validate_and_assign(
        batches, Offset(0), kNoLeaderEpoch,
        validation_options(*config, source.origin, environment_.clock.now()), record_errors);
    if (!validated) return validated.error();
    if (validated->bytes.size() > static_cast<size_t>(config->segment_bytes))
        return Error(ErrorCode::RECORD_LIST_TOO_LARGE,
                     "the record batch has " + std::to_string(validated->bytes.size()) +
                         " bytes, segment.bytes is " + std::to_string(config->segment_bytes));
    ValidRecords valid;
    if (validated->replaced.empty()) valid.in_place = batches.first(validated->bytes.size());
    valid.rewritten = std::move(validated->replaced);
    valid.log_append_time = validated->log_append_time;
    valid.source = source;
    return valid;
}

Result<AppendInfo> PartitionLog::append(ValidRecords records, LeaderEpoch epoch) {
    std::lock_guard lock(mutex_);
    auto info = append_locked(records.bytes(), epoch, records.source, *config_.load());
    if (info && !info->duplicate) info->log_append_time = records.log_append_time;
    return info;
}

Result<AppendInfo> PartitionLog::append_locked(MutableBytesView bytes, LeaderEpoch epoch,
                                               const AppendSource& source,
                                               const LogConfig& config) {
    if (auto usable = check_usable(); !usable) return usable.error();
    if (auto made = make_directory_locked(); !made) return made.error();
    AppendInfo info;
    info.log_start_offset = log_start_offset();
    info.first_offset = log_end_offset();
    auto duplicate = check_producers(bytes, source);
    if (!duplicate) return duplicate.error();
    if (*duplicate) {
        info.duplicate = true;
        info.first_offset = (*duplicate)->first_offset();
        info.last_offset = (*duplicate)->last_offset;
        info.log_append_time = (*duplicate)->timestamp;
        return info;
    }
    Offset next = stamp_batches(bytes, info.first_offset, epoch);
    info.last_offset = next - 1;
    if (next == info.first_offset) return info;
    note_epoch(epoch, info.first_offset);
    if (auto written = write_batches(bytes, config); !written) return written.error();
    publish_unstable_offset();
    log_end_.store(next.value, std::memory_order_release);
    info.needs_sync = next - recovery_point() >= config.flush_messages;
    if (awaits_flush(config)) become_restless();
    return info;
}

Result<void> PartitionLog::check_usable() const {
    if (offline_.load())
        return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                     *directory_ + " is offline after a failure of its disk");
    if (retired_.load())
        return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, *directory_ + " was deleted");
    return {};
}

Error PartitionLog::go_offline(const Error& cause) {
    if (offline_.exchange(true)) return cause;
    MILENA_LOG(Error) << *directory_ << " goes offline: " << cause.message();
    environment_.failures->report(environment_.pool, data_directory_of(*directory_), cause);
    return cause;
}

Error PartitionLog::refuse_append(const Error& cause) {
    if (!cause.is_disk_full()) return go_offline(cause);
    if (const auto left_out = environment_.full_disk_lines->pass(environment_.clock.steady_now())) {
        const std::string more =
            *left_out > 0 ? " (and " + std::to_string(*left_out) + " other records before)" : "";
        MILENA_LOG(Error) << *directory_ << " takes no records for now: " << cause.message()
                          << more;
    }
    return cause;
}

Result<std::optional<ProducedBatch>> PartitionLog::check_producers(
    BytesView bytes, const AppendSource& source) const {
    std::optional<ProducedBatch> duplicate;
    std::optional<Error> failure;
    for_each_batch(bytes, [&](const BatchHeader& header, BytesView batch, size_t) {
        if (failure || duplicate || header.producer_id.value < 0) return;
        if (header.is_control()) {
            const auto marker = parse_marker(batch);
            if (!marker) return;
            auto checked = producers_.check_marker(header, *marker, source.transaction_version);
            if (!checked) failure = checked.error();
            return;
        }
        auto checked = producers_.check(header, source);
        if (!checked)
            failure = checked.error();
        else
            duplicate = *checked;
    });
    if (failure) return *failure;
    return duplicate;
}

Result<VerificationGuard> PartitionLog::start_verification(const TransactionStart& start) {
    std::lock_guard lock(mutex_);
    return producers_.start_verification(start, VerificationGuard(++guards_given_),
                                         environment_.clock.now());
}

Result<void> PartitionLog::check_transaction(ProducerId producer, ProducerEpoch epoch,
                                             std::optional<VerificationGuard> guard) const {
    std::lock_guard lock(mutex_);
    return producers_.check_transaction(producer, epoch, guard);
}

void PartitionLog::note_epoch(LeaderEpoch epoch, Offset start) {
    epochs_dirty_ |= epochs_.assign(epoch, start) || epoch_is_unwritten_;
    epoch_is_unwritten_ = false;
}

Result<void> PartitionLog::write_batches(BytesView bytes, const LogConfig& config) {
    BatchHeader first = BatchHeader::load(bytes.data());
    Offset last;
    for_each_batch(
        bytes, [&](const BatchHeader& header, BytesView, size_t) { last = header.last_offset(); });
    auto list = segments();
    auto must_roll =
        list->back()->must_roll(config, roll_jitter_ms_, static_cast<int64_t>(bytes.size()), last,
                                first.max_timestamp, environment_.clock.now());
    if (!must_roll) return refuse_append(must_roll.error());
    if (*must_roll) {
        if (auto rolled = roll(first.base_offset); !rolled) return refuse_append(rolled.error());
        list = segments();
    }
    const std::shared_ptr<Segment>& active = list->back();
    int64_t position = active->size();
    // First: without it, aborted records would be read.
    auto noted = note_aborted_by(bytes, *active);
    if (!noted && !noted.error().is_from_system()) return noted.error();
    if (!noted) return refuse_append(noted.error());
    if (auto written = active->append(bytes, config); !written)
        return undo_append(*active, *noted, written.error());
    // Its files were made now, and whoever syncs these records must sync their names, too.
    if (position == 0) directory_dirty_ = true;
    note_appended(bytes, position);
    return {};
}

void PartitionLog::note_appended(BytesView bytes, int64_t position) {
    RecentBorders* recent = recent_.load(std::memory_order_relaxed);
    if (recent == nullptr) {
        recent = new RecentBorders;
        recent_.store(recent, std::memory_order_release);
    }
    if (position == 0) recent->push(BatchHeader::load(bytes.data()).base_offset, 0);
    for_each_batch(bytes, [&](const BatchHeader& header, BytesView batch, size_t at) {
        note_batch(header, batch);
        recent->push(header.next_offset(), position + static_cast<int64_t>(at + batch.size()));
    });
}

void PartitionLog::note_batch(const BatchHeader& header, BytesView batch) {
    if (header.producer_id.value < 0 || !header.is_control()) return producers_.record(header);
    auto marker = parse_marker(batch);
    if (!marker) return producers_.set_end_offset(header.next_offset());
    (void)producers_.record_marker(header, *marker);
}

Result<std::optional<int64_t>> PartitionLog::note_aborted_by(BytesView bytes,
                                                             const Segment& segment) {
    const std::optional<int64_t> nothing;
    const BatchHeader header = BatchHeader::load(bytes.data());
    if (header.size_bytes < static_cast<int64_t>(bytes.size()) && has_marker(bytes))
        return Error(ErrorCode::INVALID_RECORD, "a marker comes alone");
    if (!header.is_control() || header.producer_id.value < 0) return nothing;
    const auto marker = parse_marker(bytes);
    const auto completed = marker ? producers_.completed_by(header, *marker) : std::nullopt;
    if (!completed || !completed->aborted) return nothing;
    auto noted = note_aborted(segment, *completed);
    if (!noted) return noted.error();
    return std::optional(*noted);
}

Error PartitionLog::undo_append(Segment& segment, std::optional<int64_t> noted,
                                const Error& cause) {
    const bool is_undone =
        !segment.is_torn() &&
        (!noted || cut_aborted_transactions(environment_.files(),
                                            segment.path(kTransactionIndexSuffix), *noted));
    return is_undone ? refuse_append(cause) : go_offline(cause);
}

Result<int64_t> PartitionLog::note_aborted(const Segment& segment,
                                           const CompletedTransaction& completed) {
    auto noted = append_aborted_transaction(
        environment_.files(), segment.path(kTransactionIndexSuffix),
        {completed.producer_id, completed.first_offset, completed.last_offset,
         producers_.last_stable_offset_after(completed)});
    directory_dirty_ = true;  // not before there is a name to be synced
    return noted;
}

Result<void> PartitionLog::roll(Offset base_offset) {
    auto old = segments();
    if (auto sealed = old->back()->seal(); !sealed) return sealed;
    auto written = write_producer_snapshot(environment_.files(), *directory_, producers_);
    if (written) {
        last_snapshot_ = producers_.end_offset();
    } else {  // the next start scans a little more
        MILENA_LOG(Warn) << *directory_ << ": " << written.error().message();
    }
    auto grown = std::make_shared<SegmentList>(*old);
    grown->push_back(std::make_shared<Segment>(*environment_.cache, directory_, base_offset, 0,
                                               environment_.clock.now()));
    segments_.store(std::move(grown));
    roll_jitter_ms_ = draw_roll_jitter();
    become_restless();          // the log may start behind what is complete now
    sync([](Result<void>) {});  // moves the recovery point behind what is complete now
    return {};
}

int64_t PartitionLog::draw_roll_jitter() const {
    const std::shared_ptr<const LogConfig> config = config_.load();
    int64_t most = std::min(config->segment_jitter_ms, config->segment_ms);
    if (most <= 0) return 0;
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_int_distribution<int64_t>(0, most - 1)(random);
}

void PartitionLog::publish_unstable_offset() {
    first_unstable_.store(producers_.first_unstable_offset().value_or(kNoOffset).value,
                          std::memory_order_release);
}

bool PartitionLog::advance_high_watermark(Offset to) {
    int64_t target = std::clamp(to, log_start_offset(), log_end_offset()).value;
    int64_t known = high_watermark_.load();
    while (known < target)
        if (high_watermark_.compare_exchange_weak(known, target)) {
            if (first_unstable_.load(std::memory_order_acquire) >= 0) {
                std::lock_guard lock(mutex_);
                producers_.on_high_watermark(high_watermark());
                publish_unstable_offset();
            }
            return true;
        }
    return false;
}

Offset PartitionLog::last_stable_offset() const {
    Offset high = high_watermark();
    int64_t unstable = first_unstable_.load(std::memory_order_acquire);
    if (unstable < 0) return high;
    // Retention and DeleteRecords may take the start of an open transaction.
    return std::max(log_start_offset(), std::min(high, Offset(unstable)));
}

}  // namespace milena
