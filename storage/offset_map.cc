// SPDX-License-Identifier: Apache-2.0
#include "storage/offset_map.h"

#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>

namespace milena {
namespace {

constexpr int64_t kSlotsMin = 16;
constexpr double kLoadFactorMax = 0.95;
constexpr size_t kHugePageBytes = 2 << 20;

uint64_t draw_secret() {
    std::random_device random;
    return uint64_t{random()} << 32 | random();
}

}  // namespace

OffsetMap::OffsetMap(int64_t memory_bytes, double load_factor)
    : memory_bytes_(memory_bytes),
      load_factor_(std::clamp(load_factor, 0.1, kLoadFactorMax)),
      secret_(draw_secret()) {}

void OffsetMap::Free::operator()(Entry* entries) const { std::free(entries); }

/// In huge pages, if the map is large and the system has some: keys lie all over it.
void OffsetMap::make_room(size_t slots) {
    if (slots > slots_allocated_) {
        entries_.reset();
        slots_allocated_ = 0;
        const size_t page = slots * kEntryBytes < kHugePageBytes ? alignof(Entry) : kHugePageBytes;
        const size_t bytes = (slots * kEntryBytes + page - 1) / page * page;
        entries_.reset(static_cast<Entry*>(std::aligned_alloc(page, bytes)));
        if (!entries_) throw std::bad_alloc();
        if (page == kHugePageBytes) madvise(entries_.get(), bytes, MADV_HUGEPAGE);
        slots_allocated_ = slots;
    }
    slots_ = slots;
    std::fill_n(entries_.get(), slots, Entry{});
}

void OffsetMap::start(Offset base, int64_t offsets) {
    const double wanted = static_cast<double>(offsets) / load_factor_ + 1;
    const double most = static_cast<double>(memory_bytes_ / kEntryBytes);
    const auto slots = std::max(kSlotsMin, static_cast<int64_t>(std::min(wanted, most)));
    make_room(static_cast<size_t>(slots));
    size_ = 0;
    size_max_ = static_cast<int64_t>(static_cast<double>(slots) * load_factor_);
    base_ = base;
    latest_ = base - 1;
}

OffsetMap::Key OffsetMap::see(BytesView key) const {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), secret_);
    Key seen;
    seen.hash = hash.high64;
    seen.more_hash = static_cast<uint32_t>(hash.low64);
    __builtin_prefetch(&entries_[home(seen.hash)]);
    return seen;
}

size_t OffsetMap::displacement(size_t at) const {
    const size_t wanted = home(entries_[at].hash);
    return at >= wanted ? at - wanted : at + slots_ - wanted;
}

void OffsetMap::insert(size_t at, Entry entry) {
    while (entries_[at].distance != 0) {
        std::swap(entries_[at], entry);
        at = after(at);
    }
    entries_[at] = entry;
    ++size_;
}

OffsetMap::Put OffsetMap::put(const Key& key, Offset offset, Offset& replaced) {
    const int64_t distance = offset - base_ + 1;
    if (distance > std::numeric_limits<uint32_t>::max()) return Put::kNoRoom;
    const Entry entry{key.hash, key.more_hash, static_cast<uint32_t>(distance)};
    size_t at = home(key.hash);
    for (size_t tried = 0; entries_[at].distance != 0 && tried <= displacement(at); ++tried) {
        if (entries_[at].is_of(key)) {
            replaced = offset_of(entries_[at]);
            entries_[at].distance = entry.distance;
            latest_ = offset;
            return Put::kReplaced;
        }
        at = after(at);
    }
    if (size_ >= size_max_) return Put::kNoRoom;
    insert(at, entry);
    latest_ = offset;
    return Put::kNew;
}

std::optional<Offset> OffsetMap::find(const Key& key) const {
    if (size_ == 0) return {};
    size_t at = home(key.hash);
    for (size_t tried = 0; entries_[at].distance != 0 && tried <= displacement(at); ++tried) {
        if (entries_[at].is_of(key)) return offset_of(entries_[at]);
        at = after(at);
    }
    return {};
}

}  // namespace milena
