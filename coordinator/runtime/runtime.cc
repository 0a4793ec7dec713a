// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/runtime.h"

#include "coordinator/runtime/partitioning.h"

namespace milena {

std::shared_ptr<const CoordinatorRuntime::Shards> CoordinatorRuntime::shards() const {
    static const auto none = std::make_shared<const Shards>();
    auto shards = shards_.load();
    return shards ? shards : none;
}

void CoordinatorRuntime::follow(const MetadataImagePtr& image) {
    const TopicState* topic = image->topic(parts_.topic);
    if (!topic || topic->id != topic_id_) shut_down();
    if (!topic) return;
    topic_id_ = topic->id;
    // Images share what did not change between them.
    const bool is_same = topic_in_ && !misses_partitions_ && topic_in_->topic(topic->id) == topic;
    topic_in_ = image;
    if (is_same) {
        for (const auto& shard : *shards()) shard->follow(image);
        return;
    }
    grow(topic->partitions.size());
    misses_partitions_ = false;
    for (size_t index = 0; index < topic->partitions.size(); ++index)
        follow_partition(index, *topic, image);
}

void CoordinatorRuntime::grow(size_t count) {
    Shards grown = *shards();
    if (grown.size() >= count) return;
    while (grown.size() < count) {
        Executor& executor = *parts_.executors[grown.size() % parts_.executors.size()];
        grown.push_back(std::make_shared<CoordinatorShard>(
            ShardParts{executor, parts_.pool, parts_.clock, parts_.make_machine, parts_.linger,
                       parts_.compression}));
    }
    led_in_.resize(count, kNoLeaderEpoch);
    shards_.store(std::make_shared<const Shards>(std::move(grown)));
}

void CoordinatorRuntime::follow_partition(size_t index, const TopicState& topic,
                                          const MetadataImagePtr& image) {
    const PartitionState& state = topic.partitions[index];
    CoordinatorShard& shard = *(*shards())[index];
    auto partition = state.leader == parts_.node_id
                         ? parts_.partitions.find({topic.id, static_cast<int32_t>(index)})
                         : nullptr;
    misses_partitions_ |= state.leader == parts_.node_id && !partition;
    const LeaderEpoch epoch = partition ? LeaderEpoch(state.leader_epoch) : kNoLeaderEpoch;
    if (partition && epoch == led_in_[index]) return shard.follow(image);
    if (partition)
        shard.lead(std::move(partition), image);
    else if (led_in_[index] != kNoLeaderEpoch)
        shard.resign(Error(ErrorCode::NOT_COORDINATOR, "another node is the coordinator now"));
    led_in_[index] = epoch;
}

void CoordinatorRuntime::shut_down() {
    for (const auto& shard : *shards())
        shard->resign(Error(ErrorCode::NOT_COORDINATOR, "the coordinator has stopped"));
    shards_.store(nullptr);
    led_in_.clear();
    topic_id_ = {};
    topic_in_.reset();
}

int32_t CoordinatorRuntime::partition_of(std::string_view key) const {
    const int32_t count = partition_count();
    return count == 0 ? -1 : coordinator_partition(key, count);
}

void CoordinatorRuntime::submit(std::string_view key, CoordinatorEvent event) {
    submit_to(partition_of(key), std::move(event));
}

std::shared_ptr<CoordinatorShard> CoordinatorRuntime::find(int32_t partition) const {
    const auto shards = this->shards();
    if (partition < 0 || static_cast<size_t>(partition) >= shards->size()) return nullptr;
    return (*shards)[static_cast<size_t>(partition)];
}

void CoordinatorRuntime::submit_to(int32_t partition, CoordinatorEvent event) {
    const auto shard = find(partition);
    if (!shard) return event.refuse(Error(ErrorCode::NOT_COORDINATOR));
    shard->submit(std::move(event));
}

void CoordinatorRuntime::end_transaction(int32_t partition, ProducerIdentity producer,
                                         TransactionMarker marker, int16_t version, Reply reply) {
    const auto shard = find(partition);
    if (!shard) return reply(Error(ErrorCode::NOT_COORDINATOR));
    shard->end_transaction(producer, marker, version, std::move(reply));
}

}  // namespace milena
