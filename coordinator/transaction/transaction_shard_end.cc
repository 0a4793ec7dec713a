// SPDX-License-Identifier: Apache-2.0
// What ends transactions: the decision, the markers, and what stays of it.
#include "base/log.h"
#include "coordinator/transaction/transaction_shard.h"

namespace milena {

namespace {

/// Before markers that could not be written are tried again.
constexpr std::chrono::milliseconds kMarkerRetryDelay{100};

ProducerEpoch following(ProducerEpoch epoch) {
    return ProducerEpoch(static_cast<int16_t>(epoch.value + 1));
}

/// Who the producer is once the transaction is complete.
ProducerIdentity identity_after(const Transaction& ending) {
    if (ending.bumps_epoch() && ending.next_producer_id != kNoProducerId)
        return {ending.next_producer_id, ProducerEpoch(0)};
    return ending.producer;
}

Error wrong_state(const EndTransaction& request, const Transaction& current) {
    return Error(ErrorCode::INVALID_TXN_STATE, "transactional id " + request.transactional_id +
                                                   " is " + std::string(name_of(current.status)) +
                                                   " and can't be " +
                                                   (request.committed ? "committed" : "aborted"));
}

}  // namespace

Effects TransactionShard::end(const EndTransaction& request, Done<ProducerIdentity> done,
                              std::optional<ProducerId> fresh_id) {
    const auto found = entries_.find(request.transactional_id);
    Result<std::optional<Decision>> decision = Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    if (found != entries_.end())
        decision = request.client_version >= kTransactionsWithEpochBump
                       ? decide_with_bump(request, found->second)
                       : decide(request, found->second);
    if (decision && *decision)
        return prepare(request.transactional_id, found->second, **decision, std::move(done),
                       fresh_id);
    // Refused; or a retry of what was done.
    Result<ProducerIdentity> answer = ProducerIdentity();
    if (!decision)
        answer = decision.error();
    else if (request.client_version >= kTransactionsWithEpochBump)
        answer = found->second.transaction.producer;
    Effects effects;
    effects.replies.push_back([answer, done = std::move(done)](const Result<void>& committed) {
        done(committed ? answer : committed.error());
    });
    return effects;
}

Result<std::optional<TransactionShard::Decision>> TransactionShard::decide(
    const EndTransaction& request, const Entry& entry) const {
    const Transaction& current = entry.transaction;
    if (current.producer.id != request.producer.id)
        return Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    if (current.producer.epoch != request.producer.epoch) return Error(ErrorCode::PRODUCER_FENCED);
    if (current.is_ending()) return Error(ErrorCode::CONCURRENT_TRANSACTIONS);
    if (current.status == TransactionStatus::kOngoing)
        return std::optional<Decision>({.committed = request.committed});
    const auto done =
        request.committed ? TransactionStatus::kCompleteCommit : TransactionStatus::kCompleteAbort;
    if (current.status != done) return wrong_state(request, current);
    return std::optional<Decision>();
}

Result<std::optional<TransactionShard::Decision>> TransactionShard::decide_with_bump(
    const EndTransaction& request, const Entry& entry) const {
    const Transaction& current = entry.transaction;
    const ProducerEpoch epoch = current.producer.epoch;
    const bool is_complete = current.status == TransactionStatus::kCompleteCommit ||
                             current.status == TransactionStatus::kCompleteAbort;
    const bool retried_over_new_id = current.previous_producer_id == request.producer.id &&
                                     request.producer.epoch.value == kLastProducerEpoch.value - 1 &&
                                     epoch.value == 0;
    const bool is_retry = retried_over_new_id || epoch.value == request.producer.epoch.value + 1;
    if (current.is_ending()) return Error(ErrorCode::CONCURRENT_TRANSACTIONS);
    if (current.producer.id != request.producer.id && !retried_over_new_id)
        return Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
    if (epoch != request.producer.epoch && !(is_complete && is_retry))
        return Error(ErrorCode::PRODUCER_FENCED);
    if (current.status == TransactionStatus::kOngoing)
        return std::optional<Decision>(
            {.committed = request.committed, .client_version = request.client_version});
    const bool was_committed = current.status == TransactionStatus::kCompleteCommit;
    if (is_retry) {
        if (was_committed != request.committed) return wrong_state(request, current);
        return std::optional<Decision>();
    }
    // Nothing was added to it, as far as is known here; an abort makes sure, by a new epoch.
    if (request.committed) return wrong_state(request, current);
    return std::optional<Decision>(
        {.committed = false, .client_version = request.client_version, .has_partitions = false});
}

Effects TransactionShard::fence(const std::string& id, Entry& entry, Done<ProducerIdentity> done,
                                std::optional<ProducerId> fresh_id) {
    Decision abort;
    abort.fences = true;
    if (transaction_version_ >= kTransactionsWithEpochBump)
        abort.client_version = kTransactionsWithEpochBump;
    return prepare(id, entry, abort, std::move(done), fresh_id);
}

Effects TransactionShard::prepare(const std::string& id, Entry& entry, const Decision& decision,
                                  Done<ProducerIdentity> done, std::optional<ProducerId> fresh_id) {
    const Transaction& current = entry.transaction;
    const bool bumps = decision.client_version >= kTransactionsWithEpochBump;
    const bool needs_id = bumps && is_exhausted(current.producer.epoch);
    if (needs_id && !fresh_id) return prepare_with_id(id, current, decision, std::move(done));

    Transaction next = current.successor(
        decision.committed ? TransactionStatus::kPrepareCommit : TransactionStatus::kPrepareAbort,
        now());
    next.client_version = decision.client_version;
    next.next_producer_id = needs_id ? *fresh_id : kNoProducerId;
    if (!decision.has_partitions) next.started = next.updated;
    if ((bumps || decision.fences) && current.producer.epoch != kLastProducerEpoch)
        next.producer.epoch = following(current.producer.epoch);
    if (bumps)
        entry.last_epoch = current.producer.epoch;
    else if (decision.fences)
        entry.last_epoch = ProducerEpoch(-1);

    Effects effects;
    effects.records.push_back(record(id, next));
    const ProducerIdentity answer = bumps ? identity_after(next) : ProducerIdentity();
    effects.replies.push_back(
        [this, id, answer, done = std::move(done)](const Result<void>& committed) {
            if (!committed) return done(committed.error());
            start_markers(id);  // first, so that the next transaction finds this one complete
            done(answer);
        });
    return effects;
}

Effects TransactionShard::prepare_with_id(const std::string& id, const Transaction& current,
                                          const Decision& decision, Done<ProducerIdentity> done) {
    host_.take_producer_id(
        id,
        [id, current, decision, done](TransactionShard& shard,
                                      const Result<ProducerId>& fresh_id) -> Effects {
            const auto found = shard.entries_.find(id);
            Error error(ErrorCode::CONCURRENT_TRANSACTIONS);  // something was faster
            if (!fresh_id) error = fresh_id.error();
            if (fresh_id && found != shard.entries_.end() && found->second.transaction == current)
                return shard.prepare(id, found->second, decision, done, *fresh_id);
            Effects effects;
            effects.replies.push_back([error, done](const Result<void>& committed) {
                done(committed ? error : committed.error());
            });
            return effects;
        },
        [done](const Error& error) { done(error); });
    return {};
}

void TransactionShard::start_markers(const std::string& id) {
    const auto found = entries_.find(id);
    if (found == entries_.end() || !found->second.transaction.is_ending()) return;
    const Transaction& ending = found->second.transaction;
    host_.write_markers({id,
                         {ending.producer, ending.status == TransactionStatus::kPrepareCommit,
                          coordinator_epoch(id), ending.client_version},
                         ending.partitions});
}

Effects TransactionShard::on_markers_written(const std::string& id, ProducerIdentity producer,
                                             MarkerOutcome outcome) {
    const auto found = entries_.find(id);
    if (found == entries_.end() || !found->second.transaction.is_ending() ||
        found->second.transaction.producer != producer)
        return {};
    Entry& entry = found->second;
    if (outcome.superseded) {
        MILENA_LOG(Warn) << "the transaction of " << id
                         << " can't be completed: a newer coordinator or producer was faster";
        return {};
    }
    if (outcome.remaining.empty()) {
        entry.marker_retry.reset();
        return complete(id, entry.transaction);
    }
    MarkerTask task{id,
                    {producer, entry.transaction.status == TransactionStatus::kPrepareCommit,
                     coordinator_epoch(id), entry.transaction.client_version},
                    std::move(outcome.remaining)};
    entry.marker_retry =
        std::make_unique<StateTimer>(timers_, [this, task = std::move(task)]() -> Effects {
            host_.write_markers(task);
            return {};
        });
    entry.marker_retry->arm(kMarkerRetryDelay);
    return {};
}

Effects TransactionShard::complete(const std::string& id, const Transaction& ending) {
    Transaction next = ending.successor(ending.status == TransactionStatus::kPrepareCommit
                                            ? TransactionStatus::kCompleteCommit
                                            : TransactionStatus::kCompleteAbort,
                                        now());
    next.producer = identity_after(ending);
    next.next_producer_id = kNoProducerId;
    next.partitions.clear();
    Effects effects;
    effects.records.push_back(record(id, next));
    return effects;
}

}  // namespace milena
