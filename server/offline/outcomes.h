// SPDX-License-Identifier: Apache-2.0
// How the transactions of a log ended, read from its markers.
#pragma once

#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/control_record.h"

namespace milena {

/// Fed with the batches of a log in their order; then asked. One thread.
class TransactionOutcomes {
  public:
    /// A batch of records that belongs to a transaction.
    void note_records(const BatchHeader& header) {
        open_.try_emplace(header.producer_id, header.base_offset);
    }
    /// The end of its producer's transaction. Its first offset, if the log has records of it.
    std::optional<Offset> note_marker(const BatchHeader& header, const TransactionMarker& marker) {
        const auto open = open_.find(header.producer_id);
        if (open == open_.end()) return {};
        const Offset first = open->second;
        open_.erase(open);
        if (marker.aborted) aborted_[header.producer_id].push_back({first, header.last_offset()});
        return first;
    }

    bool is_aborted(const BatchHeader& header) const {
        const auto found = aborted_.find(header.producer_id);
        if (!header.is_transactional() || found == aborted_.end()) return false;
        for (const auto& [first, last] : found->second)
            if (header.base_offset >= first && header.base_offset <= last) return true;
        return false;
    }
    /// Where the first transaction begins that has not ended.
    Offset first_open() const {
        Offset first(std::numeric_limits<int64_t>::max());
        for (const auto& [producer, offset] : open_) first = std::min(first, offset);
        return first;
    }

  private:
    using Range = std::pair<Offset, Offset>;
    std::unordered_map<ProducerId, Offset> open_;
    std::unordered_map<ProducerId, std::vector<Range>> aborted_;
};

}  // namespace milena
