// SPDX-License-Identifier: Apache-2.0
// The coordinators of one broker, made from its settings.
#pragma once

#include "coordinator/group/group_coordinator.h"
#include "coordinator/transaction/transaction_coordinator.h"
#include "server/settings/settings.h"

namespace milena {

/// What coordinators stand on. All of it outlives them.
struct CoordinatorParts {
    int32_t node_id = -1;
    PartitionTable& partitions;
    BlockingPool& pool;
    const Clock& clock;
    /// The event queues that internal partitions are spread over.
    std::vector<Executor*> executors;
    TakeProducerId take_producer_id;
};

class Coordinators {
  public:
    Coordinators(const BrokerSettings& settings, const CoordinatorParts& parts);

    /// Ever newer images, from one thread. They lead the internal partitions that the node leads.
    void follow(const MetadataImagePtr& image);
    /// Answers whoever is parked; nothing is served afterwards. The same thread as follow().
    void shut_down();

    GroupCoordinator groups;
    TransactionCoordinator transactions;

  private:
    bool stopped_ = false;
};

}  // namespace milena
