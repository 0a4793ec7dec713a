// SPDX-License-Identifier: Apache-2.0
// The state behind one partition of __transaction_state: transactional ids.
//
//   Empty -> Ongoing -> PrepareCommit -> CompleteCommit -> Ongoing or Empty
//                    -> PrepareAbort  -> CompleteAbort  -> Ongoing or Empty
//
// A Prepare record decides; then each partition of the transaction gets a marker, and once all have
// it, a Complete record ends it. Whoever loads a Prepare record goes on with the markers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"
#include "coordinator/transaction/transaction.h"
#include "coordinator/transaction/transaction_host.h"
#include "coordinator/transaction/transaction_options.h"

namespace milena {

struct InitProducer {
    std::string transactional_id;
    int32_t timeout_ms = 0;
    /// Who the producer was before, if it says so.
    std::optional<ProducerIdentity> former;
};

struct AddPartitions {
    std::string transactional_id;
    ProducerIdentity producer;
    NamedPartitions partitions;
    int16_t client_version = 0;
};

struct EndTransaction {
    std::string transactional_id;
    ProducerIdentity producer;
    bool committed = false;
    int16_t client_version = 0;
};

struct TransactionFilter {
    std::set<int64_t> producer_ids;        ///< none: all
    std::set<TransactionStatus> statuses;  ///< looked at only if has_statuses
    bool has_statuses = false;
    int64_t duration_min_ms = -1;                      ///< negative: any
    std::function<bool(std::string_view)> matches_id;  ///< null: any
};

struct ListedTransaction {
    std::string transactional_id;
    ProducerId producer_id;
    TransactionStatus status;
};

/// Which of the partitions are part of the transaction, or why that can't be said.
using VerifiedPartitions = Result<NamedPartitions>;

class TransactionShard final : public StateMachine {
  public:
    template <class Answer>
    using Done = std::function<void(const Result<Answer>&)>;

    /// All outlive it.
    TransactionShard(const TransactionOptions& options, TimerQueue& timers, TransactionHost& host);

    void replay(const ReplayedRecord& record) override;
    void end_transaction(ProducerId, bool) override {}  // its records are in no transaction
    Effects on_loaded() override;
    void on_unloaded(const Error&) override {}  // nothing is parked
    Effects on_image(const MetadataImagePtr& image) override;

    /// The producer's identity from now on. Earlier incarnations are fenced, and their open
    /// transaction is aborted first: CONCURRENT_TRANSACTIONS until that is done.
    Effects init_producer(const InitProducer& request, Done<ProducerIdentity> done,
                          std::optional<ProducerId> fresh_id = {});
    Effects add_partitions(const AddPartitions& request, Done<void> done);
    /// Answers with those of the partitions that are in the transaction.
    Effects verify_partitions(const AddPartitions& request, Done<NamedPartitions> done);
    /// Answers with the identity for the next transaction, once the end is decided.
    Effects end(const EndTransaction& request, Done<ProducerIdentity> done,
                std::optional<ProducerId> fresh_id = {});
    Effects describe(std::string_view transactional_id, Done<Transaction> done);
    Effects list(const TransactionFilter& filter, Done<std::vector<ListedTransaction>> done);

    Effects on_markers_written(const std::string& transactional_id, ProducerIdentity producer,
                               MarkerOutcome outcome);

    /// By transactional id; null if unknown.
    const Transaction* find(std::string_view transactional_id) const;
    size_t size() const { return entries_.size(); }
    std::map<std::string, Transaction> transactions() const;

  private:
    struct Entry {
        Transaction transaction;
        /// The epoch before, so that a retried request is recognised. Not in the records.
        ProducerEpoch last_epoch{-1};
        std::unique_ptr<StateTimer> marker_retry;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    struct Decision {
        bool committed = false;
        int16_t client_version = 0;
        bool fences = false;
        bool has_partitions = true;
    };

    TimestampMs now() const { return timers_.clock().now(); }
    int32_t coordinator_epoch(std::string_view transactional_id) const;

    Effects ask_for_id(const InitProducer& request, const Done<ProducerIdentity>& done);
    Effects begin(const InitProducer& request, const Done<ProducerIdentity>& done,
                  ProducerId fresh_id);
    Effects init_known(const InitProducer& request, Entry& entry,
                       const Done<ProducerIdentity>& done, std::optional<ProducerId> fresh_id);
    Effects write_identity(const std::string& id, Transaction next, ProducerEpoch last_epoch,
                           const Done<ProducerIdentity>& done);
    Effects fence(const std::string& id, Entry& entry, Done<ProducerIdentity> done,
                  std::optional<ProducerId> fresh_id);
    Result<std::optional<Decision>> decide(const EndTransaction& request, const Entry& entry) const;
    Result<std::optional<Decision>> decide_with_bump(const EndTransaction& request,
                                                     const Entry& entry) const;
    Effects prepare(const std::string& id, Entry& entry, const Decision& decision,
                    Done<ProducerIdentity> done, std::optional<ProducerId> fresh_id);
    Effects prepare_with_id(const std::string& id, const Transaction& current,
                            const Decision& decision, Done<ProducerIdentity> done);
    void start_markers(const std::string& id);
    Effects complete(const std::string& id, const Transaction& transaction);
    /// Sees to it that open transactions are looked at again.
    void watch_timeouts();
    Effects abort_overdue();
    Effects remove_expired();

    CoordinatorRecord record(std::string_view id, const Transaction& transaction) const {
        return transaction_record(id, transaction, transaction_version_);
    }

    const TransactionOptions& options_;
    TimerQueue& timers_;
    TransactionHost& host_;
    MetadataImagePtr image_;
    int16_t transaction_version_ = 0;  ///< finalised in the cluster
    Entries entries_;
    StateTimer abort_timer_;
    StateTimer expiry_timer_;
};

}  // namespace milena
