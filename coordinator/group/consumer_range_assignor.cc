// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <utility>

#include "coordinator/group/consumer_assignor.h"

namespace milena {

namespace {

/// What of a topic is still to be given away.
struct TopicRange {
    int32_t partitions = 0;
    int32_t subscribers = 0;
    int32_t given_subscribers = 0;
    int32_t next = 0;

    /// The next subscriber's part; the first ones get what is left over.
    int32_t take() {
        const int32_t extra = given_subscribers++ < partitions % subscribers ? 1 : 0;
        const int32_t end = std::min(next + partitions / subscribers + extra, partitions);
        return std::exchange(next, end);
    }
};

/// Members with an instance id first, by it; then the others by their ids.
std::vector<size_t> range_order(const AssignorInput& input) {
    std::vector<size_t> order(input.members.size());
    std::iota(order.begin(), order.end(), 0);
    const auto comes_first = [&](size_t left, size_t right) {
        const AssignorMember &a = input.members[left], &b = input.members[right];
        if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
        if (a.instance_id || b.instance_id) return a.instance_id.has_value();
        return a.id < b.id;
    };
    std::ranges::sort(order, comes_first);
    return order;
}

std::map<Uuid, TopicRange> topic_ranges(const AssignorInput& input) {
    std::map<Uuid, TopicRange> ranges;
    for (const AssignorMember& member : input.members)
        for (const SubscribedTopic& topic : member.topics) {
            TopicRange& range = ranges[topic.id];
            range.partitions = topic.partitions;
            ++range.subscribers;
        }
    return ranges;
}

}  // namespace

AssignorOutput assign_range(const AssignorInput& input) {
    AssignorOutput output(input.members.size());
    auto ranges = topic_ranges(input);
    for (const size_t index : range_order(input))
        for (const SubscribedTopic& topic : input.members[index].topics) {
            TopicRange& range = ranges[topic.id];
            const int32_t first = range.take();
            if (first == range.next) continue;
            auto& partitions = output[index][topic.id];
            partitions.resize(static_cast<size_t>(range.next - first));
            std::iota(partitions.begin(), partitions.end(), first);
        }
    return output;
}

}  // namespace milena
