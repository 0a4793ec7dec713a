// SPDX-License-Identifier: Apache-2.0
#include "cluster/assignment.h"

#include <algorithm>

#include "storage/directory_files.h"

namespace milena {
namespace {

Error invalid_assignment(std::string message) {
    return Error(ErrorCode::INVALID_REPLICA_ASSIGNMENT, std::move(message));
}

/// A broker of one directory has no choice, so the controller decides.
Uuid directory_on(const ImageState& state, int32_t broker) {
    const auto& directories = state.brokers().at(broker).log_directories;
    return directories.size() == 1 ? directories.front() : kUnassignedDirectory;
}

bool has_open_directory(const BrokerState& broker) {
    return broker.log_directories.empty() ||
           broker.cordoned_directories.size() < broker.log_directories.size();
}

}  // namespace

bool is_active(const ImageState& state, int32_t broker) {
    const auto found = state.brokers().find(broker);
    return found != state.brokers().end() && !found->second.fenced &&
           !found->second.in_controlled_shutdown;
}

PartitionState new_partition(const ImageState& state, std::span<const int32_t> replicas) {
    PartitionState partition;
    for (const int32_t broker : replicas) {
        partition.replicas.push_back(broker);
        partition.directories.push_back(directory_on(state, broker));
        if (is_active(state, broker)) partition.isr.push_back(broker);
    }
    partition.leader = partition.isr.front();
    return partition;
}

Result<std::vector<int32_t>> place_replicas(const ImageState& state, int32_t partition,
                                            int16_t replication_factor) {
    std::vector<int32_t> usable;
    size_t registered = 0;
    for (const auto& [id, broker] : state.brokers()) {
        if (!has_open_directory(broker)) continue;
        ++registered;
        if (is_active(state, id)) usable.push_back(id);
    }
    const auto wanted = static_cast<size_t>(replication_factor);
    const std::string prefix =
        "Cannot place " + std::to_string(replication_factor) + " replica(s) of a partition: ";
    if (usable.empty())
        return Error(ErrorCode::INVALID_REPLICATION_FACTOR,
                     prefix +
                         "every broker is fenced, shutting down, or has only cordoned "
                         "log directories.");
    if (wanted > registered)
        return Error(ErrorCode::INVALID_REPLICATION_FACTOR,
                     prefix + "only " + std::to_string(registered) +
                         " broker(s) are registered and have a log directory that is not "
                         "cordoned.");
    std::rotate(
        usable.begin(),
        usable.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(partition) % usable.size()),
        usable.end());
    for (const auto& [id, broker] : state.brokers())
        if (has_open_directory(broker) && !is_active(state, id)) usable.push_back(id);
    usable.resize(wanted);
    return usable;
}

Result<void> check_manual_assignment(const ImageState& state, std::span<const int32_t> replicas,
                                     std::optional<size_t> replication_factor) {
    if (replicas.empty()) return invalid_assignment("An assigned list of replicas is empty.");
    std::vector<int32_t> sorted(replicas.begin(), replicas.end());
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); ++i) {
        const std::string name = "broker " + std::to_string(sorted[i]);
        const auto broker = state.brokers().find(sorted[i]);
        if (broker == state.brokers().end())
            return invalid_assignment("The assignment names " + name +
                                      ", which is not registered.");
        if (!has_open_directory(broker->second))
            return invalid_assignment("The assignment names " + name +
                                      ", whose log directories are all cordoned.");
        if (i > 0 && sorted[i] == sorted[i - 1])
            return invalid_assignment("The assignment names " + name + " more than once.");
    }
    if (replication_factor && replicas.size() != *replication_factor)
        return invalid_assignment("The assignment has a partition with " +
                                  std::to_string(replicas.size()) +
                                  " replica(s), where the other partitions have " +
                                  std::to_string(*replication_factor) + ".");
    return {};
}

Result<void> check_can_lead(const ImageState& state, std::span<const int32_t> replicas,
                            int32_t partition) {
    if (std::any_of(replicas.begin(), replicas.end(),
                    [&](int32_t broker) { return is_active(state, broker); }))
        return {};
    return invalid_assignment("No broker assigned to partition " + std::to_string(partition) +
                              " can lead it: all are fenced or shutting down.");
}

}  // namespace milena
