// SPDX-License-Identifier: Apache-2.0
// The newest offset of each key in the part of a log that is being compacted.
//
// Keys are known by 96 bits of a hash with a secret of its own for each map: that two of them are
// taken for one is less likely than any fault of the machine, and nobody can make such keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"

namespace milena {

/// Open addressing in Robin Hood order: also a full map answers after a few neighbours. Not thread
/// safe.
class OffsetMap {
    struct Entry;

  public:
    static constexpr int64_t kEntryBytes = 16;

    /// What the map knows of a key, for the map that made it, until that is started anew.
    class Key {
        friend class OffsetMap;
        uint64_t hash = 0;
        uint32_t more_hash = 0;
    };
    enum class Put { kNew, kReplaced, kNoRoom };

    /// Never takes more than `memory_bytes` (but for a few entries), nor is filled beyond
    /// `load_factor`.
    OffsetMap(int64_t memory_bytes, double load_factor);

    /// Empties it for offsets from `base` on, `offsets` in number: it then needs no more room.
    void start(Offset base, int64_t offsets);
    /// The place of the key is on its way into the processor's cache afterwards: whoever has
    /// several keys lets the map see all of them first.
    Key see(BytesView key) const;
    /// `key` is at `offset`, which is larger than all before. `replaced`: where it was.
    Put put(const Key& key, Offset offset, Offset& replaced);
    /// Where `key` was last.
    std::optional<Offset> find(const Key& key) const;
    /// Up to here, all that was to be put in is in.
    Offset latest() const { return latest_; }
    void set_latest(Offset offset) { latest_ = offset; }

    int64_t size() const { return size_; }

  private:
    struct Entry {
        uint64_t hash = 0;
        uint32_t more_hash = 0;
        uint32_t distance = 0;  ///< from the base, plus one; 0: no entry

        bool is_of(const Key& key) const { return hash == key.hash && more_hash == key.more_hash; }
    };
    static_assert(sizeof(Entry) == kEntryBytes);
    struct Free {
        void operator()(Entry* entries) const;
    };

    void make_room(size_t slots);
    /// How far the entry at `at` is from where its hash wants it.
    size_t displacement(size_t at) const;
    size_t home(uint64_t hash) const {
        return static_cast<size_t>((static_cast<unsigned __int128>(hash) * slots_) >> 64);
    }
    size_t after(size_t at) const { return at + 1 == slots_ ? 0 : at + 1; }
    Offset offset_of(const Entry& entry) const { return base_ + (int64_t{entry.distance} - 1); }
    void insert(size_t at, Entry entry);

    const int64_t memory_bytes_;
    const double load_factor_;
    const uint64_t secret_;
    std::unique_ptr<Entry[], Free> entries_;
    size_t slots_ = 0;
    size_t slots_allocated_ = 0;
    int64_t size_ = 0;
    int64_t size_max_ = 0;
    Offset base_{0};
    Offset latest_{-1};
};

}  // namespace milena
