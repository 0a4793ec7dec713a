// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/transaction_shard.h"

#include "base/log.h"
#include "coordinator/internal_topics.h"
#include "coordinator/runtime/partitioning.h"

namespace milena {

TransactionShard::TransactionShard(const TransactionOptions& options, TimerQueue& timers,
                                   TransactionHost& host)
    : options_(options),
      timers_(timers),
      host_(host),
      abort_timer_(timers, [this] { return abort_overdue(); }),
      expiry_timer_(timers, [this] { return remove_expired(); }) {}

void TransactionShard::replay(const ReplayedRecord& record) {
    const auto id = transaction_key(record.key);
    if (!id) {
        MILENA_LOG(Warn) << "a record of transactions with an unknown key is skipped";
        return;
    }
    if (!record.value) {
        entries_.erase(*id);
        return;
    }
    auto transaction = transaction_value(*record.value);
    if (!transaction) {
        MILENA_LOG(Warn) << "a record of transactional id " << *id << " can't be read: skipped";
        return;
    }
    entries_[*id].transaction = std::move(*transaction);
}

Effects TransactionShard::on_loaded() {
    Effects effects;
    expiry_timer_.arm(std::chrono::milliseconds(options_.remove_expired_interval_ms));
    watch_timeouts();
    effects.replies.push_back([this](const Result<void>& committed) {
        if (!committed) return;
        for (const auto& [id, entry] : entries_)
            if (entry.transaction.is_ending()) start_markers(id);
    });
    return effects;
}

Effects TransactionShard::on_image(const MetadataImagePtr& image) {
    image_ = image;
    const auto level = image->features().find("transaction.version");
    transaction_version_ = level == image->features().end() ? int16_t{0} : level->second;
    return {};
}

int32_t TransactionShard::coordinator_epoch(std::string_view transactional_id) const {
    const TopicState* topic = image_ ? image_->topic(kTransactionTopic) : nullptr;
    if (!topic || topic->partitions.empty()) return 0;
    const auto index =
        coordinator_partition(transactional_id, static_cast<int32_t>(topic->partitions.size()));
    return topic->partitions[static_cast<size_t>(index)].leader_epoch;
}

const Transaction* TransactionShard::find(std::string_view transactional_id) const {
    const auto found = entries_.find(transactional_id);
    return found == entries_.end() ? nullptr : &found->second.transaction;
}

std::map<std::string, Transaction> TransactionShard::transactions() const {
    std::map<std::string, Transaction> all;
    for (const auto& [id, entry] : entries_) all.emplace(id, entry.transaction);
    return all;
}

Effects TransactionShard::describe(std::string_view transactional_id, Done<Transaction> done) {
    Result<Transaction> answer = Error(ErrorCode::TRANSACTIONAL_ID_NOT_FOUND);
    if (const Transaction* found = find(transactional_id)) answer = *found;
    Effects effects;
    effects.replies.push_back([answer, done = std::move(done)](const Result<void>& committed) {
        done(committed ? answer : committed.error());
    });
    return effects;
}

Effects TransactionShard::list(const TransactionFilter& filter,
                               Done<std::vector<ListedTransaction>> done) {
    std::vector<ListedTransaction> listed;
    for (const auto& [id, entry] : entries_) {
        const Transaction& transaction = entry.transaction;
        const int64_t producer_id = transaction.producer.id.value;
        if (!filter.producer_ids.empty() && !filter.producer_ids.contains(producer_id)) continue;
        if (filter.has_statuses && !filter.statuses.contains(transaction.status)) continue;
        if (filter.duration_min_ms >= 0 &&
            now().value - transaction.started.value <= filter.duration_min_ms)
            continue;
        if (filter.matches_id && !filter.matches_id(id)) continue;
        listed.push_back({id, transaction.producer.id, transaction.status});
    }
    Effects effects;
    effects.replies.push_back(
        [listed = std::move(listed), done = std::move(done)](const Result<void>& committed) {
            if (!committed) return done(committed.error());
            done(listed);
        });
    return effects;
}

void TransactionShard::watch_timeouts() {
    if (!abort_timer_.is_armed())
        abort_timer_.arm(std::chrono::milliseconds(options_.abort_timed_out_interval_ms));
}

Effects TransactionShard::abort_overdue() {
    Effects effects;
    effects.atomic = false;
    bool any_is_open = false;
    for (auto& [id, entry] : entries_) {
        any_is_open |= entry.transaction.status == TransactionStatus::kOngoing;
        if (!entry.transaction.is_overdue(now())) continue;
        MILENA_LOG(Info) << "the transaction of " << id << " is aborted: its "
                         << entry.transaction.timeout_ms << " ms are over";
        effects.add(fence(id, entry, [](const Result<ProducerIdentity>&) {}, {}));
    }
    if (any_is_open) watch_timeouts();
    return effects;
}

Effects TransactionShard::remove_expired() {
    Effects effects;
    effects.atomic = false;
    for (const auto& [id, entry] : entries_) {
        const Transaction& transaction = entry.transaction;
        const bool is_idle =
            !transaction.is_ending() && transaction.status != TransactionStatus::kOngoing;
        if (is_idle && transaction.updated.value <= now().value - options_.id_expiration_ms)
            effects.records.push_back(transaction_tombstone(id));
    }
    expiry_timer_.arm(std::chrono::milliseconds(options_.remove_expired_interval_ms));
    return effects;
}

}  // namespace milena
