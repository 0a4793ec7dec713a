// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/transaction.h"

#include <algorithm>
#include <array>

#include "protocol/messages/transaction_log_key.h"
#include "protocol/messages/transaction_log_value.h"

namespace milena {

using protocol::TransactionLogKey;
using protocol::TransactionLogValue;

namespace {

constexpr std::array<std::string_view, 8> kStatusNames{
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

}  // namespace

std::string_view name_of(TransactionStatus status) {
    return kStatusNames[static_cast<size_t>(status)];
}

std::optional<TransactionStatus> transaction_status(std::string_view name) {
    const auto found = std::ranges::find(kStatusNames, name);
    if (found == kStatusNames.end()) return {};
    return static_cast<TransactionStatus>(found - kStatusNames.begin());
}

bool contains(const NamedPartitions& all, const NamedPartitions& some) {
    return std::ranges::all_of(some, [&](const auto& topic) {
        const auto found = all.find(topic.first);
        return found != all.end() && std::ranges::includes(found->second, topic.second);
    });
}

Transaction Transaction::successor(TransactionStatus next, TimestampMs now) const {
    Transaction changed = *this;
    changed.previous_producer_id = producer.id;
    changed.status = next;
    changed.updated = now;
    return changed;
}

CoordinatorRecord transaction_record(std::string_view id, const Transaction& transaction,
                                     int16_t transaction_version) {
    TransactionLogKey key;
    key.transactional_id = id;
    TransactionLogValue value;
    value.producer_id = transaction.producer.id.value;
    value.previous_producer_id = transaction.previous_producer_id.value;
    value.next_producer_id = transaction.next_producer_id.value;
    value.producer_epoch = transaction.producer.epoch.value;
    value.transaction_timeout_ms = transaction.timeout_ms;
    value.transaction_status = static_cast<int8_t>(transaction.status);
    if (transaction.status == TransactionStatus::kEmpty) value.transaction_partitions.reset();
    for (const auto& [topic, partitions] : transaction.partitions)
        value.transaction_partitions->push_back({topic, {partitions.begin(), partitions.end()}});
    value.transaction_last_update_timestamp_ms = transaction.updated.value;
    value.transaction_start_timestamp_ms = transaction.started.value;
    value.client_transaction_version = transaction.client_version;
    return make_record(key, value, transaction_version == 0 ? 0 : 1);
}

CoordinatorRecord transaction_tombstone(std::string_view id) {
    TransactionLogKey key;
    key.transactional_id = id;
    return make_tombstone(key);
}

std::optional<std::string> transaction_key(BytesView bytes) {
    const auto split = split_version(bytes);
    if (!split || split->version != TransactionLogKey::kApiKey) return {};
    const auto key =
        protocol::decode_message<TransactionLogKey>(split->body, TransactionLogKey::kMaxVersion);
    if (!key) return {};
    return std::string(key->transactional_id);
}

std::optional<Transaction> transaction_value(BytesView bytes) {
    const auto split = split_version(bytes);
    if (!split || split->version < 0 || split->version > TransactionLogValue::kMaxVersion)
        return {};
    const auto value = protocol::decode_message<TransactionLogValue>(split->body, split->version);
    if (!value || value->transaction_status < 0 ||
        static_cast<size_t>(value->transaction_status) >= kStatusNames.size())
        return {};
    Transaction transaction;
    transaction.producer = {ProducerId(value->producer_id), ProducerEpoch(value->producer_epoch)};
    transaction.previous_producer_id = ProducerId(value->previous_producer_id);
    transaction.next_producer_id = ProducerId(value->next_producer_id);
    transaction.timeout_ms = value->transaction_timeout_ms;
    transaction.status = static_cast<TransactionStatus>(value->transaction_status);
    if (value->transaction_partitions)
        for (const auto& topic : *value->transaction_partitions)
            transaction.partitions[std::string(topic.topic)].insert(topic.partition_ids.begin(),
                                                                    topic.partition_ids.end());
    transaction.started = TimestampMs(value->transaction_start_timestamp_ms);
    transaction.updated = TimestampMs(value->transaction_last_update_timestamp_ms);
    transaction.client_version = value->client_transaction_version;
    return transaction;
}

}  // namespace milena
