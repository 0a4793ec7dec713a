// SPDX-License-Identifier: Apache-2.0
// One transactional id as the records of __transaction_state tell it: key TransactionLogKey, value
// TransactionLogValue, of version 0 while transaction.version is 0.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "coordinator/runtime/record.h"
#include "coordinator/runtime/state_machine.h"

namespace milena {

/// Kafka's numbers.
enum class TransactionStatus : int8_t {
    kEmpty = 0,
    kOngoing = 1,
    kPrepareCommit = 2,
    kPrepareAbort = 3,
    kCompleteCommit = 4,
    kCompleteAbort = 5,
    kDead = 6,
    kPrepareEpochFence = 7,
};

/// As clients and tools call it.
std::string_view name_of(TransactionStatus status);
std::optional<TransactionStatus> transaction_status(std::string_view name);

/// Partitions by their topics' names, as these records have them.
using NamedPartitions = std::map<std::string, std::set<int32_t>, std::less<>>;

bool contains(const NamedPartitions& all, const NamedPartitions& some);

/// The first version of transactions in which each end gives the producer a new epoch (KIP-890).
inline constexpr int16_t kTransactionsWithEpochBump = 2;
/// The last epoch is kept for fencing: a producer that has the one before gets a new id.
inline constexpr ProducerEpoch kLastProducerEpoch{std::numeric_limits<int16_t>::max()};
constexpr bool is_exhausted(ProducerEpoch epoch) {
    return epoch.value >= kLastProducerEpoch.value - 1;
}
/// The timeout of a transaction that takes part in a two-phase commit: it has none.
inline constexpr int32_t kNoTransactionTimeout = std::numeric_limits<int32_t>::max();

struct Transaction {
    ProducerIdentity producer;
    ProducerId previous_producer_id = kNoProducerId;
    /// Takes over when the transaction is complete, because the epochs are used up.
    ProducerId next_producer_id = kNoProducerId;
    int32_t timeout_ms = 0;
    TransactionStatus status = TransactionStatus::kEmpty;
    NamedPartitions partitions;
    TimestampMs started = kNoTimestamp;
    TimestampMs updated = kNoTimestamp;
    /// Which rules the client follows: 0 or kTransactionsWithEpochBump.
    int16_t client_version = 0;

    /// Between the decision and the last marker.
    bool is_ending() const {
        return status == TransactionStatus::kPrepareCommit ||
               status == TransactionStatus::kPrepareAbort;
    }
    bool bumps_epoch() const { return client_version >= kTransactionsWithEpochBump; }
    bool is_overdue(TimestampMs now) const {
        return status == TransactionStatus::kOngoing && timeout_ms != kNoTransactionTimeout &&
               started.value + timeout_ms < now.value;
    }
    /// What comes after it, before anything is changed.
    Transaction successor(TransactionStatus status, TimestampMs now) const;
    bool operator==(const Transaction&) const = default;
};

CoordinatorRecord transaction_record(std::string_view id, const Transaction& transaction,
                                     int16_t transaction_version);
CoordinatorRecord transaction_tombstone(std::string_view id);
/// Nothing if the key is of an unknown kind.
std::optional<std::string> transaction_key(BytesView key);
/// Nothing if it is of an unknown version, or not readable.
std::optional<Transaction> transaction_value(BytesView value);

}  // namespace milena
