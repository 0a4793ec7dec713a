// SPDX-License-Identifier: Apache-2.0
// Producer ids for this node's clients, out of blocks that the controller gives.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/ids.h"
#include "cluster/controller.h"

namespace milena {

/// Thread safe. Asks for the next block before the current one is used up, so that a client
/// normally never waits. Must outlive the controller's last answer.
class ProducerIds {
  public:
    using Done = std::function<void(Result<ProducerId>)>;

    /// Who waits for a block at most; the next one is told COORDINATOR_LOAD_IN_PROGRESS.
    static constexpr size_t kWaitersMax = 10'000;
    /// Ids left when the next block is asked for.
    static constexpr int64_t kPrefetchBelow = 100;

    explicit ProducerIds(Controller& controller) : controller_(controller) {}

    /// An id that nobody had before. `done` is called at once in the caller, or later on the
    /// controller's executor; its error is retriable.
    void next(Done done);

  private:
    struct Block {
        int64_t next = 0;
        int64_t end = 0;
        int64_t left() const { return end - next; }
    };

    bool take(int64_t& id);    // REQUIRES: mutex_ held
    bool wants_block() const;  // REQUIRES: mutex_ held
    void ask_for_block();
    void on_block(const Result<int64_t>& first);

    Controller& controller_;
    std::mutex mutex_;
    Block current_;
    Block following_;
    bool asking_ = false;
    std::deque<Done> waiters_;
};

}  // namespace milena
