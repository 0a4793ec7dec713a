// SPDX-License-Identifier: Apache-2.0
// Changes cluster state: request -> metadata records -> log -> image. One event queue; nothing else
// writes metadata.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/strings.h"
#include "cluster/metadata_image.h"

namespace milena {

namespace protocol {
struct CreateTopicsRequest;
struct CreateTopicsResponse;
struct DeleteTopicsRequest;
struct DeleteTopicsResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
struct AlterConfigsRequest;
struct AlterConfigsResponse;
struct IncrementalAlterConfigsRequest;
struct IncrementalAlterConfigsResponse;
struct UpdateFeaturesRequest;
struct UpdateFeaturesResponse;
struct ElectLeadersRequest;
struct ElectLeadersResponse;
struct AlterPartitionReassignmentsRequest;
struct AlterPartitionReassignmentsResponse;
struct ListPartitionReassignmentsRequest;
struct ListPartitionReassignmentsResponse;
struct DescribeQuorumRequest;
struct DescribeQuorumResponse;
}  // namespace protocol

/// What the controller asks of the settings registry, which lives to its right.
class ConfigRules {
  public:
    virtual ~ConfigRules() = default;
    /// Whether `value` may be set for `key` on such a resource; `all` is the resource's whole
    /// configuration after the change (for checks across keys). INVALID_CONFIG or INVALID_REQUEST,
    /// with a text that names key, value and valid values.
    virtual Result<void> check(const ConfigResource& resource, const ConfigMap& all) const = 0;
    /// Type LIST: the only ones that APPEND and SUBTRACT work on.
    virtual bool is_list(ConfigResourceType type, std::string_view key) const = 0;
    /// Value that holds where the resource sets nothing (for APPEND, SUBTRACT and the configs in
    /// CreateTopics answers).
    virtual std::optional<std::string> default_value(ConfigResourceType type,
                                                     std::string_view key) const = 0;

    /// A row of the config list in CreateTopicsResponse (v5+).
    struct EffectiveConfig {
        std::string name;
        std::optional<std::string> value;
        bool read_only = false;
        int8_t source = -1;
        bool sensitive = false;
    };
    virtual std::vector<EffectiveConfig> effective_topic_configs(
        const MetadataImage& image, const ConfigMap& overrides) const = 0;
};

/// `done` runs exactly once, on the controller's executor, after the change is committed AND this
/// node has applied it (logs made, image published). `request` and `strings` must live until then;
/// strings of the answer are owned by `strings`. Per-item failures are in the answer, with Kafka's
/// codes and a message.
class Controller {
  public:
    /// Producer ids that allocate_producer_ids() gives at a time.
    static constexpr int64_t kProducerIdBlock = 1000;

    virtual ~Controller() = default;

    template <class Response>
    using Done = std::function<void(const Response&)>;

    virtual void create_topics(int16_t version, const protocol::CreateTopicsRequest& request,
                               StringArena& strings, Done<protocol::CreateTopicsResponse> done) = 0;
    virtual void delete_topics(int16_t version, const protocol::DeleteTopicsRequest& request,
                               StringArena& strings, Done<protocol::DeleteTopicsResponse> done) = 0;
    virtual void create_partitions(const protocol::CreatePartitionsRequest& request,
                                   StringArena& strings,
                                   Done<protocol::CreatePartitionsResponse> done) = 0;
    virtual void alter_configs(const protocol::AlterConfigsRequest& request, StringArena& strings,
                               Done<protocol::AlterConfigsResponse> done) = 0;
    virtual void incremental_alter_configs(
        const protocol::IncrementalAlterConfigsRequest& request, StringArena& strings,
        Done<protocol::IncrementalAlterConfigsResponse> done) = 0;
    virtual void update_features(int16_t version, const protocol::UpdateFeaturesRequest& request,
                                 StringArena& strings,
                                 Done<protocol::UpdateFeaturesResponse> done) = 0;
    virtual void elect_leaders(const protocol::ElectLeadersRequest& request, StringArena& strings,
                               Done<protocol::ElectLeadersResponse> done) = 0;
    virtual void alter_reassignments(const protocol::AlterPartitionReassignmentsRequest& request,
                                     StringArena& strings,
                                     Done<protocol::AlterPartitionReassignmentsResponse> done) = 0;
    virtual void list_reassignments(const protocol::ListPartitionReassignmentsRequest& request,
                                    StringArena& strings,
                                    Done<protocol::ListPartitionReassignmentsResponse> done) = 0;
    virtual void describe_quorum(int16_t version, const protocol::DescribeQuorumRequest& request,
                                 StringArena& strings,
                                 Done<protocol::DescribeQuorumResponse> done) = 0;

    /// The first id of a fresh block of kProducerIdBlock.
    virtual void allocate_producer_ids(std::function<void(Result<int64_t>)> done) = 0;
};

}  // namespace milena
