// SPDX-License-Identifier: Apache-2.0
#include "storage/producer_state.h"

#include <algorithm>

namespace milena {
namespace {

bool follows(int32_t last_sequence, int32_t next_sequence) {
    return next_sequence == int64_t{last_sequence} + 1 ||
           (next_sequence == 0 && last_sequence == std::numeric_limits<int32_t>::max());
}

std::string producer_text(const BatchHeader& batch) {
    return "producer " + std::to_string(batch.producer_id.value) + " (epoch " +
           std::to_string(batch.producer_epoch.value) + ")";
}

Error out_of_order(const BatchHeader& batch, const std::string& expected) {
    return Error(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, producer_text(batch) + " sent sequence " +
                                                              std::to_string(batch.base_sequence) +
                                                              ", expected is " + expected);
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

Result<std::optional<ProducedBatch>> ProducerStates::check(const BatchHeader& batch) const {
    const std::optional<ProducedBatch> fresh;
    auto found = producers_.find(batch.producer_id);
    // An unknown producer may start anywhere: its records may have been deleted meanwhile.
    if (found == producers_.end()) return fresh;
    const ProducerEntry& entry = found->second;
    if (batch.producer_epoch < entry.epoch)
        return Error(ErrorCode::INVALID_PRODUCER_EPOCH, producer_text(batch) +
                                                            " is older than the last seen epoch " +
                                                            std::to_string(entry.epoch.value));
    if (batch.producer_epoch > entry.epoch) {
        if (batch.base_sequence != 0 && entry.epoch.value != -1)
            return out_of_order(batch, "0, the first of a new epoch");
        return fresh;
    }
    if (const ProducedBatch* earlier = entry.find(batch.base_sequence, batch.last_sequence()))
        return std::optional<ProducedBatch>(*earlier);
    if (!follows(entry.last_sequence(), batch.base_sequence))
        return out_of_order(batch, "the one after " + std::to_string(entry.last_sequence()));
    if (entry.in_transaction() && !batch.is_transactional())
        return Error(ErrorCode::INVALID_TXN_STATE,
                     producer_text(batch) + " has an open transaction and sent a batch outside it");
    return fresh;
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
    if (batch.is_transactional() && !entry.in_transaction()) {
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
    if (!entry.in_transaction()) return {};
    CompletedTransaction completed{batch.producer_id, entry.transaction_start, batch.base_offset,
                                   marker.aborted};
    open_transactions_.erase(entry.transaction_start);
    undecided_transactions_.emplace(completed.first_offset, completed.last_offset);
    entry.transaction_start = kNoOffset;
    return completed;
}

Offset ProducerStates::last_stable_offset_after(const CompletedTransaction& completed) const {
    if (open_transactions_.empty()) return completed.last_offset + 1;
    return open_transactions_.begin()->first;
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
}

void ProducerStates::clear() { *this = ProducerStates(); }

void ProducerStates::restore(ProducerId id, const ProducerEntry& entry) {
    producers_[id] = entry;
    if (entry.in_transaction()) open_transactions_.emplace(entry.transaction_start, id);
}

}  // namespace milena
