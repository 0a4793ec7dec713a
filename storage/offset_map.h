// SPDX-License-Identifier: Apache-2.0
// The newest offset of each key in the part of a log that is being compacted.
//
// Keys are known by 96 bits of a hash with a secret of its own for each map: that two of them are
// taken for one is less likely than any fault of the machine, and nobody can make such keys.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace milena {

/// Open addressing in Robin Hood order: also a full map answers after a few neighbours. Not thread
/// safe.
class OffsetMap {
  public:
    static constexpr int64_t kEntryBytes = 16;

    /// Never takes more than `memory_bytes` (but for a few entries), nor is filled beyond
    /// `load_factor`.
    OffsetMap(int64_t memory_bytes, double load_factor);

    /// Empties it for offsets from `base` on, `offsets` in number: it then needs no more room.
    void start(Offset base, int64_t offsets);
    /// `key` is at `offset`, which is larger than all before. False if there is no room for it.
    bool put(BytesView key, Offset offset);
    /// Where `key` was last.
    std::optional<Offset> find(BytesView key) const;
    /// Up to here, all that was to be put in is in.
    Offset latest() const { return latest_; }
    void set_latest(Offset offset) { latest_ = offset; }

    int64_t size() const { return size_; }

  private:
    struct Entry {
        uint64_t hash = 0;
        uint32_t more_hash = 0;
        uint32_t distance = 0;  ///< from the base, plus one; 0: no entry

        bool same_key(const Entry& other) const {
            return hash == other.hash && more_hash == other.more_hash;
        }
    };
    static_assert(sizeof(Entry) == kEntryBytes);

    Entry entry_of(BytesView key) const;
    /// How far the entry at `at` is from where its hash wants it.
    size_t displacement(size_t at) const;
    size_t home(uint64_t hash) const;
    size_t after(size_t at) const { return at + 1 == entries_.size() ? 0 : at + 1; }
    void insert(size_t at, Entry entry);

    const int64_t memory_bytes_;
    const double load_factor_;
    const uint64_t secret_;
    std::vector<Entry> entries_;
    int64_t size_ = 0;
    int64_t size_max_ = 0;
    Offset base_{0};
    Offset latest_{-1};
};

}  // namespace milena
