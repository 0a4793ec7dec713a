// SPDX-License-Identifier: Apache-2.0
#include "cluster/replay_topics.h"

#include "storage/directory_files.h"

namespace milena {
namespace {

constexpr int32_t kLeaderUnchanged = -2;
constexpr int8_t kRecoveryUnchanged = -1;

void clear_in_topic(ImageState& image, const Uuid& topic_id) {
    const size_t count = image.topic(topic_id)->partitions.size();
    for (size_t index = 0; index < count; ++index) {
        const PartitionState& partition = image.topic(topic_id)->partitions[index];
        if (partition.elr.empty() && partition.last_known_elr.empty()) continue;
        PartitionState& changed = *image.mutable_partition(topic_id, static_cast<int32_t>(index));
        changed.elr.clear();
        changed.last_known_elr.clear();
        ++changed.partition_epoch;
    }
}

std::optional<std::vector<int32_t>> null_if_empty(const std::vector<int32_t>& list) {
    return list.empty() ? std::nullopt : std::optional(list);
}

}  // namespace

PartitionState to_partition_state(const protocol::PartitionRecord& record) {
    PartitionState state;
    state.replicas = record.replicas;
    state.directories = record.directories;
    state.directories.resize(state.replicas.size(), kMigratingDirectory);
    state.isr = record.isr;
    state.removing_replicas = record.removing_replicas;
    state.adding_replicas = record.adding_replicas;
    state.elr = record.eligible_leader_replicas.value_or(std::vector<int32_t>());
    state.last_known_elr = record.last_known_elr.value_or(std::vector<int32_t>());
    state.leader = record.leader;
    state.leader_epoch = record.leader_epoch;
    state.partition_epoch = record.partition_epoch;
    state.leader_recovery_state = record.leader_recovery_state;
    return state;
}

protocol::PartitionRecord to_partition_record(const Uuid& topic, int32_t index,
                                              const PartitionState& state) {
    protocol::PartitionRecord record;
    record.partition_id = index;
    record.topic_id = topic;
    record.replicas = state.replicas;
    record.isr = state.isr;
    record.removing_replicas = state.removing_replicas;
    record.adding_replicas = state.adding_replicas;
    record.leader = state.leader;
    record.leader_recovery_state = state.leader_recovery_state;
    record.leader_epoch = state.leader_epoch;
    record.partition_epoch = state.partition_epoch;
    record.directories = state.directories;
    record.eligible_leader_replicas = null_if_empty(state.elr);
    record.last_known_elr = null_if_empty(state.last_known_elr);
    return record;
}

void merge(PartitionState& state, const protocol::PartitionChangeRecord& change) {
    if (change.replicas) {
        state.replicas = *change.replicas;
        state.directories.resize(state.replicas.size(), kMigratingDirectory);
    }
    if (change.directories) {
        state.directories = *change.directories;
        state.directories.resize(state.replicas.size(), kMigratingDirectory);
    }
    if (change.isr) state.isr = *change.isr;
    if (change.removing_replicas) state.removing_replicas = *change.removing_replicas;
    if (change.adding_replicas) state.adding_replicas = *change.adding_replicas;
    if (change.eligible_leader_replicas) state.elr = *change.eligible_leader_replicas;
    if (change.last_known_elr) state.last_known_elr = *change.last_known_elr;
    if (change.leader_recovery_state != kRecoveryUnchanged)
        state.leader_recovery_state = change.leader_recovery_state;
    if (change.leader != kLeaderUnchanged) {
        state.leader = change.leader;
        ++state.leader_epoch;
    }
    ++state.partition_epoch;
}

void clear_eligible_replicas(ImageState& image, const protocol::ClearElrRecord& record) {
    if (!record.topic_name.empty()) {
        if (const TopicState* topic = image.topic(record.topic_name))
            clear_in_topic(image, Uuid(topic->id));
        return;
    }
    std::vector<Uuid> all;
    image.visit_topics("", [&](const TopicState& topic) {
        all.push_back(topic.id);
        return true;
    });
    for (const Uuid& topic : all) clear_in_topic(image, topic);
}

}  // namespace milena
