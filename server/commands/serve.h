// SPDX-License-Identifier: Apache-2.0
// A node in the foreground, until it is told to stop.
#pragma once

#include <signal.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/node.h"

namespace milena {

/// What serve() runs. Functions are called by the thread that calls serve().
struct Serving {
    std::unique_ptr<Settings> settings;
    std::string cluster_id;  ///< for an empty directory; may be empty
    std::vector<WantedTopic> topics;
    /// Called when clients are accepted; a failure ends the node. May be empty.
    std::function<Result<void>(const Node&)> when_ready;
    /// Signals besides SIGTERM and SIGINT that may end it, if `ends` says so.
    std::vector<int> more_signals;
    std::function<bool()> ends;
};

/// Blocks SIGTERM, SIGINT and `more`, for serve() to wait for them. It does that itself; whoever
/// has something to clean up does it before. They stay blocked: a second signal would end the
/// process before the logs are closed.
sigset_t block_signals(const std::vector<int>& more);

/// Runs the node until a signal ends it, then stops it cleanly; the exit status. No other thread
/// may run yet: all of them must leave the signals to this one.
int serve(Serving serving);

/// Logs why, and is the exit status.
int fail(const Error& error);

}  // namespace milena
