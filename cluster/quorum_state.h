// SPDX-License-Identifier: Apache-2.0
// quorum-state: what a KRaft node must remember across restarts, one line of JSON.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"

namespace milena {

struct QuorumState {
    int32_t leader_id = -1;
    int32_t leader_epoch = 0;
    /// False: voters stand in the configuration (kraft.version 0); true: in the log (1).
    bool dynamic = false;
    /// Voters by configuration (kraft.version 0 only); empty in a new directory.
    std::vector<int32_t> voters;
};

/// Nothing known yet if the file is missing; an Error if it can't be understood, for an epoch must
/// never be used twice.
Result<QuorumState> read_quorum_state(FileSystem& files, const std::string& path);
/// Durable on return.
Result<void> write_quorum_state(FileSystem& files, const std::string& path,
                                const QuorumState& state);

}  // namespace milena
