// SPDX-License-Identifier: Apache-2.0
// Where Kafka's choice among equals is the order in which a Java HashMap happens to list them.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "coordinator/runtime/partitioning.h"

namespace milena {

/// Sorts `entries` as a HashMap lists them whose distinct String keys `key_of` tells; those of one
/// bucket stay in their order.
template <class Entry, class KeyOf>
void sort_as_hash_map(std::vector<Entry>& entries, KeyOf key_of) {
    constexpr size_t kSmallestTable = 16;
    const size_t table = std::max(kSmallestTable, std::bit_ceil((entries.size() * 4 + 2) / 3));
    std::ranges::stable_sort(entries, {}, [&](const Entry& entry) {
        const auto hash = static_cast<uint32_t>(java_hash(key_of(entry)));
        return (hash ^ hash >> 16) & (table - 1);
    });
}

}  // namespace milena
