// SPDX-License-Identifier: Apache-2.0
// All partitions of one internal topic that this node leads, each with its state machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.h"
#include "coordinator/runtime/shard.h"

namespace milena {

struct RuntimeParts {
    std::string topic;
    int32_t node_id = -1;
    PartitionTable& partitions;
    BlockingPool& pool;
    const Clock& clock;
    /// The event queues that shards are spread over. Not empty.
    std::vector<Executor*> executors;
    std::function<std::unique_ptr<StateMachine>(TimerQueue&)> make_machine;
    std::chrono::milliseconds linger{-1};
    CompressionType compression = CompressionType::kNone;
};

class CoordinatorRuntime {
  public:
    explicit CoordinatorRuntime(RuntimeParts parts) : parts_(std::move(parts)) {}

    /// Leads and resigns as the image says. One thread at a time.
    void follow(const MetadataImagePtr& image);
    /// Resigns everywhere: answers that are parked fail with NOT_COORDINATOR, and so does all that
    /// comes later. The same thread as follow().
    void shut_down();

    /// To the partition of `key` (a group, a transactional id).
    void submit(std::string_view key, CoordinatorEvent event);
    /// NOT_COORDINATOR if there is no such partition here. Any thread.
    void submit_to(int32_t partition, CoordinatorEvent event);
    void end_transaction(int32_t partition, ProducerIdentity producer, TransactionMarker marker,
                         int16_t version, Reply reply);
    /// The partition that looks after `key`; -1 while the topic does not exist. Any thread.
    int32_t partition_of(std::string_view key) const;
    /// Partitions of the topic, led here or not.
    int32_t partition_count() const { return static_cast<int32_t>(shards()->size()); }

  private:
    using Shards = std::vector<std::shared_ptr<CoordinatorShard>>;

    std::shared_ptr<const Shards> shards() const;
    /// Null if the topic has no such partition.
    std::shared_ptr<CoordinatorShard> find(int32_t partition) const;
    void grow(size_t count);
    void follow_partition(size_t index, const TopicState& topic, const MetadataImagePtr& image);

    const RuntimeParts parts_;
    Published<const Shards> shards_;
    /// By partition: the epoch it is led in; none if it isn't. Of the follower's thread alone.
    std::vector<LeaderEpoch> led_in_;
    Uuid topic_id_;
    MetadataImagePtr topic_in_;       ///< the newest image
    bool misses_partitions_ = false;  ///< led here by the image, but not there yet
};

}  // namespace milena
