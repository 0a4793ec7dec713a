// SPDX-License-Identifier: Apache-2.0
// The cluster's state at one offset of the metadata log: immutable, shared by all threads, replaced
// whole.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace milena {

struct PartitionState {
    std::vector<int32_t> replicas;
    std::vector<Uuid> directories;  ///< one a replica
    std::vector<int32_t> isr;
    std::vector<int32_t> removing_replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> elr;
    std::vector<int32_t> last_known_elr;
    int32_t leader = -1;
    int32_t leader_epoch = 0;
    int32_t partition_epoch = 0;
    int8_t leader_recovery_state = 0;

    bool operator==(const PartitionState&) const = default;
    /// Log directory of the replica on `node`; null if it has none.
    const Uuid* directory_on(int32_t node) const {
        for (size_t i = 0; i < replicas.size() && i < directories.size(); ++i)
            if (replicas[i] == node) return &directories[i];
        return nullptr;
    }
};

struct TopicState {
    std::string name;
    Uuid id;
    std::vector<PartitionState> partitions;  ///< by index

    bool operator==(const TopicState&) const = default;
};

struct BrokerEndpoint {
    std::string listener;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
    bool operator==(const BrokerEndpoint&) const = default;
};

struct FeatureRange {
    int16_t min = 0;
    int16_t max = 0;
    bool operator==(const FeatureRange&) const = default;
};

struct BrokerState {
    int32_t id = -1;
    int64_t epoch = -1;
    Uuid incarnation_id;
    std::vector<BrokerEndpoint> endpoints;
    std::map<std::string, FeatureRange> features;
    std::optional<std::string> rack;
    bool fenced = true;
    bool in_controlled_shutdown = false;
    std::vector<Uuid> log_directories;
    std::vector<Uuid> cordoned_directories;
    bool operator==(const BrokerState&) const = default;
};

/// Kafka's numbers of config resources (ConfigResource.Type).
enum class ConfigResourceType : int8_t {
    kUnknown = 0,
    kTopic = 2,
    kBroker = 4,
    kBrokerLogger = 8,
    kClientMetrics = 16,
    kGroup = 32,
};

struct ConfigResource {
    ConfigResourceType type = ConfigResourceType::kUnknown;
    std::string name;  ///< "" with kBroker: the default of all brokers
    auto operator<=>(const ConfigResource&) const = default;
};
using ConfigMap = std::map<std::string, std::string, std::less<>>;

/// Read-only view; copies share structure. Look-ups are O(1), iteration is by name.
class MetadataImage {
  public:
    virtual ~MetadataImage() = default;

    virtual const std::string& cluster_id() const = 0;
    /// Last applied record.
    virtual Offset offset() const = 0;
    virtual int32_t epoch() const = 0;
    virtual int32_t controller_id() const = 0;

    /// Null if there is no such topic. Lives as long as the image.
    virtual const TopicState* topic(std::string_view name) const = 0;
    virtual const TopicState* topic(const Uuid& id) const = 0;
    virtual size_t topic_count() const = 0;
    /// How often a topic was deleted: between images with the same number none was.
    virtual int64_t deletion_count() const = 0;
    /// In the order of names, from the first >= `from`; stops when `visit` returns false.
    virtual void visit_topics(std::string_view from,
                              const std::function<bool(const TopicState&)>& visit) const = 0;

    virtual const std::map<int32_t, BrokerState>& brokers() const = 0;
    /// Null if nothing is set on it.
    virtual const ConfigMap* configs(const ConfigResource& resource) const = 0;
    virtual const std::map<ConfigResource, ConfigMap>& all_configs() const = 0;
    /// Finalised levels by name, without those at 0; metadata.version included, kraft.version not.
    virtual const std::map<std::string, int16_t, std::less<>>& features() const = 0;
    virtual int64_t next_producer_id() const = 0;
};

using MetadataImagePtr = std::shared_ptr<const MetadataImage>;

}  // namespace milena
