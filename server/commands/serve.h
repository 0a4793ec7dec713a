// SPDX-License-Identifier: Apache-2.0
// A node in the foreground, until it is told to stop.
#pragma once

#include <signal.h>

#include <initializer_list>
#include <memory>
#include <string>

#include "server/settings/settings.h"

namespace milena {

/// Signals that this thread waits for, instead of being ended by them. To be made before any other
/// thread, so that all of them leave the signals to it. They stay blocked: a second one would end
/// the process before the logs are closed.
class AwaitedSignals {
  public:
    explicit AwaitedSignals(std::initializer_list<int> signals);
    int wait() const;

  private:
    sigset_t signals_;
};

/// Runs the node until SIGTERM or SIGINT, then stops it cleanly; the exit status. `cluster_id` is
/// for an empty directory, and may be empty.
int serve(std::unique_ptr<Settings> settings, const std::string& cluster_id);

/// Logs why, and is the exit status.
int fail(const Error& error);

}  // namespace milena
