// SPDX-License-Identifier: Apache-2.0
// Where each leader epoch of a partition starts (leader-epoch-checkpoint: "epoch start-offset").
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"

namespace milena {

struct EpochStart {
    LeaderEpoch epoch;
    Offset start;
    bool operator==(const EpochStart&) const = default;
};

enum class Durable { kYes, kLater };

/// Both columns grow strictly. Not thread safe: the log guards it.
class LeaderEpochs {
  public:
    /// Remembers that `epoch` starts at `start`, if it is newer than what is known. Returns whether
    /// something changed. Entries that start at or after `start` had no records and go.
    bool assign(LeaderEpoch epoch, Offset start);
    void truncate_from_end(Offset end);
    /// The entry that covers `start` then begins there.
    void truncate_from_start(Offset start);

    std::optional<LeaderEpoch> latest() const;
    std::optional<LeaderEpoch> epoch_of(Offset offset) const;
    /// KIP-101: {largest known epoch <= requested, where it ends}; {-1, -1} if that can't be known.
    std::pair<LeaderEpoch, Offset> end_offset_for(LeaderEpoch requested, Offset log_end) const;
    const std::vector<EpochStart>& entries() const { return entries_; }

    static std::string file_path(const std::string& directory);
    static Result<LeaderEpochs> read(FileSystem& files, const std::string& directory);
    /// If durable, a power failure leaves the old file or the new; a sync of the directory makes
    /// it the new. If that is left for later, sync() comes before.
    Result<void> write(FileSystem& files, const std::string& directory, Durable durable) const;
    /// The file's content onto the device.
    static Result<void> sync(FileSystem& files, const std::string& directory);

  private:
    std::vector<EpochStart> entries_;
};

}  // namespace milena
