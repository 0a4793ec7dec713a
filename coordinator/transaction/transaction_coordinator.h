// SPDX-License-Identifier: Apache-2.0
// What handlers ask of transactions: each call becomes an event of the shard that the transactional
// id belongs to.
#pragma once

#include <memory>

#include "coordinator/runtime/runtime.h"
#include "coordinator/transaction/transaction_shard.h"

namespace milena {

class TransactionCoordinator {
  public:
    /// `parts.make_machine` and `parts.topic` are set here. `options` is kept.
    TransactionCoordinator(TransactionOptions options, RuntimeParts parts);

    /// Ever newer images, from one thread; see CoordinatorRuntime.
    void follow(const MetadataImagePtr& image) { runtime_->follow(image); }
    void shut_down() { runtime_->shut_down(); }
    CoordinatorRuntime& runtime() { return *runtime_; }

  private:
    const TransactionOptions options_;
    std::unique_ptr<CoordinatorRuntime> runtime_;
};

}  // namespace milena
