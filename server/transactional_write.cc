// SPDX-License-Identifier: Apache-2.0
#include "server/transactional_write.h"

#include <algorithm>

#include "coordinator/transaction/transaction_coordinator.h"
#include "server/settings/settings.h"

namespace milena {

namespace {

class Verification : public std::enable_shared_from_this<Verification> {
  public:
    Verification(Broker& broker, Executor& executor, TransactionalWrite write,
                 std::function<void(const WriteVerdicts&)> done)
        : broker_(broker),
          executor_(executor),
          write_(std::move(write)),
          done_(std::move(done)),
          settings_(broker.settings.current()),
          started_(broker.clock.steady_now()) {}

    void run();

  private:
    bool adds() const { return write_.support == TransactionSupport::kImplicitPartitions; }
    /// The targets that are no part of the transaction in their logs yet get guards, and are
    /// returned.
    NamedPartitions start();
    void ask_to_add(AddPartitions request);
    void ask_to_verify(AddPartitions request);
    Error as_told(const Error& error) const;
    /// Of all targets that wait for an answer.
    void refuse(const Error& error);
    void refuse_others(const NamedPartitions& verified);
    bool may_retry() const;
    void finish();

    bool is_asked(size_t i) const {
        return verdicts_[i] && *verdicts_[i] && **verdicts_[i] != VerificationGuard::kNone;
    }

    Broker& broker_;
    Executor& executor_;
    const TransactionalWrite write_;
    const std::function<void(const WriteVerdicts&)> done_;
    const std::shared_ptr<const BrokerSettings> settings_;
    const SteadyTime started_;
    WriteVerdicts verdicts_;
    std::unique_ptr<Timer> retry_;
};

void Verification::run() {
    verdicts_.assign(write_.targets.size(), std::optional<VerificationGuard>());
    if (!adds() && !settings_->transaction_partition_verification_enable) return done_(verdicts_);
    AddPartitions request{write_.transactional_id, write_.producer, start(), 0};
    if (request.partitions.empty()) return done_(verdicts_);
    if (broker_.transactions.runtime().partition_of(write_.transactional_id) < 0) {
        refuse(Error(ErrorCode::COORDINATOR_NOT_AVAILABLE));
        return done_(verdicts_);
    }
    if (adds())
        ask_to_add(std::move(request));
    else
        ask_to_verify(std::move(request));
}

NamedPartitions Verification::start() {
    NamedPartitions asked;
    for (size_t i = 0; i < write_.targets.size(); ++i) {
        const auto& target = write_.targets[i];
        if (!target.partition->is_leader()) {
            verdicts_[i] = Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
            continue;
        }
        auto guard = target.partition->log()->start_verification(
            {write_.producer.id, write_.producer.epoch, target.sequence, adds()});
        if (!guard)
            verdicts_[i] = guard.error();
        else
            verdicts_[i] = std::optional(*guard);
        if (is_asked(i)) asked[target.topic].insert(target.index);
    }
    return asked;
}

void Verification::ask_to_add(AddPartitions request) {
    request.client_version = kTransactionsWithEpochBump;
    broker_.transactions.add_partitions(std::move(request), [self = shared_from_this()](
                                                                const Result<void>& added) {
        if (!added && added.error().code() == ErrorCode::CONCURRENT_TRANSACTIONS &&
            self->may_retry()) {
            self->retry_ = self->executor_.after(
                std::chrono::milliseconds(self->settings_->add_partitions_to_txn_retry_backoff_ms),
                [self] { self->run(); });
            return;
        }
        if (!added) self->refuse(self->as_told(added.error()));
        self->finish();
    });
}

void Verification::ask_to_verify(AddPartitions request) {
    broker_.transactions.verify_partitions(
        std::move(request), [self = shared_from_this()](const VerifiedPartitions& verified) {
            if (verified)
                self->refuse_others(*verified);
            else
                self->refuse(self->as_told(verified.error()));
            self->finish();
        });
}

bool Verification::may_retry() const {
    const auto limit = std::chrono::milliseconds(std::min(
        settings_->add_partitions_to_txn_retry_backoff_max_ms, settings_->request_timeout_ms));
    return broker_.clock.steady_now() - started_ < limit;
}

Error Verification::as_told(const Error& error) const {
    if (error.code() == ErrorCode::PRODUCER_FENCED)
        return Error(ErrorCode::INVALID_PRODUCER_EPOCH, error.message());
    if (error.code() == ErrorCode::TRANSACTION_ABORTABLE &&
        write_.support == TransactionSupport::kDefaultErrors)
        return Error(ErrorCode::INVALID_TXN_STATE, error.message());
    return error;
}

void Verification::refuse(const Error& error) {
    for (size_t i = 0; i < verdicts_.size(); ++i)
        if (is_asked(i)) verdicts_[i] = error;
}

void Verification::refuse_others(const NamedPartitions& verified) {
    const Error missing = as_told(Error(ErrorCode::TRANSACTION_ABORTABLE));
    for (size_t i = 0; i < verdicts_.size(); ++i) {
        const auto& target = write_.targets[i];
        if (is_asked(i) && !contains(verified, {{target.topic, {target.index}}}))
            verdicts_[i] = missing;
    }
}

void Verification::finish() {
    if (executor_.runs_here()) return done_(verdicts_);
    executor_.post([self = shared_from_this()] { self->done_(self->verdicts_); });
}

}  // namespace

void verify_write(Broker& broker, Executor& executor, TransactionalWrite write,
                  std::function<void(const WriteVerdicts&)> done) {
    std::make_shared<Verification>(broker, executor, std::move(write), std::move(done))->run();
}

}  // namespace milena
