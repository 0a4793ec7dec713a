// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_assignor.h"

#include <algorithm>
#include <numeric>

#include "coordinator/runtime/partitioning.h"

namespace milena {

Assignor find_assignor(std::string_view name) {
    if (name == "uniform") return &assign_uniform;
    if (name == "range") return &assign_range;
    return nullptr;
}

void add_partition(TopicPartitions& to, const Uuid& topic, int32_t partition) {
    auto& partitions = to[topic];
    partitions.insert(std::ranges::lower_bound(partitions, partition), partition);
}

std::vector<size_t> java_hash_order(std::span<const std::string_view> ids) {
    size_t buckets = 16;
    while (ids.size() * 4 > buckets * 3) buckets *= 2;
    std::vector<uint32_t> bucket_of(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
        const auto hash = static_cast<uint32_t>(java_hash(ids[i]));
        bucket_of[i] = (hash ^ hash >> 16) & static_cast<uint32_t>(buckets - 1);
    }
    std::vector<size_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](size_t i) { return bucket_of[i]; });
    return order;
}

}  // namespace milena
