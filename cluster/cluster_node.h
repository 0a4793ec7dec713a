// SPDX-License-Identifier: Apache-2.0
// One node's part in the cluster, wired: metadata log, image, controller, partitions.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "base/published.h"
#include "cluster/commit_queue.h"
#include "cluster/control_context.h"
#include "cluster/local_controller.h"
#include "cluster/metadata_store.h"
#include "cluster/partition_registry.h"

namespace milena {

struct ClusterNodeOptions {
    MetadataStoreOptions metadata;
    /// node_id is taken from `metadata`; log_directories from the log manager.
    ControllerOptions controller;
};

/// What the node stands on. All of it outlives the node.
struct ClusterNodeParts {
    FileSystem& files;
    const Clock& clock;
    /// The controller's event queue.
    Executor& executor;
    BlockingPool& pool;
    LogManager& logs;
    const ConfigRules& rules;
    LogConfigOf log_config;
};

class ClusterNode {
  public:
    ~ClusterNode() { parts_.logs.on_log_moving(nullptr); }

    /// Loads (or formats) the metadata, loads the logs, registers this broker under a new epoch and
    /// leads its partitions. Blocks; nothing may run on the executor for this node before it
    /// returns.
    static Result<std::unique_ptr<ClusterNode>> open(ClusterNodeOptions options,
                                                     ClusterNodeParts parts);

    /// Any thread. Never null.
    MetadataImagePtr image() const { return image_.load(); }
    Controller& controller() { return *controller_; }
    PartitionTable& partitions() { return registry_; }
    int64_t broker_epoch() const { return broker_epoch_; }

    /// `listener` runs on the executor after each image was published (for settings that records
    /// change). To be set before the first request.
    void on_publish(std::function<void(const MetadataImagePtr&)> listener) {
        listener_ = std::move(listener);
    }

    /// The partitions in this log directory lose their leader. Any thread.
    void lose_directory(const Uuid& directory);

    /// The log directories that get no new replicas. Any thread.
    void set_cordoned(std::vector<Uuid> directories);

    /// Finishes what is under way, fails what comes later, then calls `then` on the executor. The
    /// node may be destroyed after that, once the executor is idle.
    void shut_down(std::function<void()> then);

  private:
    ClusterNode(ClusterNodeOptions options, ClusterNodeParts parts,
                std::unique_ptr<MetadataStore> store);

    Result<void> start();
    Result<void> become_controller();
    void announce_log(const TopicPartition& id, const Uuid& directory,
                      std::function<void(Result<void>)> told);
    /// Records where the new logs of these topics are, once they are made.
    void tell_directories(const std::set<Uuid>& topics);
    void publish(std::shared_ptr<const ImageState> image);

    const ClusterNodeParts parts_;
    ControllerOptions options_;  // constant once the node has started
    std::unique_ptr<MetadataStore> store_;
    PartitionRegistry registry_;
    std::shared_ptr<CommitQueue> commits_;
    std::unique_ptr<LocalController> controller_;
    Published<const MetadataImage> image_;
    std::function<void(const MetadataImagePtr&)> listener_;
    int64_t broker_epoch_ = -1;
};

}  // namespace milena
