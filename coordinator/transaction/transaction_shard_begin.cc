// SPDX-License-Identifier: Apache-2.0
// What opens transactions: who the producer is, and which partitions it writes to.
#include "coordinator/transaction/transaction_shard.h"

namespace milena {

namespace {

Effects answer_with(Error error, const TransactionShard::Done<ProducerIdentity>& done) {
    Effects effects;
    effects.replies.push_back([error = std::move(error), done](const Result<void>& committed) {
        done(committed ? error : committed.error());
    });
    return effects;
}

ProducerIdentity first_identity(ProducerId id) { return {id, ProducerEpoch(0)}; }

/// A producer that got a new id because its epochs were used up may still name the old one.
bool was(const ProducerIdentity& former, const Transaction& transaction) {
    return transaction.producer.epoch.value == -1 || former.id == transaction.producer.id ||
           (former.id == transaction.previous_producer_id && is_exhausted(former.epoch));
}

}  // namespace

Effects TransactionShard::init_producer(const InitProducer& request, Done<ProducerIdentity> done,
                                        std::optional<ProducerId> fresh_id) {
    const auto found = entries_.find(request.transactional_id);
    if (found != entries_.end()) return init_known(request, found->second, done, fresh_id);
    if (fresh_id) return begin(request, done, *fresh_id);
    return ask_for_id(request, done);
}

Effects TransactionShard::ask_for_id(const InitProducer& request,
                                     const Done<ProducerIdentity>& done) {
    host_.take_producer_id(
        request.transactional_id,
        [request, done](TransactionShard& shard, const Result<ProducerId>& id) {
            if (!id) return answer_with(id.error(), done);
            return shard.init_producer(request, done, *id);
        },
        [done](const Error& error) { done(error); });
    return {};
}

Effects TransactionShard::begin(const InitProducer& request, const Done<ProducerIdentity>& done,
                                ProducerId fresh_id) {
    Transaction first;
    first.producer = first_identity(fresh_id);
    first.previous_producer_id = fresh_id;
    first.timeout_ms = request.timeout_ms;
    first.updated = now();
    return write_identity(request.transactional_id, first, ProducerEpoch(-1), done);
}

Effects TransactionShard::init_known(const InitProducer& request, Entry& entry,
                                     const Done<ProducerIdentity>& done,
                                     std::optional<ProducerId> fresh_id) {
    const Transaction& current = entry.transaction;
    if (current.is_ending()) return answer_with(Error(ErrorCode::CONCURRENT_TRANSACTIONS), done);
    if (request.former && !was(*request.former, current))
        return answer_with(Error(ErrorCode::PRODUCER_FENCED), done);
    if (current.status == TransactionStatus::kOngoing)
        return fence(request.transactional_id, entry,
                     [done](const Result<ProducerIdentity>& fenced) {
                         done(fenced ? Error(ErrorCode::CONCURRENT_TRANSACTIONS) : fenced.error());
                     },
                     {});

    Transaction next = current.successor(TransactionStatus::kEmpty, now());
    next.timeout_ms = request.timeout_ms;
    next.partitions.clear();
    next.started = kNoTimestamp;
    const ProducerEpoch epoch = current.producer.epoch;
    const bool is_newest = !request.former || request.former->epoch == epoch;
    const ProducerEpoch last_epoch = request.former ? epoch : ProducerEpoch(-1);
    if (is_exhausted(epoch)) {
        if (!is_newest)  // Kafka has no better answer either
            return answer_with(Error(ErrorCode::UNKNOWN_SERVER_ERROR), done);
        if (!fresh_id) return ask_for_id(request, done);
        next.producer = first_identity(*fresh_id);
        return write_identity(request.transactional_id, next, last_epoch, done);
    }
    if (is_newest) {
        next.producer.epoch = ProducerEpoch(static_cast<int16_t>(epoch.value + 1));
        return write_identity(request.transactional_id, next, last_epoch, done);
    }
    // A retry: the first answer was lost.
    if (request.former->epoch == entry.last_epoch)
        return write_identity(request.transactional_id, next, entry.last_epoch, done);
    return answer_with(Error(ErrorCode::PRODUCER_FENCED), done);
}

Effects TransactionShard::write_identity(const std::string& id, Transaction next,
                                         ProducerEpoch last_epoch,
                                         const Done<ProducerIdentity>& done) {
    Effects effects;
    effects.records.push_back(record(id, next));
    entries_[id].last_epoch = last_epoch;
    effects.replies.push_back([identity = next.producer, done](const Result<void>& committed) {
        if (!committed) return done(committed.error());
        done(identity);
    });
    return effects;
}

Effects TransactionShard::add_partitions(const AddPartitions& request, Done<void> done) {
    const auto check = [&]() -> Result<bool> {  // whether there is something to add
        const Transaction* current = find(request.transactional_id);
        if (!current) return Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
        if (current->is_ending()) return Error(ErrorCode::CONCURRENT_TRANSACTIONS);
        if (current->producer.id != request.producer.id)
            return Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
        if (current->producer.epoch != request.producer.epoch)
            return Error(ErrorCode::PRODUCER_FENCED);
        return current->status != TransactionStatus::kOngoing ||
               !contains(current->partitions, request.partitions);
    };
    const Result<bool> adds = check();
    Effects effects;
    if (adds && *adds) {
        const Transaction& current = *find(request.transactional_id);
        Transaction next = current.successor(TransactionStatus::kOngoing, now());
        if (current.status != TransactionStatus::kOngoing) next.started = next.updated;
        for (const auto& [topic, partitions] : request.partitions)
            next.partitions[topic].insert(partitions.begin(), partitions.end());
        next.client_version = request.client_version;
        effects.records.push_back(record(request.transactional_id, next));
        watch_timeouts();
    }
    const Result<void> answer = adds ? Result<void>() : adds.error();
    effects.replies.push_back([answer, done = std::move(done)](const Result<void>& committed) {
        done(committed ? answer : committed);
    });
    return effects;
}

Effects TransactionShard::verify_partitions(const AddPartitions& request,
                                            Done<NamedPartitions> done) {
    const auto check = [&]() -> VerifiedPartitions {
        const Transaction* current = find(request.transactional_id);
        if (!current || current->producer.id != request.producer.id)
            return Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
        if (current->producer.epoch != request.producer.epoch)
            return Error(ErrorCode::PRODUCER_FENCED);
        if (current->is_ending()) return Error(ErrorCode::CONCURRENT_TRANSACTIONS);
        NamedPartitions verified;
        for (const auto& [topic, partitions] : request.partitions)
            for (const int32_t partition : partitions)
                if (contains(current->partitions, {{topic, {partition}}}))
                    verified[topic].insert(partition);
        return verified;
    };
    Effects effects;
    effects.replies.push_back(
        [answer = check(), done = std::move(done)](const Result<void>& committed) {
            done(committed ? answer : committed.error());
        });
    return effects;
}

}  // namespace milena
