// SPDX-License-Identifier: Apache-2.0
// One segment and the files that belong to it.
#pragma once

#include "server/offline/outcomes.h"
#include "server/offline/partition_files.h"
#include "server/offline/verify.h"
#include "storage/leader_epochs.h"

namespace milena {

/// What goes on from segment to segment of a log.
struct LogProgress {
    Offset next{0};  ///< offsets below are taken
    bool is_compacted = false;
    bool follows_batch = false;  ///< the batch in front of the next one is known to be sound
    TransactionOutcomes transactions;
    std::vector<EpochStart> epochs;
    bool has_epochs = false;
    bool was_stopped = false;
    bool is_metadata = false;  ///< has no indexes under Milena
    bool is_last = false;
    LeaderEpoch complained_epoch = kNoLeaderEpoch;
};

void verify_segment(Verification& run, const SegmentFile& segment, LogProgress& log);

}  // namespace milena
