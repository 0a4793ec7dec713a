// SPDX-License-Identifier: Apache-2.0
// Records of topics and partitions <-> the image's structs.
#pragma once

#include "cluster/image_state.h"
#include "protocol/messages/clear_elr_record.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/partition_record.h"

namespace milena {

PartitionState to_partition_state(const protocol::PartitionRecord& record);
protocol::PartitionRecord to_partition_record(const Uuid& topic, int32_t index,
                                              const PartitionState& state);
/// Every change raises the partition epoch; a change that names a leader, even the same, raises the
/// leader epoch.
void merge(PartitionState& state, const protocol::PartitionChangeRecord& change);
/// An empty topic name means all topics.
void clear_eligible_replicas(ImageState& image, const protocol::ClearElrRecord& record);

}  // namespace milena
