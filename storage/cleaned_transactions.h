// SPDX-License-Identifier: Apache-2.0
// What a compaction must know of transactions: whose records were aborted, and which markers speak
// of nothing any more.
#pragma once

#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/batch_header.h"
#include "storage/producer_state.h"
#include "storage/transaction_index.h"

namespace milena {

/// Sees the batches of a log in order. Not thread safe.
class CleanedTransactions {
  public:
    /// Those that touch what comes next; again is harmless.
    void add_aborted(const std::vector<AbortedTransactionEntry>& transactions);
    /// Whether the batch (no control batch) was aborted, and can go.
    bool is_aborted(const BatchHeader& batch);
    /// Whether the transaction that the control batch ends has no record left in the log.
    /// `marker`: what it says; nothing if it is another kind of control batch.
    bool is_of_empty_transaction(const BatchHeader& batch,
                                 const std::optional<TransactionMarker>& marker);
    /// Aborted transactions that still have batches: for the index of the new segment.
    std::vector<AbortedTransactionEntry> take_kept() { return std::exchange(kept_, {}); }

  private:
    struct Aborted {
        AbortedTransactionEntry entry;
        bool has_batches = false;
    };
    struct StartsLater {
        bool operator()(const AbortedTransactionEntry& a, const AbortedTransactionEntry& b) const {
            return a.first_offset > b.first_offset;
        }
    };
    void start_aborted(Offset up_to);

    std::priority_queue<AbortedTransactionEntry, std::vector<AbortedTransactionEntry>, StartsLater>
        waiting_;
    std::unordered_map<ProducerId, Aborted> aborted_;  // under way
    std::unordered_set<ProducerId> committed_;         // under way, with batches
    std::vector<AbortedTransactionEntry> kept_;
};

}  // namespace milena
