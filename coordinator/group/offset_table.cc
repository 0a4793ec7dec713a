// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/offset_table.h"

#include <algorithm>

namespace milena {

namespace {

template <class Map>
typename Map::value_type& entry(Map& map, std::string_view key) {
    const auto found = map.find(key);
    return found != map.end() ? *found : *map.try_emplace(std::string(key)).first;
}

auto find_pending(PartitionOffsets& offsets, ProducerId producer) {
    return std::ranges::find(offsets.pending, producer, &PendingOffset::producer);
}

}  // namespace

OffsetTable::Place OffsetTable::place(std::string_view group, std::string_view topic,
                                      int32_t partition) {
    auto& of_group = entry(groups_, group);
    return {&of_group, &entry(of_group.second, topic), partition};
}

void OffsetTable::commit(std::string_view group, std::string_view topic, int32_t partition,
                         CommittedOffset offset) {
    place(group, topic, partition).topic->second[partition].committed = std::move(offset);
}

void OffsetTable::add_pending(ProducerId producer, std::string_view group, std::string_view topic,
                              int32_t partition, CommittedOffset offset) {
    const Place at = place(group, topic, partition);
    PartitionOffsets& offsets = at.topic->second[partition];
    const auto earlier = find_pending(offsets, producer);
    if (earlier != offsets.pending.end()) {
        earlier->offset = std::move(offset);
        return;
    }
    offsets.pending.push_back({producer, std::move(offset)});
    open_[producer].push_back(at);
}

void OffsetTable::erase(std::string_view group, std::string_view topic, int32_t partition) {
    const PartitionOffsets* offsets = find(group, topic, partition);
    if (!offsets) return;
    const Place at = place(group, topic, partition);
    for (const PendingOffset& pending : offsets->pending) {
        const auto open = open_.find(pending.producer);
        std::erase(open->second, at);
        if (open->second.empty()) open_.erase(open);
    }
    at.topic->second.erase(partition);
    forget_if_empty(at);
}

void OffsetTable::end_transaction(ProducerId producer, bool committed) {
    const auto open = open_.extract(producer);
    if (!open) return;
    for (const Place& at : open.mapped()) {
        const auto slot = at.topic->second.find(at.partition);
        PartitionOffsets& offsets = slot->second;
        const auto pending = find_pending(offsets, producer);
        if (committed && (!offsets.committed || offsets.committed->record < pending->offset.record))
            offsets.committed = std::move(pending->offset);
        offsets.pending.erase(pending);
        if (offsets.committed || !offsets.pending.empty()) continue;
        at.topic->second.erase(slot);
        forget_if_empty(at);
    }
}

void OffsetTable::forget_if_empty(const Place& at) {
    if (!at.topic->second.empty()) return;
    GroupOffsets& topics = at.group->second;
    topics.erase(topics.find(at.topic->first));
    if (topics.empty()) groups_.erase(groups_.find(at.group->first));
}

const GroupOffsets* OffsetTable::find(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

const PartitionOffsets* OffsetTable::find(std::string_view group, std::string_view topic,
                                          int32_t partition) const {
    const GroupOffsets* topics = find(group);
    if (!topics) return nullptr;
    const auto of_topic = topics->find(topic);
    if (of_topic == topics->end()) return nullptr;
    const auto of_partition = of_topic->second.find(partition);
    return of_partition == of_topic->second.end() ? nullptr : &of_partition->second;
}

}  // namespace milena
