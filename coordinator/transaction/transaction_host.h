// SPDX-License-Identifier: Apache-2.0
// What a shard of transactions asks of its surroundings.
#pragma once

#include <functional>
#include <string>

#include "coordinator/transaction/transaction.h"

namespace milena {

class TransactionShard;

/// The end of a transaction, as it is told to each of its partitions.
struct EndMarker {
    ProducerIdentity producer;
    bool committed = false;
    int32_t coordinator_epoch = -1;
    int16_t transaction_version = 0;
};

struct MarkerTask {
    std::string transactional_id;
    EndMarker marker;
    NamedPartitions partitions;
};

struct MarkerOutcome {
    /// Have no marker yet, but may get one.
    NamedPartitions remaining;
    /// A newer coordinator or producer was there before: nothing more is to be done here.
    bool superseded = false;
};

/// Called on the shard's event queue.
class TransactionHost {
  public:
    virtual ~TransactionHost() = default;

    /// An id that no producer had. `then` runs later as an event of the shard of
    /// `transactional_id`; `refuse` instead if there is none any more.
    virtual void take_producer_id(
        const std::string& transactional_id,
        std::function<Effects(TransactionShard&, const Result<ProducerId>&)> then,
        std::function<void(const Error&)> refuse) = 0;

    /// TransactionShard::on_markers_written tells the outcome, as an event.
    virtual void write_markers(MarkerTask task) = 0;
};

}  // namespace milena
