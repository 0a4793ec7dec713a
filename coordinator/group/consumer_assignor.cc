// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_assignor.h"

#include <algorithm>

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

}  // namespace milena
