// SPDX-License-Identifier: Apache-2.0
// AddPartitionsToTxn (key 24)
//
// Behaviour: opens the transaction if it isn't, and adds partitions to it: all or none. If one does
// not exist it is answered UNKNOWN_TOPIC_OR_PARTITION, the others OPERATION_NOT_ATTEMPTED. Several
// transactions are independent of each other.
//
// Versions: 0-3 come from clients and hold one transaction. 2 PRODUCER_FENCED,
// INVALID_PRODUCER_EPOCH before. 3 flexible. 4 comes from brokers: many transactions, some of them
// only to be verified (what is not in the transaction is TRANSACTION_ABORTABLE), under the rules of
// transaction.version 2. 5 nothing new here.
#include <atomic>

#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_response.h"
#include "server/handlers/fencing.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using Topic = AddPartitionsToTxnRequest::AddPartitionsToTxnTopic;
using TopicResult = AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult;
using Transaction = AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction;

constexpr int16_t kFirstVersionWithFencing = 2, kFirstVersionOfBrokers = 4;

/// The same code for each partition.
void fill(std::vector<TopicResult>& results, const std::vector<Topic>& topics, int16_t code) {
    for (const Topic& topic : topics) {
        auto& result = results.emplace_back();
        result.name = topic.name;
        for (const int32_t partition : topic.partitions)
            result.results_by_partition.push_back({partition, code});
    }
}

/// One request, answered when the last of its transactions is.
class AddCall : public std::enable_shared_from_this<AddCall> {
  public:
    AddCall(Broker& broker, Call<AddPartitionsToTxnRequest> call)
        : broker_(broker), call_(std::move(call)), image_(broker.image()) {}

    void run();

  private:
    void add(const Transaction& transaction, std::vector<TopicResult>& results);
    void verify(AddPartitions request, const Transaction& transaction,
                std::vector<TopicResult>& results);
    bool all_exist(const std::vector<Topic>& topics, std::vector<TopicResult>& results) const;
    int16_t code_of(const Error& error) const {
        return fencing_code(error, call_.version(), kFirstVersionWithFencing);
    }
    void finish();

    Broker& broker_;
    const Call<AddPartitionsToTxnRequest> call_;
    const MetadataImagePtr image_;
    Transaction only_;  // of a client's request
    AddPartitionsToTxnResponse response_;
    std::atomic<size_t> waiting_{1};
};

void AddCall::run() {
    if (call_.version() < kFirstVersionOfBrokers) {
        only_.transactional_id = call_->v3_and_below_transactional_id;
        only_.producer_id = call_->v3_and_below_producer_id;
        only_.producer_epoch = call_->v3_and_below_producer_epoch;
        only_.topics = call_->v3_and_below_topics;
        return add(only_, response_.results_by_topic_v3_and_below);
    }
    waiting_ += call_->transactions.size();
    response_.results_by_transaction.resize(call_->transactions.size());
    for (size_t i = 0; i < call_->transactions.size(); ++i) {
        auto& result = response_.results_by_transaction[i];
        result.transactional_id = call_->transactions[i].transactional_id;
        add(call_->transactions[i], result.topic_results);
    }
    finish();
}

void AddCall::add(const Transaction& transaction, std::vector<TopicResult>& results) {
    if (!all_exist(transaction.topics, results)) return finish();
    AddPartitions request;
    request.transactional_id = transaction.transactional_id;
    request.producer = {ProducerId(transaction.producer_id),
                        ProducerEpoch(transaction.producer_epoch)};
    for (const Topic& topic : transaction.topics) {
        if (topic.partitions.empty()) continue;
        request.partitions[std::string(topic.name)].insert(topic.partitions.begin(),
                                                           topic.partitions.end());
    }
    if (transaction.verify_only) return verify(std::move(request), transaction, results);
    if (call_.version() >= kFirstVersionOfBrokers)
        request.client_version = kTransactionsWithEpochBump;
    broker_.transactions.add_partitions(
        std::move(request),
        [self = shared_from_this(), &transaction, &results](const Result<void>& added) {
            fill(results, transaction.topics, added ? 0 : self->code_of(added.error()));
            self->finish();
        });
}

void AddCall::verify(AddPartitions request, const Transaction& transaction,
                     std::vector<TopicResult>& results) {
    broker_.transactions.verify_partitions(
        std::move(request),
        [self = shared_from_this(), &transaction, &results](const VerifiedPartitions& verified) {
            fill(results, transaction.topics, verified ? 0 : self->code_of(verified.error()));
            if (verified)
                for (TopicResult& topic : results)
                    for (auto& partition : topic.results_by_partition)
                        if (!contains(*verified,
                                      {{std::string(topic.name), {partition.partition_index}}}))
                            partition.partition_error_code =
                                static_cast<int16_t>(ErrorCode::TRANSACTION_ABORTABLE);
            self->finish();
        });
}

bool AddCall::all_exist(const std::vector<Topic>& topics, std::vector<TopicResult>& results) const {
    const auto exists = [this](std::string_view name, int32_t partition) {
        const TopicState* topic = image_->topic(name);
        return topic && partition >= 0 && static_cast<size_t>(partition) < topic->partitions.size();
    };
    const bool good = std::ranges::all_of(topics, [&](const Topic& topic) {
        return std::ranges::all_of(
            topic.partitions, [&](int32_t partition) { return exists(topic.name, partition); });
    });
    if (good) return true;
    fill(results, topics, static_cast<int16_t>(ErrorCode::OPERATION_NOT_ATTEMPTED));
    for (TopicResult& topic : results)
        for (auto& partition : topic.results_by_partition)
            if (!exists(topic.name, partition.partition_index))
                partition.partition_error_code =
                    static_cast<int16_t>(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    return false;
}

void AddCall::finish() {
    if (--waiting_ == 0) call_.respond(response_);
}

}  // namespace

void handle_add_partitions_to_txn(Broker& broker, Call<AddPartitionsToTxnRequest> call) {
    std::make_shared<AddCall>(broker, std::move(call))->run();
}

}  // namespace milena
