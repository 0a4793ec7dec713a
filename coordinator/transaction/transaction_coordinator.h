// SPDX-License-Identifier: Apache-2.0
// What handlers ask of transactions: each call becomes an event of the shard that the transactional
// id belongs to.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/published.h"
#include "coordinator/runtime/runtime.h"
#include "coordinator/transaction/marker_writer.h"
#include "coordinator/transaction/transaction_shard.h"

namespace milena {

/// Gives a producer id that nobody had; see ProducerIds.
using TakeProducerId = std::function<void(std::function<void(Result<ProducerId>)>)>;

struct TransactionParts {
    /// `make_machine` and `topic` are set by the coordinator.
    RuntimeParts runtime;
    /// Of the groups' partitions, which take part in transactions. Outlives the coordinator.
    CoordinatorRuntime& groups;
    TakeProducerId take_producer_id;
};

/// What to do about a marker that was not written.
enum class MarkerFate {
    kRetry,
    kSuperseded,  ///< somebody newer was faster
    kNeedless,    ///< the partition was deleted
};

/// `done` runs exactly once, on any thread. Besides the errors that the shard tells, each call may
/// get NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, or INVALID_REQUEST for an empty id.
class TransactionCoordinator final : private TransactionHost {
  public:
    template <class Answer>
    using Done = TransactionShard::Done<Answer>;

    TransactionCoordinator(TransactionOptions options, TransactionParts parts);

    /// Ever newer images, from one thread; see CoordinatorRuntime.
    void follow(const MetadataImagePtr& image);
    void shut_down() { runtime_->shut_down(); }
    CoordinatorRuntime& runtime() { return *runtime_; }
    const TransactionOptions& options() const { return options_; }
    const MarkerWriter& markers() const { return markers_; }

    void init_producer(InitProducer request, Done<ProducerIdentity> done);
    void add_partitions(AddPartitions request, Done<void> done);
    void verify_partitions(AddPartitions request, Done<NamedPartitions> done);
    void end(EndTransaction request, Done<ProducerIdentity> done);
    void describe(std::string transactional_id, Done<Transaction> done);
    /// Of all shards that this node leads; COORDINATOR_LOAD_IN_PROGRESS if one is not ready.
    void list(TransactionFilter filter, Done<std::vector<ListedTransaction>> done);

  private:
    using Handle = std::function<Effects(TransactionShard&)>;

    void submit(const std::string& transactional_id, Handle handle,
                std::function<void(const Error&)> refuse);
    /// `method` handles the request at the shard of its id.
    template <class Request, class Answer, class Method>
    void ask(Request request, Done<Answer> done, Method method);
    MarkerFate fate_of(const std::string& topic, int32_t partition, const Error& error) const;
    void note(MarkerOutcome& outcome, const std::string& topic, int32_t partition,
              const Error& error) const;
    bool exists(const std::string& topic, int32_t partition) const;

    void take_producer_id(const std::string& transactional_id,
                          std::function<Effects(TransactionShard&, const Result<ProducerId>&)> then,
                          std::function<void(const Error&)> refuse) override;
    void write_markers(MarkerTask task) override;

    const TransactionOptions options_;
    const TakeProducerId take_producer_id_;
    const MarkerWriter markers_;
    Published<const MetadataImage> image_;
    std::unique_ptr<CoordinatorRuntime> runtime_;
};

}  // namespace milena
