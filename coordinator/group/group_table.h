// SPDX-License-Identifier: Apache-2.0
// The groups of one shard, by id.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "coordinator/group/consumer_groups.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"
#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"

namespace milena {

class ClassicGroup;

class GroupTable {
  public:
    GroupTable(const GroupOptions& options, TimerQueue& timers);
    ~GroupTable();

    /// Null if there is no such group.
    Group* find(std::string_view id) const;
    /// Null if there is none, or if it is of another type.
    ClassicGroup* find_classic(std::string_view id) const;
    /// An empty group, in memory alone, if there is none: whoever commits offsets without being a
    /// member has such a group. Null if there is one of another type.
    ClassicGroup* get_or_make_classic(std::string_view id);
    const GroupMap& all() const { return groups_; }

    /// A record of group membership (kinds 2 to 8 and 16); others are not for here.
    void replay(int16_t kind, const ReplayedRecord& record);
    Effects on_loaded();
    void on_unloaded(const Error& reason);
    Effects on_image(const MetadataImagePtr& image);

    const GroupOptions& options() const { return options_; }
    ConsumerGroups& consumers() { return consumers_; }

  private:
    void replay_classic(const ReplayedRecord& record);

    const GroupOptions& options_;
    TimerQueue& timers_;
    MetadataImagePtr image_;
    /// From now on records are what handlers made of the groups that are here.
    bool is_loaded_ = false;
    ConsumerGroups consumers_;  // groups_ refer to it
    GroupMap groups_;
};

}  // namespace milena
