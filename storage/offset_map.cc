// SPDX-License-Identifier: Apache-2.0
#include "storage/offset_map.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <random>

namespace milena {
namespace {

constexpr int64_t kSlotsMin = 16;
constexpr double kLoadFactorMax = 0.95;

uint64_t draw_secret() {
    std::random_device random;
    return uint64_t{random()} << 32 | random();
}

}  // namespace

OffsetMap::OffsetMap(int64_t memory_bytes, double load_factor)
    : memory_bytes_(memory_bytes),
      load_factor_(std::clamp(load_factor, 0.1, kLoadFactorMax)),
      secret_(draw_secret()) {}

void OffsetMap::start(Offset base, int64_t offsets) {
    const double wanted = static_cast<double>(offsets) / load_factor_ + 1;
    const double most = static_cast<double>(memory_bytes_ / kEntryBytes);
    const auto slots = std::max(kSlotsMin, static_cast<int64_t>(std::min(wanted, most)));
    entries_.assign(static_cast<size_t>(slots), {});
    size_ = 0;
    size_max_ = static_cast<int64_t>(static_cast<double>(slots) * load_factor_);
    base_ = base;
    latest_ = base - 1;
}

OffsetMap::Entry OffsetMap::entry_of(BytesView key) const {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), secret_);
    return {hash.high64, static_cast<uint32_t>(hash.low64), 0};
}

size_t OffsetMap::home(uint64_t hash) const {
    return static_cast<size_t>((static_cast<unsigned __int128>(hash) * entries_.size()) >> 64);
}

size_t OffsetMap::displacement(size_t at) const {
    const size_t wanted = home(entries_[at].hash);
    return at >= wanted ? at - wanted : at + entries_.size() - wanted;
}

void OffsetMap::insert(size_t at, Entry entry) {
    while (entries_[at].distance != 0) {
        std::swap(entries_[at], entry);
        at = after(at);
    }
    entries_[at] = entry;
    ++size_;
}

bool OffsetMap::put(BytesView key, Offset offset) {
    const int64_t distance = offset - base_ + 1;
    if (distance > std::numeric_limits<uint32_t>::max()) return false;
    Entry entry = entry_of(key);
    entry.distance = static_cast<uint32_t>(distance);
    size_t at = home(entry.hash);
    for (size_t tried = 0; entries_[at].distance != 0 && tried <= displacement(at); ++tried) {
        if (entries_[at].same_key(entry)) {
            entries_[at].distance = entry.distance;
            latest_ = offset;
            return true;
        }
        at = after(at);
    }
    if (size_ >= size_max_) return false;
    insert(at, entry);
    latest_ = offset;
    return true;
}

std::optional<Offset> OffsetMap::find(BytesView key) const {
    if (size_ == 0) return {};
    const Entry wanted = entry_of(key);
    size_t at = home(wanted.hash);
    for (size_t tried = 0; entries_[at].distance != 0 && tried <= displacement(at); ++tried) {
        if (entries_[at].same_key(wanted)) return base_ + (int64_t{entries_[at].distance} - 1);
        at = after(at);
    }
    return {};
}

}  // namespace milena
