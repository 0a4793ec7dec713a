// SPDX-License-Identifier: Apache-2.0
// Committed offsets of the groups of one shard, and those of transactions that are still open.
#pragma once

#include "coordinator/group/group_table.h"

namespace milena {

class OffsetStore {
  public:
    OffsetStore(const GroupOptions& options, TimerQueue& timers, GroupTable& groups)
        : options_(options), timers_(timers), groups_(groups) {}

    /// An offset (kinds 0 and 1).
    void replay(int16_t kind, const ReplayedRecord& record);
    void end_transaction(ProducerId producer, bool committed);
    Effects on_loaded();
    Effects on_image(const MetadataImagePtr& image);

    /// Appends the tombstones of all offsets of `group`, for its deletion.
    void add_tombstones(std::string_view group, std::vector<CoordinatorRecord>& to) const;

  private:
    const GroupOptions& options_;
    TimerQueue& timers_;
    GroupTable& groups_;
};

}  // namespace milena
