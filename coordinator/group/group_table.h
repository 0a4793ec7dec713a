// SPDX-License-Identifier: Apache-2.0
// The groups of one shard, by id.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"
#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"

namespace milena {

class GroupTable {
  public:
    GroupTable(const GroupOptions& options, TimerQueue& timers)
        : options_(options), timers_(timers) {}

    /// Null if there is no such group.
    Group* find(std::string_view id) const;
    const std::map<std::string, std::unique_ptr<Group>, std::less<>>& all() const {
        return groups_;
    }

    /// A record of group membership (kinds 2 to 8 and 16); others are not for here.
    void replay(int16_t kind, const ReplayedRecord& record);
    Effects on_loaded();
    void on_unloaded(const Error& reason);
    Effects on_image(const MetadataImagePtr& image);

  private:
    const GroupOptions& options_;
    TimerQueue& timers_;
    MetadataImagePtr image_;
    std::map<std::string, std::unique_ptr<Group>, std::less<>> groups_;
};

}  // namespace milena
