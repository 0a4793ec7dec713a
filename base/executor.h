// SPDX-License-Identifier: Apache-2.0
// Where work runs, without saying on what: a network core, a control thread, a simulation.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace milena {

/// A started timer; destroying or cancelling it means that its task will not run (unless it is
/// running already).
class Timer {
  public:
    virtual ~Timer() = default;
    virtual void cancel() = 0;
};

/// Runs tasks one at a time, in order. Any thread may call any method.
class Executor {
  public:
    virtual ~Executor() = default;
    virtual void post(std::function<void()> task) = 0;
    virtual std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                         std::function<void()> task) = 0;
    /// Whether the caller is a task of this executor.
    virtual bool runs_here() const = 0;
};

/// Runs blocking work (fsync, unlink, recovery, cold reads) on a few threads, in no order.
class BlockingPool {
  public:
    virtual ~BlockingPool() = default;
    virtual void run(std::function<void()> work) = 0;
};

}  // namespace milena
