// SPDX-License-Identifier: Apache-2.0
#include "cluster/image_state.h"

#include <algorithm>
#include <mutex>

namespace milena {

/// all_configs(), made when first asked for.
struct ImageState::SortedConfigs {
    std::once_flag once;
    std::map<ConfigResource, ConfigMap> map;
};

namespace {

bool can_collide(std::string_view name) {
    return name.find_first_of("._") != std::string_view::npos;
}

std::string unified(std::string_view name) {
    std::string result(name);
    std::replace(result.begin(), result.end(), '.', '_');
    return result;
}

}  // namespace

ImageState::ImageState(std::string cluster_id, int32_t controller_id)
    : cluster_id_(std::make_shared<const std::string>(std::move(cluster_id))),
      controller_id_(controller_id),
      sorted_configs_(std::make_shared<SortedConfigs>()) {}

const TopicState* ImageState::topic(std::string_view name) const {
    const Uuid* id = ids_.find(name);
    return id ? topic(*id) : nullptr;
}

const TopicState* ImageState::topic(const Uuid& id) const {
    const auto* node = topics_.find(id);
    return node ? &(*node)->state : nullptr;
}

void ImageState::visit_topics(std::string_view from,
                              const std::function<bool(const TopicState&)>& visit) const {
    names_.visit(from, [&](const std::string& name) { return visit(*topic(name)); });
}

const ConfigMap* ImageState::configs(const ConfigResource& resource) const {
    const auto* configs = configs_.find(resource);
    return configs ? configs->get() : nullptr;
}

const std::map<ConfigResource, ConfigMap>& ImageState::all_configs() const {
    std::call_once(sorted_configs_->once, [this] {
        configs_.for_each([this](const ConfigResource& resource, const auto& configs) {
            sorted_configs_->map.emplace(resource, *configs);
        });
    });
    return sorted_configs_->map;
}

int16_t ImageState::feature(std::string_view name) const {
    const auto found = features_.get().find(name);
    return found == features_.get().end() ? int16_t{0} : found->second;
}

std::optional<std::string> ImageState::colliding_topic(std::string_view name) const {
    if (!can_collide(name)) return std::nullopt;
    const auto* same = unified_names_.find(unified(name));
    return same ? std::optional(same->front()) : std::nullopt;
}

std::shared_ptr<const ImageState> ImageState::publish() {
    auto copy = std::make_shared<ImageState>(*this);
    copy->changes_ = {};
    copy->sorted_configs_ = std::make_shared<SortedConfigs>();
    ++edit_;
    topics_.freeze();
    ids_.freeze();
    names_.freeze();
    unified_names_.freeze();
    configs_.freeze();
    return copy;
}

void ImageState::add_topic(std::string name, const Uuid& id) {
    if (const Uuid* old = ids_.find(name)) remove_topic(Uuid(*old));
    names_.insert(name);
    if (can_collide(name)) {
        const std::string key = unified(name);
        if (auto* same = unified_names_.find_mutable(key))
            same->push_back(name);
        else
            unified_names_.set(key, {name});
    }
    ids_.set(name, id);
    changes_.topics.insert(id);
    topics_.set(id, std::make_shared<TopicNode>(TopicNode{edit_, {std::move(name), id, {}}}));
}

void ImageState::remove_topic(const Uuid& id) {
    const TopicState* state = topic(id);
    if (!state) return;
    const std::string name = state->name;
    changes_.removed.push_back({name, id, static_cast<int32_t>(state->partitions.size())});
    ++deletion_count_;
    partition_count_ -= static_cast<int64_t>(state->partitions.size());
    configs_.erase(ConfigResource{ConfigResourceType::kTopic, name});
    names_.erase(name);
    if (can_collide(name)) {
        const std::string key = unified(name);
        auto& same = *unified_names_.find_mutable(key);
        std::erase(same, name);
        if (same.empty()) unified_names_.erase(key);
    }
    ids_.erase(name);
    topics_.erase(id);
}

TopicState* ImageState::mutable_topic(const Uuid& id) {
    auto* node = topics_.find_mutable(id);
    if (!node) return nullptr;
    if ((*node)->edit != edit_)
        *node = std::make_shared<TopicNode>(TopicNode{edit_, (*node)->state});
    changes_.topics.insert(id);
    return &(*node)->state;
}

void ImageState::set_partition(const Uuid& id, int32_t index, PartitionState state) {
    TopicState* topic = mutable_topic(id);
    if (!topic || index < 0) return;
    const size_t needed = static_cast<size_t>(index) + 1;
    if (topic->partitions.size() < needed) {
        partition_count_ += static_cast<int64_t>(needed - topic->partitions.size());
        topic->partitions.resize(needed);
    }
    topic->partitions[static_cast<size_t>(index)] = std::move(state);
}

PartitionState* ImageState::mutable_partition(const Uuid& id, int32_t index) {
    const TopicState* existing = topic(id);
    if (!existing || index < 0 || static_cast<size_t>(index) >= existing->partitions.size())
        return nullptr;
    return &mutable_topic(id)->partitions[static_cast<size_t>(index)];
}

void ImageState::set_broker(BrokerState broker) {
    const int32_t id = broker.id;
    brokers_.change(edit_)[id] = std::move(broker);
}

BrokerState* ImageState::mutable_broker(int32_t id) {
    return brokers_.get().contains(id) ? &brokers_.change(edit_).at(id) : nullptr;
}

void ImageState::remove_broker(int32_t id) { brokers_.change(edit_).erase(id); }

void ImageState::set_config(const ConfigResource& resource, std::string_view key,
                            std::optional<std::string_view> value) {
    changes_.configs.insert(resource);
    const auto* current = configs_.find(resource);
    auto changed = current ? std::make_shared<ConfigMap>(**current) : std::make_shared<ConfigMap>();
    if (value)
        changed->insert_or_assign(std::string(key), std::string(*value));
    else if (const auto found = changed->find(key); found != changed->end())
        changed->erase(found);
    if (changed->empty())
        configs_.erase(resource);
    else
        configs_.set(resource, std::move(changed));
}

void ImageState::set_feature(std::string_view name, int16_t level) {
    auto& features = features_.change(edit_);
    if (level == 0)
        features.erase(std::string(name));
    else
        features[std::string(name)] = level;
}

void ImageState::retain(int16_t api_key, std::string key, std::optional<Bytes> record) {
    auto& retained = retained_.change(edit_);
    if (record)
        retained[{api_key, std::move(key)}] = std::move(*record);
    else
        retained.erase({api_key, std::move(key)});
}

}  // namespace milena
