// SPDX-License-Identifier: Apache-2.0
// Directories of logs that were just made, written behind the back of whoever made them.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "base/executor.h"
#include "storage/partition_log.h"

namespace milena {

/// A topic may have thousands of partitions, and a directory costs a file system up to a tenth of a
/// millisecond: neither who creates the topic waits for that, nor do syncs, as all is done in one
/// task of the pool. A log that is written to before its turn makes its directory itself.
/// Thread safe. Never holds more than the logs that there are.
class NewLogs : public std::enable_shared_from_this<NewLogs> {
  public:
    explicit NewLogs(BlockingPool& pool) : pool_(pool) {}

    void add(std::shared_ptr<PartitionLog> log);

  private:
    void make_all();
    /// Null, and idle from then on, when nothing is left.
    std::shared_ptr<PartitionLog> next();

    BlockingPool& pool_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<PartitionLog>> waiting_;
    bool busy_ = false;
};

}  // namespace milena
