// SPDX-License-Identifier: Apache-2.0
// A write in a transaction may reach a log only if the transaction's coordinator knows of it: else
// nobody would ever end it there (KIP-890). Produce and TxnOffsetCommit ask here before they
// append.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "coordinator/runtime/state_machine.h"
#include "server/broker.h"

namespace milena {

/// What the client's version of the request understands.
enum class TransactionSupport {
    kDefaultErrors,      ///< INVALID_TXN_STATE for what is not in the transaction
    kAbortableError,     ///< TRANSACTION_ABORTABLE for it
    kImplicitPartitions  ///< the write itself adds partitions (transaction.version 2)
};

/// Of a request whose versions from `abortable` and from `implicit` on understand more.
constexpr TransactionSupport transaction_support(int16_t version, int16_t abortable,
                                                 int16_t implicit) {
    if (version >= implicit) return TransactionSupport::kImplicitPartitions;
    return version >= abortable ? TransactionSupport::kAbortableError
                                : TransactionSupport::kDefaultErrors;
}

struct TransactionalWrite {
    struct Target {
        std::string topic;
        int32_t index = -1;
        std::shared_ptr<Partition> partition;
        int32_t sequence = -1;  ///< of the first batch
    };

    std::string transactional_id;
    ProducerIdentity producer;
    TransactionSupport support = TransactionSupport::kDefaultErrors;
    std::vector<Target> targets;
};

/// For each target AppendSource::guard, or why nothing may be appended there, in the codes of the
/// coordinator.
using WriteVerdicts = std::vector<Result<std::optional<VerificationGuard>>>;

/// `done` runs at once or on `executor`, which both outlive it. Waits a little for an earlier
/// transaction of the producer that is still being completed (add.partitions.to.txn.retry.*).
void verify_write(Broker& broker, Executor& executor, TransactionalWrite write,
                  std::function<void(const WriteVerdicts&)> done);

}  // namespace milena
