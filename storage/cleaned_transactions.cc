// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaned_transactions.h"

namespace milena {

void CleanedTransactions::add_aborted(const std::vector<AbortedTransactionEntry>& transactions) {
    for (const AbortedTransactionEntry& entry : transactions) waiting_.push(entry);
}

void CleanedTransactions::start_aborted(Offset up_to) {
    while (!waiting_.empty() && waiting_.top().first_offset <= up_to) {
        aborted_.try_emplace(waiting_.top().producer_id, Aborted{waiting_.top()});
        waiting_.pop();
    }
}

bool CleanedTransactions::is_aborted(const BatchHeader& batch) {
    start_aborted(batch.last_offset());
    if (!batch.is_transactional()) return false;
    const auto found = aborted_.find(batch.producer_id);
    if (found == aborted_.end()) {
        committed_.insert(batch.producer_id);
        return false;
    }
    found->second.has_batches = true;
    return true;
}

bool CleanedTransactions::is_of_empty_transaction(const BatchHeader& batch,
                                                  const std::optional<TransactionMarker>& marker) {
    start_aborted(batch.last_offset());
    if (batch.record_count == 0) return true;
    if (!marker) return false;
    if (!marker->aborted) return committed_.erase(batch.producer_id) == 0;
    const auto found = aborted_.find(batch.producer_id);
    if (found == aborted_.end()) return true;
    const Aborted ended = found->second;
    aborted_.erase(found);
    // Its batches are gone, or as good as; but one of them may be kept for its producer's sake.
    if (ended.has_batches) kept_.push_back(ended.entry);
    return !ended.has_batches;
}

}  // namespace milena
