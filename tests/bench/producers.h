// SPDX-License-Identifier: Apache-2.0
// A transactional producer, as clients play it.
#pragma once

#include "tests/bench/connections.h"

namespace milena::bench {

class TransactionalProducer {
  public:
    TransactionalProducer(Connections& connections, size_t connection, std::string id,
                          std::string topic, int32_t partition)
        : connections_(connections),
          connection_(connection),
          id_(std::move(id)),
          topic_(std::move(topic)),
          partition_(partition) {}
    TransactionalProducer(const TransactionalProducer&) = delete;

    using Done = std::function<void()>;
    /// InitProducerId.
    void start(Done done);
    /// AddPartitionsToTxn: the transaction is open.
    void open(Done done);
    /// One batch of one record, which adds its partition to the transaction, and a commit.
    void commit_one(Done done);

    /// Requests that were sent again, because the transaction before was not complete.
    size_t retries() const { return retries_; }

  private:
    void end(Done done);
    /// Whether the answer says to ask again, which is done later.
    bool must_wait(int16_t error, std::function<void()> again);
    Bytes batch() const;

    Connections& connections_;
    const size_t connection_;
    const std::string id_;
    const std::string topic_;
    const int32_t partition_;
    ProducerId producer_{kNoProducerId};
    ProducerEpoch epoch_{-1};
    size_t retries_ = 0;
};

}  // namespace milena::bench
