// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/transaction_coordinator.h"

#include "coordinator/internal_topics.h"

namespace milena {

TransactionCoordinator::TransactionCoordinator(TransactionOptions options, RuntimeParts parts)
    : options_(options) {
    parts.topic = kTransactionTopic;
    parts.make_machine = [this](TimerQueue& timers) {
        return std::make_unique<TransactionShard>(options_, timers);
    };
    runtime_ = std::make_unique<CoordinatorRuntime>(std::move(parts));
}

}  // namespace milena
