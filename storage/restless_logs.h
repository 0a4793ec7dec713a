// SPDX-License-Identifier: Apache-2.0
// The logs that have something to do by the clock. Of a hundred thousand most have nothing, and
// are not asked.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace milena {

class PartitionLog;

/// Thread safe. A log adds itself once until it has had its tick(), so there are never more entries
/// than logs.
class RestlessLogs {
  public:
    void add(std::weak_ptr<PartitionLog> log) {
        std::lock_guard lock(mutex_);
        logs_.push_back(std::move(log));
    }
    std::vector<std::weak_ptr<PartitionLog>> take() {
        std::lock_guard lock(mutex_);
        return std::exchange(logs_, {});
    }

  private:
    std::mutex mutex_;
    std::vector<std::weak_ptr<PartitionLog>> logs_;
};

}  // namespace milena
