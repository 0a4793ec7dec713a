// SPDX-License-Identifier: Apache-2.0
// Writes the ends of transactions into the partitions that this node leads: for its own coordinator
// as well as for those of other nodes (WriteTxnMarkers).
#pragma once

#include <string_view>

#include "cluster/partition.h"
#include "coordinator/runtime/runtime.h"
#include "coordinator/transaction/transaction_host.h"

namespace milena {

/// Thread safe.
class MarkerWriter {
  public:
    /// All outlive it. `groups` leads the partitions of __consumer_offsets.
    MarkerWriter(const PartitionTable& partitions, CoordinatorRuntime& groups, const Clock& clock)
        : partitions_(partitions), groups_(groups), clock_(clock) {}

    /// `done` runs once the marker is committed, at once or on any thread.
    /// UNKNOWN_TOPIC_OR_PARTITION if the partition is not on this node.
    void write(const MetadataImage& image, std::string_view topic, int32_t partition,
               const EndMarker& marker, Reply done) const;

  private:
    const PartitionTable& partitions_;
    CoordinatorRuntime& groups_;
    const Clock& clock_;
};

}  // namespace milena
