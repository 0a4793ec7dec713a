// SPDX-License-Identifier: Apache-2.0
#include "cluster/directory_control.h"

#include <algorithm>

#include "cluster/record_versions.h"
#include "protocol/messages/broker_registration_change_record.h"

namespace milena {
namespace {

bool knows_directories(const ImageState& state) {
    return state.metadata_version() >= kMetadataVersionDirectories;
}

const PartitionState* find_partition(const ImageState& state, const TopicPartition& id) {
    const TopicState* topic = state.topic(id.topic_id);
    if (!topic || static_cast<size_t>(id.partition) >= topic->partitions.size()) return nullptr;
    return &topic->partitions[static_cast<size_t>(id.partition)];
}

void add_assignment(RecordList& records, const ImageState& state, int32_t node,
                    const TopicPartition& id, const Uuid& directory) {
    const PartitionState* partition = find_partition(state, id);
    if (!partition) return;
    auto directories = corrected_directories(*partition, node, directory);
    if (!directories) return;
    protocol::PartitionChangeRecord change;
    change.topic_id = id.topic_id;
    change.partition_id = id.partition;
    change.directories = std::move(*directories);
    records.add(change, partition_record_version(state.metadata_version()));
}

template <class Visit>
void for_each_partition(const TopicState& topic, const Visit& visit) {
    for (size_t i = 0; i < topic.partitions.size(); ++i)
        visit(TopicPartition{topic.id, static_cast<int32_t>(i)}, topic.partitions[i]);
}

}  // namespace

std::optional<std::vector<Uuid>> corrected_directories(const PartitionState& partition,
                                                       int32_t node, const Uuid& directory) {
    std::vector<Uuid> directories = partition.directories;
    for (size_t i = 0; i < partition.replicas.size() && i < directories.size(); ++i)
        if (partition.replicas[i] == node) directories[i] = directory;
    return directories == partition.directories ? std::nullopt
                                                : std::optional(std::move(directories));
}

RecordList assignment_records(const ImageState& state, int32_t node, const std::set<Uuid>& topics,
                              const LogManager& logs) {
    RecordList records;
    if (!knows_directories(state)) return records;
    for (const Uuid& id : topics) {
        const TopicState* topic = state.topic(id);
        if (!topic) continue;
        for_each_partition(*topic, [&](const TopicPartition& partition, const PartitionState&) {
            if (const auto directory = logs.directory_of(topic->name, partition.partition))
                add_assignment(records, state, node, partition, *directory);
        });
    }
    return records;
}

RecordList assignment_record(const ImageState& state, int32_t node, const TopicPartition& id,
                             const Uuid& directory) {
    RecordList records;
    if (knows_directories(state)) add_assignment(records, state, node, id, directory);
    return records;
}

bool is_in_lost_directory(const PartitionState& partition, int32_t node,
                          const std::vector<Uuid>& online) {
    const Uuid* directory = partition.directory_on(node);
    if (!directory || *directory == kMigratingDirectory || *directory == kUnassignedDirectory)
        return false;
    return std::ranges::find(online, *directory) == online.end();
}

protocol::PartitionChangeRecord leaderless(const ImageState& state, const TopicPartition& id,
                                           int32_t node) {
    const PartitionState& partition = *find_partition(state, id);
    protocol::PartitionChangeRecord change;
    change.topic_id = id.topic_id;
    change.partition_id = id.partition;
    change.leader = -1;
    const bool in_sync = std::ranges::find(partition.isr, node) != partition.isr.end();
    if (state.feature("eligible.leader.replicas.version") < 1 || !in_sync) return change;
    change.isr = partition.isr;
    std::erase(*change.isr, node);
    change.eligible_leader_replicas = std::vector{node};
    change.last_known_elr = std::vector{node};
    return change;
}

RecordList lost_directory_records(const ImageState& state, int32_t node, const Uuid& lost,
                                  const std::vector<Uuid>& online, const LogManager& logs) {
    RecordList records;
    if (!knows_directories(state)) return records;
    const int16_t version = partition_record_version(state.metadata_version());
    state.visit_topics("", [&](const TopicState& topic) {
        for_each_partition(topic, [&](const TopicPartition& id, const PartitionState& partition) {
            const Uuid* directory = partition.directory_on(node);
            if (!directory || *directory != lost) return;
            // It was about to be moved there.
            if (const auto actual = logs.directory_of(topic.name, id.partition))
                add_assignment(records, state, node, id, *actual);
            else if (partition.leader == node)
                records.add(leaderless(state, id, node), version);
        });
        return true;
    });
    protocol::BrokerRegistrationChangeRecord change;
    change.broker_id = node;
    change.broker_epoch = state.brokers().at(node).epoch;
    change.log_dirs = online;
    records.add(change, 2);
    return records;
}

RecordList cordon_records(const ImageState& state, int32_t node,
                          const std::vector<Uuid>& directories) {
    RecordList records;
    const BrokerState& broker = state.brokers().at(node);
    if (state.metadata_version() < kMetadataVersionCordonedDirectories ||
        broker.cordoned_directories == directories)
        return records;
    protocol::BrokerRegistrationChangeRecord change;
    change.broker_id = node;
    change.broker_epoch = broker.epoch;
    change.cordoned_log_dirs = directories;
    records.add(change, 3);
    return records;
}

}  // namespace milena
