// SPDX-License-Identifier: Apache-2.0
// How a log tells that its data directory can't be trusted any more.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/executor.h"

namespace milena {

/// Thread safe.
class DirectoryFailures : public std::enable_shared_from_this<DirectoryFailures> {
  public:
    /// `directory` is the data directory. Runs on the pool, once for each report.
    using Listener = std::function<void(const std::string& directory, const Error& cause)>;

    /// May be called with any lock held: the listener runs later.
    void report(BlockingPool& pool, std::string directory, Error cause);
    /// No call of the former listener is under way when this returns. Null: nobody listens.
    void listen(Listener listener);

  private:
    std::mutex mutex_;
    Listener listener_;
};

}  // namespace milena
