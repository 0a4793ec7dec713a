// SPDX-License-Identifier: Apache-2.0
// Files and directories that were renamed out of the way and wait for their removal: readers that
// were sent there before still find them, and nobody who renames waits for an unlink.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace milena {

/// Thread safe. Holds no more than what lies renamed on the disk; what it forgets when the node
/// stops is found by its name at the next start.
class RetiredFiles {
  public:
    void add(std::string path, SteadyTime remove_at);
    /// Removes what is due: directories with all in them. The rest goes on when a removal fails.
    void remove_due(FileSystem& files, SteadyTime now);

  private:
    struct Entry {
        std::string path;
        SteadyTime remove_at;
    };
    std::vector<std::string> take_due(SteadyTime now);

    std::mutex mutex_;
    std::vector<Entry> entries_;
};

}  // namespace milena
