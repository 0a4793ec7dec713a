// SPDX-License-Identifier: Apache-2.0
// The metadata image as it is built: the controller's copy changes with every record, the published
// ones never.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "cluster/metadata_image.h"
#include "cluster/shared_map.h"
#include "cluster/shared_names.h"

namespace milena {

struct ConfigResourceHash {
    size_t operator()(const ConfigResource& resource) const {
        return TextHash()(resource.name) ^
               (static_cast<size_t>(resource.type) * 0x9E3779B97F4A7C15u);
    }
};

/// Records that nothing here interprets yet (ACLs, quotas, credentials, tokens, controllers), by
/// api key and what identifies them: kept so that a snapshot loses nothing.
using RetainedRecords = std::map<std::pair<int16_t, std::string>, Bytes>;

/// A value that copies share until one of them changes it.
template <class T>
class Shared {
  public:
    const T& get() const { return *value_; }
    T& change(EditId edit) {
        if (edit_ != edit) value_ = std::make_shared<T>(*value_);
        edit_ = edit;
        return *value_;
    }

  private:
    std::shared_ptr<T> value_ = std::make_shared<T>();
    EditId edit_ = 0;
};

/// What a run of records touched: what a node must look at to follow them.
struct ImageChanges {
    struct Removed {
        std::string name;
        Uuid id;
        int32_t partitions;
    };
    std::vector<Removed> removed;
    std::set<Uuid> topics;  ///< new or changed; may be gone again
    std::set<ConfigResource> configs;
};

/// One writer, no lock; publish() hands out copies for everybody.
class ImageState final : public MetadataImage {
  public:
    explicit ImageState(std::string cluster_id, int32_t controller_id);

    const std::string& cluster_id() const override { return *cluster_id_; }
    Offset offset() const override { return offset_; }
    int32_t epoch() const override { return epoch_; }
    int32_t controller_id() const override { return controller_id_; }
    const TopicState* topic(std::string_view name) const override;
    const TopicState* topic(const Uuid& id) const override;
    size_t topic_count() const override { return ids_.size(); }
    int64_t deletion_count() const override { return deletion_count_; }
    void visit_topics(std::string_view from,
                      const std::function<bool(const TopicState&)>& visit) const override;
    const std::map<int32_t, BrokerState>& brokers() const override { return brokers_.get(); }
    const ConfigMap* configs(const ConfigResource& resource) const override;
    const std::map<ConfigResource, ConfigMap>& all_configs() const override;
    const std::map<std::string, int16_t, std::less<>>& features() const override {
        return features_.get();
    }
    int64_t next_producer_id() const override { return next_producer_id_; }

    /// Level of a feature, 0 if not finalised.
    int16_t feature(std::string_view name) const;
    int16_t metadata_version() const { return feature("metadata.version"); }
    /// A topic whose name equals `name` if '.' and '_' are the same.
    std::optional<std::string> colliding_topic(std::string_view name) const;
    const RetainedRecords& retained() const { return retained_.get(); }
    int64_t partition_count() const { return partition_count_; }

    /// An immutable copy of what is here now.
    std::shared_ptr<const ImageState> publish();

    /// What was touched since the last call.
    ImageChanges take_changes() { return std::exchange(changes_, {}); }

    void set_position(Offset offset, int32_t epoch) {
        offset_ = offset;
        epoch_ = epoch;
    }
    /// Takes the place of a topic of the same name, if there is one.
    void add_topic(std::string name, const Uuid& id);
    void remove_topic(const Uuid& id);
    /// Grows the topic as needed.
    void set_partition(const Uuid& topic, int32_t index, PartitionState state);
    /// Null if there is no such partition.
    PartitionState* mutable_partition(const Uuid& topic, int32_t index);
    void set_broker(BrokerState broker);
    BrokerState* mutable_broker(int32_t id);
    void remove_broker(int32_t id);
    /// No value: removes the key.
    void set_config(const ConfigResource& resource, std::string_view key,
                    std::optional<std::string_view> value);
    /// Level 0 removes it.
    void set_feature(std::string_view name, int16_t level);
    void set_next_producer_id(int64_t id) { next_producer_id_ = id; }
    /// No bytes: forgets it.
    void retain(int16_t api_key, std::string key, std::optional<Bytes> record);

  private:
    struct TopicNode {
        EditId edit;
        TopicState state;
    };
    struct SortedConfigs;

    TopicState* mutable_topic(const Uuid& id);

    std::shared_ptr<const std::string> cluster_id_;
    int32_t controller_id_;
    Offset offset_{-1};
    int32_t epoch_ = 0;
    EditId edit_ = 1;
    int64_t partition_count_ = 0;
    int64_t deletion_count_ = 0;
    int64_t next_producer_id_ = 0;

    SharedMap<Uuid, std::shared_ptr<TopicNode>> topics_;
    SharedMap<std::string, Uuid, TextHash> ids_;
    SharedNames names_;
    /// Names that hold '.' or '_', by the name with '_' for both.
    SharedMap<std::string, std::vector<std::string>, TextHash> unified_names_;
    SharedMap<ConfigResource, std::shared_ptr<const ConfigMap>, ConfigResourceHash> configs_;
    Shared<std::map<int32_t, BrokerState>> brokers_;
    Shared<std::map<std::string, int16_t, std::less<>>> features_;
    Shared<RetainedRecords> retained_;
    std::shared_ptr<SortedConfigs> sorted_configs_;
    ImageChanges changes_;
};

}  // namespace milena
