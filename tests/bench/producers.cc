// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/producers.h"

#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_response.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/end_txn_response.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/record_batch_builder.h"
#include "tests/bench/members.h"

namespace milena::bench {

using namespace protocol;

namespace {

// Transactions outlive the whole load, however long it takes.
constexpr int32_t kTransactionTimeoutMs = 900'000;
constexpr size_t kValueBytes = 900;
constexpr int16_t kInitVersion = 5;
constexpr int16_t kAddVersion = 3;
constexpr int16_t kProduceVersion = 12;
constexpr int16_t kEndVersion = 5;

}  // namespace

bool TransactionalProducer::must_wait(int16_t error, std::function<void()> again) {
    if (!is_too_early(error) && error != static_cast<int16_t>(ErrorCode::CONCURRENT_TRANSACTIONS))
        return false;
    ++retries_;
    connections_.after(kRetryDelay, std::move(again));
    return true;
}

void TransactionalProducer::start(Done done) {
    InitProducerIdRequest request;
    request.transactional_id = id_;
    request.transaction_timeout_ms = kTransactionTimeoutMs;
    connections_.ask<InitProducerIdResponse>(
        connection_, request, kInitVersion, [this, done](const InitProducerIdResponse& made) {
            if (must_wait(made.error_code, [this, done] { start(done); })) return;
            check("InitProducerId", made.error_code);
            producer_ = ProducerId(made.producer_id);
            epoch_ = ProducerEpoch(made.producer_epoch);
            done();
        });
}

void TransactionalProducer::open(Done done) {
    AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = id_;
    request.v3_and_below_producer_id = producer_.value;
    request.v3_and_below_producer_epoch = epoch_.value;
    request.v3_and_below_topics.push_back({topic_, {partition_}});
    connections_.ask<AddPartitionsToTxnResponse>(
        connection_, request, kAddVersion, [this, done](const AddPartitionsToTxnResponse& added) {
            const auto& row = added.results_by_topic_v3_and_below.at(0).results_by_partition.at(0);
            if (must_wait(row.partition_error_code, [this, done] { open(done); })) return;
            check("AddPartitionsToTxn", row.partition_error_code);
            done();
        });
}

Bytes TransactionalProducer::batch() const {
    static const Bytes value(kValueBytes, 'v');
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    RecordBatchOptions options;
    options.producer_id = producer_;
    options.producer_epoch = epoch_;
    options.base_sequence = 0;
    options.transactional = true;
    NewRecord record;
    record.timestamp =
        TimestampMs(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    record.value = BytesView(value);
    RecordBatchBuilder builder(options);
    if (!builder.append(record)) die("build a batch");
    return *builder.build();
}

void TransactionalProducer::commit_one(Done done) {
    const Bytes records = batch();
    ProduceRequest request;
    request.transactional_id = id_;
    request.acks = -1;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = topic_;
    auto& partition = topic.partition_data.emplace_back();
    partition.index = partition_;
    partition.records = Records(BytesView(records));
    connections_.ask<ProduceResponse>(
        connection_, request, kProduceVersion, [this, done](const ProduceResponse& produced) {
            const auto& row = produced.responses.at(0).partition_responses.at(0);
            if (must_wait(row.error_code, [this, done] { commit_one(done); })) return;
            check("Produce", row.error_code);
            end(done);
        });
}

void TransactionalProducer::end(Done done) {
    EndTxnRequest request;
    request.transactional_id = id_;
    request.producer_id = producer_.value;
    request.producer_epoch = epoch_.value;
    request.committed = true;
    connections_.ask<EndTxnResponse>(
        connection_, request, kEndVersion, [this, done](const EndTxnResponse& ended) {
            if (must_wait(ended.error_code, [this, done] { end(done); })) return;
            check("EndTxn", ended.error_code);
            producer_ = ProducerId(ended.producer_id);
            epoch_ = ProducerEpoch(ended.producer_epoch);
            done();
        });
}

}  // namespace milena::bench
