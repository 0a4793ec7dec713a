// SPDX-License-Identifier: Apache-2.0
#include "storage/producer_state.h"

#include <algorithm>

namespace milena {
namespace {

bool follows(int32_t last_sequence, int32_t next_sequence) {
    return next_sequence == int64_t{last_sequence} + 1 ||
           (next_sequence == 0 && last_sequence == std::numeric_limits<int32_t>::max());
}

/// The first transaction.version by which each end of a transaction gives a new epoch (KIP-890).
constexpr int16_t kFirstVersionWithEpochBump = 2;

std::string producer_text(ProducerId producer, ProducerEpoch epoch) {
    return "producer " + std::to_string(producer.value) + " (epoch " + std::to_string(epoch.value) +
           ")";
}

std::string producer_text(const BatchHeader& batch) {
    return producer_text(batch.producer_id, batch.producer_epoch);
}

Error out_of_order(const BatchHeader& batch, const std::string& expected) {
    return Error(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, producer_text(batch) + " sent sequence " +
                                                              std::to_string(batch.base_sequence) +
                                                              ", expected is " + expected);
}

Error old_epoch(ProducerId producer, ProducerEpoch epoch, const ProducerEntry& entry) {
    return Error(ErrorCode::INVALID_PRODUCER_EPOCH, producer_text(producer, epoch) +
                                                        " is older than the last seen epoch " +
                                                        std::to_string(entry.epoch.value));
}

Error old_epoch(const BatchHeader& batch, const ProducerEntry& entry) {
    return old_epoch(batch.producer_id, batch.producer_epoch, entry);
}

}  // namespace

const ProducedBatch* ProducerEntry::find(int32_t first_sequence, int32_t last_sequence) const {
    for (size_t i = 0; i < batch_count; ++i)
        if (batches[i].last_sequence == last_sequence &&
            batches[i].first_sequence() == first_sequence)
            return &batches[i];
    return nullptr;
}

void ProducerEntry::remember(const ProducedBatch& batch) {
    if (batch_count == kBatchesMax) {
        std::move(batches.begin() + 1, batches.end(), batches.begin());
        --batch_count;
    }
    batches[batch_count++] = batch;
}

bool ProducerStates::has_open_transaction(ProducerId producer, ProducerEpoch epoch) const {
    const auto found = producers_.find(producer);
    return found != producers_.end() && found->second.in_transaction() &&
           found->second.epoch == epoch;
}

Result<std::optional<ProducedBatch>> ProducerStates::check(const BatchHeader& batch,
                                                           const AppendSource& source) const {
    const auto found = producers_.find(batch.producer_id);
    const ProducerEntry* entry = found == producers_.end() ? nullptr : &found->second;
    const bool from_client = source.origin == AppendOrigin::kClient;
    if (entry && from_client && batch.producer_epoch == entry->epoch)
        if (const auto* earlier = entry->find(batch.base_sequence, batch.last_sequence()))
            return std::optional<ProducedBatch>(*earlier);
    if (batch.is_transactional()) {
        auto checked = check_transaction(batch.producer_id, batch.producer_epoch, source.guard);
        if (!checked) return checked.error();
    }
    if (entry && batch.producer_epoch < entry->epoch) return old_epoch(batch, *entry);
    if (from_client)
        if (auto checked = check_sequence(batch, entry); !checked) return checked.error();
    if (entry && entry->in_transaction() && !batch.is_transactional())
        return Error(ErrorCode::INVALID_TXN_STATE,
                     producer_text(batch) + " has an open transaction and sent a batch outside it");
    return std::optional<ProducedBatch>();
}

Result<void> ProducerStates::check_sequence(const BatchHeader& batch,
                                            const ProducerEntry* entry) const {
    if (const auto pending = verifications_.find(batch.producer_id);
        pending != verifications_.end()) {
        const PendingVerification& verification = pending->second;
        const bool is_known = entry && entry->batch_count > 0;
        if (verification.bumps_epoch && !is_known && batch.base_sequence != 0)
            return out_of_order(batch, "0, as nothing is known of the producer");
        if (batch.base_sequence > verification.lowest_sequence)
            return out_of_order(
                batch, std::to_string(verification.lowest_sequence) + ", which is being verified");
    }
    // An unknown producer may start anywhere: its records may have been deleted meanwhile.
    if (!entry || entry->epoch.value == -1) return {};
    if (batch.producer_epoch > entry->epoch) {
        if (batch.base_sequence != 0) return out_of_order(batch, "0, the first of a new epoch");
        return {};
    }
    if (!follows(entry->last_sequence(), batch.base_sequence))
        return out_of_order(batch, "the one after " + std::to_string(entry->last_sequence()));
    return {};
}

Result<void> ProducerStates::check_transaction(ProducerId producer, ProducerEpoch epoch,
                                               std::optional<VerificationGuard> guard) const {
    const auto entry = producers_.find(producer);
    if (entry != producers_.end() && epoch < entry->second.epoch)
        return old_epoch(producer, epoch, entry->second);
    if (!guard || has_open_transaction(producer, epoch)) return {};
    const auto pending = verifications_.find(producer);
    if (*guard != VerificationGuard::kNone && pending != verifications_.end() &&
        pending->second.guard == *guard)
        return {};
    return Error(ErrorCode::INVALID_TXN_STATE,
                 "the batch is not part of an open transaction of producer " +
                     std::to_string(producer.value));
}

Result<VerificationGuard> ProducerStates::start_verification(const TransactionStart& start,
                                                             VerificationGuard fresh,
                                                             TimestampMs now) {
    const auto entry = producers_.find(start.producer_id);
    if (entry != producers_.end() && start.epoch < entry->second.epoch)
        return old_epoch(start.producer_id, start.epoch, entry->second);
    if (has_open_transaction(start.producer_id, start.epoch)) return VerificationGuard::kNone;
    const PendingVerification begun{fresh, start.epoch, start.sequence, start.bumps_epoch, now};
    PendingVerification& pending =
        verifications_.try_emplace(start.producer_id, begun).first->second;
    if (start.epoch == pending.epoch)
        pending.lowest_sequence = std::min(pending.lowest_sequence, start.sequence);
    if (start.epoch > pending.epoch) {
        pending.epoch = start.epoch;
        pending.lowest_sequence = start.sequence;
    }
    return pending.guard;
}

Result<void> ProducerStates::check_marker(const BatchHeader& batch, const TransactionMarker& marker,
                                          int16_t transaction_version) const {
    constexpr ProducerEpoch kLastEpoch{std::numeric_limits<int16_t>::max()};
    const auto found = producers_.find(batch.producer_id);
    if (found == producers_.end()) return {};
    const ProducerEntry& entry = found->second;
    if (batch.producer_epoch < entry.epoch) return old_epoch(batch, entry);
    // A transaction ends with a new epoch; with the same one, only a repeated marker may come.
    if (transaction_version >= kFirstVersionWithEpochBump && batch.producer_epoch == entry.epoch &&
        entry.in_transaction() && batch.producer_epoch != kLastEpoch)
        return old_epoch(batch, entry);
    if (marker.coordinator_epoch < entry.coordinator_epoch)
        return Error(ErrorCode::TRANSACTION_COORDINATOR_FENCED,
                     "a marker of coordinator epoch " + std::to_string(marker.coordinator_epoch) +
                         " came after one of " + std::to_string(entry.coordinator_epoch));
    return {};
}

void ProducerStates::record(const BatchHeader& batch) {
    end_offset_ = batch.next_offset();
    if (batch.producer_id.value < 0) return;
    ProducerEntry& entry = producers_[batch.producer_id];
    if (entry.epoch != batch.producer_epoch) {
        entry.epoch = batch.producer_epoch;
        entry.batch_count = 0;
    }
    entry.remember(
        {batch.last_sequence(), batch.last_offset_delta, batch.last_offset(), batch.max_timestamp});
    entry.last_timestamp = batch.max_timestamp;
    if (!batch.is_transactional()) return;
    verifications_.erase(batch.producer_id);
    if (!entry.in_transaction()) {
        entry.transaction_start = batch.base_offset;
        open_transactions_.emplace(batch.base_offset, batch.producer_id);
    }
}

std::optional<CompletedTransaction> ProducerStates::record_marker(const BatchHeader& batch,
                                                                  const TransactionMarker& marker) {
    end_offset_ = batch.next_offset();
    ProducerEntry& entry = producers_[batch.producer_id];
    if (entry.epoch != batch.producer_epoch) {
        entry.epoch = batch.producer_epoch;
        entry.batch_count = 0;
    }
    entry.coordinator_epoch = marker.coordinator_epoch;
    entry.last_timestamp = batch.base_timestamp;
    forget_verification(batch);
    if (!entry.in_transaction()) return {};
    CompletedTransaction completed{batch.producer_id, entry.transaction_start, batch.base_offset,
                                   marker.aborted};
    open_transactions_.erase(entry.transaction_start);
    undecided_transactions_.emplace(completed.first_offset, completed.last_offset);
    entry.transaction_start = kNoOffset;
    return completed;
}

void ProducerStates::forget_verification(const BatchHeader& marker) {
    const auto pending = verifications_.find(marker.producer_id);
    if (pending == verifications_.end()) return;
    // The marker's epoch is that of the next transaction, which may be under way already.
    if (pending->second.bumps_epoch && pending->second.epoch == marker.producer_epoch) return;
    verifications_.erase(pending);
}

std::optional<CompletedTransaction> ProducerStates::completed_by(
    const BatchHeader& batch, const TransactionMarker& marker) const {
    const auto found = producers_.find(batch.producer_id);
    if (found == producers_.end() || !found->second.in_transaction()) return {};
    return CompletedTransaction{batch.producer_id, found->second.transaction_start,
                                batch.base_offset, marker.aborted};
}

Offset ProducerStates::last_stable_offset_after(const CompletedTransaction& completed) const {
    for (const auto& [first, producer] : open_transactions_)
        if (first != completed.first_offset) return first;
    return completed.last_offset + 1;
}

std::optional<Offset> ProducerStates::first_unstable_offset() const {
    std::optional<Offset> first;
    if (!open_transactions_.empty()) first = open_transactions_.begin()->first;
    if (!undecided_transactions_.empty()) {
        Offset undecided = undecided_transactions_.begin()->first;
        if (!first || undecided < *first) first = undecided;
    }
    return first;
}

void ProducerStates::on_high_watermark(Offset high_watermark) {
    std::erase_if(undecided_transactions_,
                  [&](const auto& transaction) { return transaction.second < high_watermark; });
}

void ProducerStates::expire(TimestampMs now, int64_t expiration_ms) {
    std::erase_if(producers_, [&](const auto& producer) {
        const ProducerEntry& entry = producer.second;
        return !entry.in_transaction() && now.value - entry.last_timestamp.value >= expiration_ms;
    });
    std::erase_if(verifications_, [&](const auto& pending) {
        return now.value - pending.second.started.value >= expiration_ms;
    });
}

void ProducerStates::clear() { *this = ProducerStates(); }

void ProducerStates::restore(ProducerId id, const ProducerEntry& entry) {
    producers_[id] = entry;
    if (entry.in_transaction()) open_transactions_.emplace(entry.transaction_start, id);
}

}  // namespace milena
