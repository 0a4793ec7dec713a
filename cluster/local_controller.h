// SPDX-License-Identifier: Apache-2.0
// The active controller of a quorum of one: a single event queue over the metadata store.
#pragma once

#include "cluster/commit_queue.h"
#include "cluster/control_context.h"

namespace milena {

/// Any thread may call; everything runs on the executor. Outlives its callers.
class LocalController final : public Controller {
  public:
    LocalController(MetadataStore& store, std::shared_ptr<CommitQueue> commits,
                    const ControllerOptions& options, const ConfigRules& rules, Executor& executor,
                    const Clock& clock)
        : store_(store),
          commits_(std::move(commits)),
          options_(options),
          rules_(rules),
          executor_(executor),
          clock_(clock) {}

    void create_topics(int16_t version, const protocol::CreateTopicsRequest& request,
                       StringArena& strings, Done<protocol::CreateTopicsResponse> done) override;
    void delete_topics(int16_t version, const protocol::DeleteTopicsRequest& request,
                       StringArena& strings, Done<protocol::DeleteTopicsResponse> done) override;
    void create_partitions(const protocol::CreatePartitionsRequest& request, StringArena& strings,
                           Done<protocol::CreatePartitionsResponse> done) override;
    void alter_configs(const protocol::AlterConfigsRequest& request, StringArena& strings,
                       Done<protocol::AlterConfigsResponse> done) override;
    void incremental_alter_configs(const protocol::IncrementalAlterConfigsRequest& request,
                                   StringArena& strings,
                                   Done<protocol::IncrementalAlterConfigsResponse> done) override;
    void update_features(int16_t version, const protocol::UpdateFeaturesRequest& request,
                         StringArena& strings,
                         Done<protocol::UpdateFeaturesResponse> done) override;
    void elect_leaders(const protocol::ElectLeadersRequest& request, StringArena& strings,
                       Done<protocol::ElectLeadersResponse> done) override;
    void alter_reassignments(const protocol::AlterPartitionReassignmentsRequest& request,
                             StringArena& strings,
                             Done<protocol::AlterPartitionReassignmentsResponse> done) override;
    void list_reassignments(const protocol::ListPartitionReassignmentsRequest& request,
                            StringArena& strings,
                            Done<protocol::ListPartitionReassignmentsResponse> done) override;
    void describe_quorum(int16_t version, const protocol::DescribeQuorumRequest& request,
                         StringArena& strings,
                         Done<protocol::DescribeQuorumResponse> done) override;
    void allocate_producer_ids(std::function<void(Result<int64_t>)> done) override;

  private:
    /// Queues `decide(context)`, commits what it writes and answers what it returns.
    template <class Response, class Decide>
    void submit(StringArena& strings, Done<Response> done, Decide decide);

    MetadataStore& store_;
    const std::shared_ptr<CommitQueue> commits_;
    const ControllerOptions& options_;
    const ConfigRules& rules_;
    Executor& executor_;
    const Clock& clock_;
};

}  // namespace milena
