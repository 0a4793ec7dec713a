// SPDX-License-Identifier: Apache-2.0
// What the reading of a log's dirty part shows of each of its records, so that who writes the log
// anew needs neither their keys nor, if all or none of a batch stays, its records.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace milena {

/// Two bits for each offset. Not thread safe.
class SupersededRecords {
  public:
    explicit SupersededRecords(int64_t memory_bytes) : offsets_max_(memory_bytes * 4) {}

    /// Forgets all. Offsets from `base` on are covered, `offsets` in number if there is room.
    void start(Offset base, int64_t offsets) {
        base_ = base;
        covered_ = std::clamp<int64_t>(offsets, 0, offsets_max_);
        const auto words = static_cast<size_t>((covered_ + kBits - 1) / kBits);
        superseded_.assign(words, 0);
        plain_.assign(words, 0);
    }

    bool covers(Offset first, Offset last) const {
        return first >= base_ && last - base_ < covered_;
    }
    bool covers(Offset offset) const { return covers(offset, offset); }

    /// The record is not to stay: there is a newer one of its key, or it has none.
    void set_superseded(Offset offset) {
        if (covers(offset)) set(superseded_, offset);
    }
    /// REQUIRES: covers(offset)
    bool is_superseded(Offset offset) const { return get(superseded_, offset); }
    /// How many of these. REQUIRES: covers(first, last)
    int64_t superseded_between(Offset first, Offset last) const {
        const auto from = static_cast<uint64_t>(first - base_);
        const auto to = static_cast<uint64_t>(last - base_);
        const uint64_t from_mask = ~uint64_t{0} << from % kBits;
        const uint64_t to_mask = ~uint64_t{0} >> (kBits - 1 - to % kBits);
        if (from / kBits == to / kBits)
            return std::popcount(superseded_[from / kBits] & from_mask & to_mask);
        int64_t count = std::popcount(superseded_[from / kBits] & from_mask) +
                        std::popcount(superseded_[to / kBits] & to_mask);
        for (uint64_t word = from / kBits + 1; word < to / kBits; ++word)
            count += std::popcount(superseded_[word]);
        return count;
    }

    /// The batch that ends at `last` was seen as a whole, and has no tombstones.
    void set_plain(Offset last) {
        if (covers(last)) set(plain_, last);
    }
    /// REQUIRES: covers(last)
    bool is_plain(Offset last) const { return get(plain_, last); }

  private:
    static constexpr int64_t kBits = 64;  // of a word

    using Words = std::vector<uint64_t>;
    void set(Words& words, Offset offset) const {
        words[word_of(offset)] |= uint64_t{1} << (offset - base_) % kBits;
    }
    bool get(const Words& words, Offset offset) const {
        return (words[word_of(offset)] >> (offset - base_) % kBits & 1) != 0;
    }
    size_t word_of(Offset offset) const { return static_cast<size_t>((offset - base_) / kBits); }

    const int64_t offsets_max_;
    Offset base_{0};
    int64_t covered_ = 0;
    Words superseded_;
    Words plain_;
};

}  // namespace milena
