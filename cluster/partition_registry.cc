// SPDX-License-Identifier: Apache-2.0
#include "cluster/partition_registry.h"

#include <algorithm>
#include <mutex>

#include "base/log.h"

namespace milena {

PartitionRegistry::Shard& PartitionRegistry::shard(const TopicPartition& id) const {
    return shards_[std::hash<TopicPartition>()(id) % kShards];
}

std::shared_ptr<LocalPartition> PartitionRegistry::find_local(const TopicPartition& id) const {
    const Shard& in = shard(id);
    std::shared_lock lock(in.mutex);
    const auto found = in.partitions.find(id);
    return found == in.partitions.end() ? nullptr : found->second;
}

std::shared_ptr<Partition> PartitionRegistry::find(const TopicPartition& id) const {
    return find_local(id);
}

bool PartitionRegistry::hosts(const PartitionState& partition) const {
    return std::find(partition.replicas.begin(), partition.replicas.end(), node_id_) !=
           partition.replicas.end();
}

Uuid PartitionRegistry::directory_of(const PartitionState& partition) const {
    const Uuid* directory = partition.directory_on(node_id_);
    return directory ? *directory : kUnassignedDirectory;
}

std::vector<ExpectedLog> PartitionRegistry::expected_logs(const MetadataImage& image) const {
    std::vector<ExpectedLog> expected;
    image.visit_topics("", [&](const TopicState& topic) {
        const LogConfig config = log_config_(image, topic.name);
        int32_t index = -1;
        for (const PartitionState& partition : topic.partitions) {
            ++index;
            if (hosts(partition))
                expected.push_back({topic.name, topic.id, index, config, directory_of(partition)});
        }
        return true;
    });
    return expected;
}

void PartitionRegistry::apply_all(const MetadataImage& image) {
    image.visit_topics("", [&](const TopicState& topic) {
        follow(image, topic);
        return true;
    });
}

void PartitionRegistry::apply(const MetadataImage& image, const ImageChanges& changes) {
    // First what goes: a topic of the same name may come again in the same step.
    for (const auto& topic : changes.removed) remove(topic);
    for (const Uuid& id : changes.topics)
        if (const TopicState* topic = image.topic(id)) follow(image, *topic);
    reconfigure(image, changes.configs);
}

void PartitionRegistry::remove(const ImageChanges::Removed& topic) {
    for (int32_t index = 0; index < topic.partitions; ++index) {
        const TopicPartition id{topic.id, index};
        std::shared_ptr<LocalPartition> partition;
        {
            Shard& in = shard(id);
            std::unique_lock lock(in.mutex);
            const auto found = in.partitions.find(id);
            if (found == in.partitions.end()) continue;
            partition = std::move(found->second);
            in.partitions.erase(found);
        }
        partition->retire();
        if (auto removed = logs_.remove(topic.name, index); !removed) {
            MILENA_LOG(Error) << "Deleting " << topic.name << "-" << index << ": "
                              << removed.error().to_string();
        }
    }
}

std::shared_ptr<LocalPartition> PartitionRegistry::make(const ExpectedLog& wanted) {
    auto log = logs_.get_or_create(wanted);
    if (!log) {
        MILENA_LOG(Error) << "No log for " << wanted.topic << "-" << wanted.partition << ": "
                          << log.error().to_string();
        return nullptr;
    }
    const TopicPartition id{wanted.topic_id, wanted.partition};
    auto partition = std::make_shared<LocalPartition>(id, std::move(*log));
    Shard& in = shard(id);
    std::unique_lock lock(in.mutex);
    in.partitions[id] = partition;
    return partition;
}

void PartitionRegistry::follow(const MetadataImage& image, const TopicState& topic) {
    std::optional<LogConfig> config;  // the same for all partitions, and not cheap
    int32_t index = -1;
    for (const PartitionState& state : topic.partitions) {
        ++index;
        if (!hosts(state)) continue;
        auto partition = find_local({topic.id, index});
        if (!partition) {
            if (!config) config = log_config_(image, topic.name);
            partition = make({topic.name, topic.id, index, *config, directory_of(state)});
        }
        if (!partition) continue;
        if (auto applied = partition->apply(state, node_id_); !applied) {
            MILENA_LOG(Error) << "Leading " << topic.name << "-" << index << ": "
                              << applied.error().to_string();
        }
    }
}

void PartitionRegistry::reconfigure(const MetadataImage& image, const TopicState& topic) {
    const LogConfig config = log_config_(image, topic.name);
    for (size_t index = 0; index < topic.partitions.size(); ++index)
        if (auto partition = find_local({topic.id, static_cast<int32_t>(index)}))
            partition->log()->reconfigure(config);
}

void PartitionRegistry::reconfigure(const MetadataImage& image,
                                    const std::set<ConfigResource>& resources) {
    const bool broker = std::any_of(resources.begin(), resources.end(), [](const auto& resource) {
        return resource.type == ConfigResourceType::kBroker;
    });
    if (broker) {  // defaults of every topic
        image.visit_topics("", [&](const TopicState& topic) {
            reconfigure(image, topic);
            return true;
        });
        return;
    }
    for (const ConfigResource& resource : resources)
        if (resource.type == ConfigResourceType::kTopic)
            if (const TopicState* topic = image.topic(resource.name)) reconfigure(image, *topic);
}

}  // namespace milena
