// SPDX-License-Identifier: Apache-2.0
// The state behind one partition of __consumer_offsets: groups and their offsets.
#pragma once

#include "coordinator/group/group_table.h"
#include "coordinator/group/offset_store.h"

namespace milena {

class GroupShard final : public StateMachine {
  public:
    /// Both outlive it.
    GroupShard(const GroupOptions& options, TimerQueue& timers)
        : groups_(options, timers), offsets_(options, timers, groups_) {}

    void replay(const ReplayedRecord& record) override;
    void end_transaction(ProducerId producer, bool committed) override;
    Effects on_loaded() override;
    void on_unloaded(const Error& reason) override;
    Effects on_image(const MetadataImagePtr& image) override;

    GroupTable& groups() { return groups_; }
    OffsetStore& offsets() { return offsets_; }

  private:
    GroupTable groups_;
    OffsetStore offsets_;
};

}  // namespace milena
