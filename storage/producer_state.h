// SPDX-License-Identifier: Apache-2.0
// What a log remembers of idempotent and transactional producers, so that a retried batch is not
// appended twice and nothing is appended out of order.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "storage/batch_header.h"
#include "storage/log.h"

namespace milena {

/// A batch that a producer wrote: enough to recognise its retry.
struct ProducedBatch {
    int32_t last_sequence = -1;
    int32_t offset_delta = 0;
    Offset last_offset{-1};
    TimestampMs timestamp{-1};

    Offset first_offset() const { return last_offset - offset_delta; }
    int32_t first_sequence() const {
        return static_cast<int32_t>((int64_t{last_sequence} - offset_delta) & 0x7fffffff);
    }
    bool operator==(const ProducedBatch&) const = default;
};

struct ProducerEntry {
    static constexpr size_t kBatchesMax = 5;

    ProducerEpoch epoch{-1};
    uint8_t batch_count = 0;
    int32_t coordinator_epoch = -1;
    TimestampMs last_timestamp{-1};
    Offset transaction_start{-1};
    std::array<ProducedBatch, kBatchesMax> batches;  ///< oldest first

    int32_t last_sequence() const {
        return batch_count == 0 ? -1 : batches[batch_count - 1u].last_sequence;
    }
    bool in_transaction() const { return transaction_start != kNoOffset; }
    const ProducedBatch* find(int32_t first_sequence, int32_t last_sequence) const;
    void remember(const ProducedBatch& batch);
    bool operator==(const ProducerEntry&) const = default;
};

/// A transaction that a control record has just ended.
struct CompletedTransaction {
    ProducerId producer_id;
    Offset first_offset;
    Offset last_offset;  ///< of the control record
    bool aborted = false;
};

/// The end-of-transaction mark of a control batch.
struct TransactionMarker {
    bool aborted = false;
    int32_t coordinator_epoch = -1;
};

/// A transaction that is to start in this log, being checked with its coordinator. Lost at a
/// restart: the producer's retry begins another.
struct PendingVerification {
    VerificationGuard guard;
    ProducerEpoch epoch;
    /// The earliest batch that waits: later ones may not overtake it.
    int32_t lowest_sequence = -1;
    bool bumps_epoch = false;
    TimestampMs started;
};

/// Not thread safe: the log guards it.
class ProducerStates {
  public:
    /// Whether `batch` (not stamped with offsets yet) may be appended now: nothing for "yes", the
    /// earlier batch if it is a duplicate; INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or
    /// INVALID_TXN_STATE. A coordinator's batches have no sequences. REQUIRES: the batch has a
    /// producer id and is no control batch.
    Result<std::optional<ProducedBatch>> check(const BatchHeader& batch,
                                               const AppendSource& source) const;
    /// Whether `batch` may end its producer's transaction: INVALID_PRODUCER_EPOCH or
    /// TRANSACTION_COORDINATOR_FENCED.
    Result<void> check_marker(const BatchHeader& batch, const TransactionMarker& marker,
                              int16_t transaction_version) const;
    /// See Log. `fresh` becomes the guard unless a verification is under way.
    Result<VerificationGuard> start_verification(const TransactionStart& start,
                                                 VerificationGuard fresh, TimestampMs now);
    Result<void> check_transaction(ProducerId producer, ProducerEpoch epoch,
                                   std::optional<VerificationGuard> guard) const;

    /// Takes note of a batch in the log. Nothing is checked: what is in the log has happened.
    void record(const BatchHeader& batch);
    /// Takes note of a control batch that ends a transaction; nothing if the producer had none.
    std::optional<CompletedTransaction> record_marker(const BatchHeader& batch,
                                                      const TransactionMarker& marker);

    /// What record_marker() would return, if anything.
    std::optional<CompletedTransaction> completed_by(const BatchHeader& batch,
                                                     const TransactionMarker& marker) const;
    /// The last stable offset that follows from `completed`, whether that is recorded or not: where
    /// the next open one starts.
    Offset last_stable_offset_after(const CompletedTransaction& completed) const;
    /// First offset of the earliest transaction that is open, or whose end is not below the high
    /// watermark; nothing if all is stable.
    std::optional<Offset> first_unstable_offset() const;
    void on_high_watermark(Offset high_watermark);

    /// Forgets producers that wrote nothing for `expiration_ms` and have no open transaction, and
    /// verifications that nobody finished in that time.
    void expire(TimestampMs now, int64_t expiration_ms);
    void clear();

    /// State of the log up to this offset, exclusive.
    Offset end_offset() const { return end_offset_; }
    void set_end_offset(Offset end) { end_offset_ = end; }
    size_t size() const { return producers_.size(); }
    const std::unordered_map<ProducerId, ProducerEntry>& producers() const { return producers_; }
    /// For a snapshot that is read back.
    void restore(ProducerId id, const ProducerEntry& entry);

  private:
    bool has_open_transaction(ProducerId producer, ProducerEpoch epoch) const;
    void forget_verification(const BatchHeader& marker);
    Result<void> check_sequence(const BatchHeader& batch, const ProducerEntry* entry) const;

    std::unordered_map<ProducerId, ProducerEntry> producers_;
    std::unordered_map<ProducerId, PendingVerification> verifications_;
    std::map<Offset, ProducerId> open_transactions_;   // by first offset
    std::map<Offset, Offset> undecided_transactions_;  // ended; first offset -> marker's offset
    Offset end_offset_{0};
};

}  // namespace milena
