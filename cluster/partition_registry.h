// SPDX-License-Identifier: Apache-2.0
// The partitions of this node, kept in step with the metadata image.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "cluster/image_state.h"
#include "cluster/local_partition.h"
#include "storage/log_manager.h"

namespace milena {

/// The configuration of a topic's logs under an image.
using LogConfigOf = std::function<LogConfig(const MetadataImage&, const std::string& topic)>;

/// find() from any thread; the rest on the controller's executor.
class PartitionRegistry final : public PartitionTable {
  public:
    PartitionRegistry(int32_t node_id, LogManager& logs, LogConfigOf log_config)
        : node_id_(node_id), logs_(logs), log_config_(std::move(log_config)) {}

    std::shared_ptr<Partition> find(const TopicPartition& id) const override;

    /// The logs that `image` puts on this node.
    std::vector<ExpectedLog> expected_logs(const MetadataImage& image) const;
    /// Removes, makes, leads and reconfigures as `changes` ask for. A log that can't be made is
    /// reported, and its partition stays unknown here.
    void apply(const MetadataImage& image, const ImageChanges& changes);
    /// As if everything in `image` had changed.
    void apply_all(const MetadataImage& image);

  private:
    static constexpr size_t kShards = 64;
    struct Shard {
        mutable std::shared_mutex mutex;
        std::unordered_map<TopicPartition, std::shared_ptr<LocalPartition>> partitions;
    };

    void remove(const ImageChanges::Removed& topic);
    void follow(const MetadataImage& image, const TopicState& topic);
    void reconfigure(const MetadataImage& image, const TopicState& topic);
    void reconfigure(const MetadataImage& image, const std::set<ConfigResource>& resources);
    std::shared_ptr<LocalPartition> find_local(const TopicPartition& id) const;
    std::shared_ptr<LocalPartition> make(const ExpectedLog& log);
    Shard& shard(const TopicPartition& id) const;
    bool hosts(const PartitionState& partition) const;
    Uuid directory_of(const PartitionState& partition) const;

    const int32_t node_id_;
    LogManager& logs_;
    const LogConfigOf log_config_;
    mutable std::array<Shard, kShards> shards_;
};

}  // namespace milena
