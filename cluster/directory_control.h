// SPDX-License-Identifier: Apache-2.0
// Which log directory holds a replica, as metadata records tell it (KIP-858).
#pragma once

#include <set>

#include "cluster/control_context.h"
#include "protocol/messages/partition_change_record.h"
#include "storage/log_manager.h"

namespace milena {

/// `partition`'s directories with that of `node` replaced; nothing if it is `directory` already.
std::optional<std::vector<Uuid>> corrected_directories(const PartitionState& partition,
                                                       int32_t node, const Uuid& directory);

/// Tells where the logs of `topics` are, as far as the metadata say something else.
RecordList assignment_records(const ImageState& state, int32_t node, const std::set<Uuid>& topics,
                              const LogManager& logs);

/// Tells that one log is (about to be) in `directory`.
RecordList assignment_record(const ImageState& state, int32_t node, const TopicPartition& id,
                             const Uuid& directory);

/// Whether the replica of `node` is in a directory that the node has lost, or never had.
bool is_in_lost_directory(const PartitionState& partition, int32_t node,
                          const std::vector<Uuid>& online);

/// Takes the leadership from `node`. Its replica keeps what it had: it may lead again as soon as
/// its directory is back.
protocol::PartitionChangeRecord leaderless(const ImageState& state, const TopicPartition& id,
                                           int32_t node);

/// The log directory `lost` of `node` failed: what is in it has no leader any more. `online` are
/// the directories that are left.
RecordList lost_directory_records(const ImageState& state, int32_t node, const Uuid& lost,
                                  const std::vector<Uuid>& online, const LogManager& logs);

/// The log directories of `node` that get no new replicas, if the metadata say something else.
RecordList cordon_records(const ImageState& state, int32_t node,
                          const std::vector<Uuid>& directories);

}  // namespace milena
