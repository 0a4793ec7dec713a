// SPDX-License-Identifier: Apache-2.0
// Compares the indexes of a segment with its batches, while these are walked over.
#pragma once

#include <algorithm>
#include <limits>

#include "server/offline/batch_walk.h"
#include "server/offline/tables.h"

namespace milena {

/// Entries must point to batches that are there, and there must be no long run of batches without.
class OffsetIndexCheck {
  public:
    OffsetIndexCheck(std::vector<OffsetIndexEntry> entries, Offset base)
        : entries_(std::move(entries)), base_(base) {}

    void take(const WalkedBatch& batch, std::vector<Damage>& damages);
    /// Entries that point into damage are not wrong themselves.
    void pass_damage(int64_t end) {
        while (at_ < entries_.size() && entries_[at_].position < end) ++at_;
        since_entry_ = 0;
    }
    /// `is_complete`: whether a run of batches without an entry is damage.
    void finish(int64_t size, bool is_complete, std::vector<Damage>& damages);

  private:
    void wrong(std::string_view what, std::vector<Damage>& damages);
    int64_t run_bytes_max() const;

    const std::vector<OffsetIndexEntry> entries_;
    const Offset base_;
    size_t at_ = 0;
    int64_t since_entry_ = 0;
    int64_t longest_run_ = 0;
    int64_t largest_batch_ = 0;
};

/// Entries must tell the largest time of the batch that they point to.
class TimeIndexCheck {
  public:
    TimeIndexCheck(std::vector<TimeIndexEntry> entries, Offset base)
        : entries_(std::move(entries)), base_(base) {}

    void take(const WalkedBatch& batch, std::vector<Damage>& damages);
    /// The next batch is at `next`, which is unknown until it is seen.
    void pass_damage() { behind_damage_ = true; }
    void finish(std::vector<Damage>& damages);

  private:
    Offset offset() const { return base_ + entries_[at_].relative_offset; }
    void wrong(std::string_view what, std::vector<Damage>& damages);

    const std::vector<TimeIndexEntry> entries_;
    const Offset base_;
    size_t at_ = 0;
    bool behind_damage_ = false;
};

}  // namespace milena
