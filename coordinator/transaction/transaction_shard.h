// SPDX-License-Identifier: Apache-2.0
// The state behind one partition of __transaction_state: transactional ids.
#pragma once

#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"
#include "coordinator/transaction/transaction_options.h"

namespace milena {

class TransactionShard final : public StateMachine {
  public:
    /// Both outlive it.
    TransactionShard(const TransactionOptions& options, TimerQueue& timers)
        : options_(options), timers_(timers) {}

    void replay(const ReplayedRecord& record) override;
    void end_transaction(ProducerId producer, bool committed) override;
    Effects on_loaded() override;
    void on_unloaded(const Error& reason) override;
    Effects on_image(const MetadataImagePtr& image) override;

  private:
    const TransactionOptions& options_;
    TimerQueue& timers_;
};

}  // namespace milena
