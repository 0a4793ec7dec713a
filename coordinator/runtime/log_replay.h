// SPDX-License-Identifier: Apache-2.0
// Rebuilds a state machine from its partition's log.
#pragma once

#include "coordinator/runtime/state_machine.h"
#include "storage/log.h"

namespace milena {

/// Replays all records below `end`. Blocks on the disk.
Result<void> replay_log(Log& log, Offset end, StateMachine& machine);

}  // namespace milena
