// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/group_coordinator.h"

#include "coordinator/internal_topics.h"

namespace milena {

GroupCoordinator::GroupCoordinator(GroupOptions options, RuntimeParts parts)
    : options_(std::move(options)) {
    parts.topic = kGroupTopic;
    parts.make_machine = [this](TimerQueue& timers) {
        return std::make_unique<GroupShard>(options_, timers);
    };
    runtime_ = std::make_unique<CoordinatorRuntime>(std::move(parts));
}

}  // namespace milena
