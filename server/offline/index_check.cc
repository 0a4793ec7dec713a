// SPDX-License-Identifier: Apache-2.0
#include "server/offline/index_check.h"

#include "server/offline/text.h"

namespace milena {
void OffsetIndexCheck::wrong(std::string_view what, std::vector<Damage>& damages) {
    const OffsetIndexEntry& entry = entries_[at_];
    damages.push_back({static_cast<int64_t>(at_) * OffsetIndexEntry::kSize,
                       "the entry of offset " + number(base_.value + entry.relative_offset) +
                           " points to position " + number(entry.position) + ", " +
                           std::string(what)});
}

void OffsetIndexCheck::take(const WalkedBatch& batch, std::vector<Damage>& damages) {
    largest_batch_ = std::max(largest_batch_, batch.header.size_bytes);
    for (; at_ < entries_.size() && entries_[at_].position < batch.position; ++at_)
        wrong("where no batch begins", damages);
    if (at_ < entries_.size() && entries_[at_].position == batch.position) {
        const Offset offset = base_ + entries_[at_].relative_offset;
        if (batch.is_intact && offset != batch.header.last_offset())
            wrong("where a batch ends at offset " + number(batch.header.last_offset().value),
                  damages);
        since_entry_ = 0;
        ++at_;
    }
    since_entry_ += batch.header.size_bytes;
    longest_run_ = std::max(longest_run_, since_entry_);
}

/// How far apart entries stand is a setting that the file does not tell; but its own entries do,
/// by how near they come to each other.
int64_t OffsetIndexCheck::run_bytes_max() const {
    constexpr int64_t kAlways = 64 << 10;
    constexpr int64_t kWithoutEntries = 1 << 20;
    if (entries_.size() < 2) return kWithoutEntries + 2 * largest_batch_;
    int64_t nearest = std::numeric_limits<int64_t>::max();
    for (size_t i = 1; i < entries_.size(); ++i)
        nearest = std::min<int64_t>(nearest, entries_[i].position - entries_[i - 1].position);
    return std::max(kAlways, 4 * nearest) + 2 * largest_batch_;
}

void OffsetIndexCheck::finish(int64_t size, bool is_complete, std::vector<Damage>& damages) {
    for (; at_ < entries_.size(); ++at_)
        wrong(entries_[at_].position < size ? "where no batch begins" : "behind the segment's end",
              damages);
    if (is_complete && longest_run_ > run_bytes_max())
        damages.push_back(
            {static_cast<int64_t>(entries_.size()) * OffsetIndexEntry::kSize,
             "entries are missing: there are none for " + number(longest_run_) + " bytes"});
}

void TimeIndexCheck::wrong(std::string_view what, std::vector<Damage>& damages) {
    damages.push_back({static_cast<int64_t>(at_) * TimeIndexEntry::kSize,
                       "the entry of time " + number(entries_[at_].timestamp) +
                           " points to offset " + number(offset().value) + ", " +
                           std::string(what)});
}

void TimeIndexCheck::take(const WalkedBatch& batch, std::vector<Damage>& damages) {
    for (; at_ < entries_.size() && offset() < batch.header.base_offset; ++at_)
        if (!behind_damage_) wrong("which is in no batch", damages);
    behind_damage_ = false;
    for (; at_ < entries_.size() && offset() <= batch.header.last_offset(); ++at_)
        if (batch.is_intact && entries_[at_].timestamp != batch.header.max_timestamp.value)
            wrong("in a batch of time " + number(batch.header.max_timestamp.value), damages);
}

void TimeIndexCheck::finish(std::vector<Damage>& damages) {
    for (; at_ < entries_.size(); ++at_)
        if (!behind_damage_) wrong("behind the segment's end", damages);
}

}  // namespace milena
