// SPDX-License-Identifier: Apache-2.0
// What requests of transactions are told, by their versions.
#include "protocol/messages/add_offsets_to_txn_request.h"
#include "protocol/messages/add_offsets_to_txn_response.h"
#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_response.h"
#include "protocol/messages/describe_transactions_request.h"
#include "protocol/messages/describe_transactions_response.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/end_txn_response.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "protocol/messages/list_transactions_request.h"
#include "protocol/messages/list_transactions_response.h"
#include "protocol/messages/write_txn_markers_request.h"
#include "protocol/messages/write_txn_markers_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using namespace protocol;

class TransactionHandlers : public World {
  public:
    /// This node is the coordinator of all transactional ids, and has producer ids to give.
    TransactionHandlers() {
        add_topic("__transaction_state", 3);
        for (const auto& [id, partition] : partitions.partitions)
            partition->fake->watermark = partition->fake->end;
        add_topic("orders", 2);
        coordinators->follow(image.publish());
        producer_ids->next([](Result<ProducerId>) {});
        controller->blocks_asked.front()(1000);
        InitProducerIdRequest request;
        request.transactional_id = "t";
        request.transaction_timeout_ms = 1000;
        const auto answer = ask<InitProducerIdResponse>(handle_init_producer_id, 5, request);
        EXPECT_EQ(code(answer), ErrorCode::NONE);
        producer_id = answer.producer_id;
    }

    template <class Answer>
    static ErrorCode code(const Answer& answer) {
        return static_cast<ErrorCode>(answer.error_code);
    }
    static ErrorCode code(const AddPartitionsToTxnResponse& answer, size_t partition = 0) {
        return static_cast<ErrorCode>(answer.results_by_topic_v3_and_below.at(0)
                                          .results_by_partition.at(partition)
                                          .partition_error_code);
    }
    AddPartitionsToTxnResponse add(std::vector<int32_t> partitions, int16_t epoch,
                                   int16_t version = 3) {
        AddPartitionsToTxnRequest request;
        request.v3_and_below_transactional_id = "t";
        request.v3_and_below_producer_id = producer_id;
        request.v3_and_below_producer_epoch = epoch;
        request.v3_and_below_topics.push_back({"orders", std::move(partitions)});
        return ask<AddPartitionsToTxnResponse>(handle_add_partitions_to_txn, version, request);
    }
    EndTxnResponse end(int16_t epoch, int16_t version) {
        EndTxnRequest request;
        request.transactional_id = "t";
        request.producer_id = producer_id;
        request.producer_epoch = epoch;
        request.committed = true;
        return ask<EndTxnResponse>(handle_end_txn, version, request);
    }

    int64_t producer_id = -1;
};

TEST_F(TransactionHandlers, OldVersionsKnowNoFencing) {
    const auto old = ErrorCode::INVALID_PRODUCER_EPOCH, now = ErrorCode::PRODUCER_FENCED;
    EXPECT_EQ(code(add({0}, 9, 1)), old);
    EXPECT_EQ(code(add({0}, 9, 2)), now);
    EXPECT_EQ(code(end(9, 1)), old);
    EXPECT_EQ(code(end(9, 2)), now);

    InitProducerIdRequest init;
    init.transactional_id = "t";
    init.transaction_timeout_ms = 1000;
    init.producer_id = producer_id;
    init.producer_epoch = 9;
    EXPECT_EQ(code(ask<InitProducerIdResponse>(handle_init_producer_id, 3, init)), old);
    EXPECT_EQ(code(ask<InitProducerIdResponse>(handle_init_producer_id, 4, init)), now);

    add_topic("__consumer_offsets", 3);
    coordinators->follow(image.publish());
    AddOffsetsToTxnRequest offsets;
    offsets.transactional_id = "t";
    offsets.producer_id = producer_id;
    offsets.producer_epoch = 9;
    offsets.group_id = "g";
    EXPECT_EQ(code(ask<AddOffsetsToTxnResponse>(handle_add_offsets_to_txn, 1, offsets)), old);
    EXPECT_EQ(code(ask<AddOffsetsToTxnResponse>(handle_add_offsets_to_txn, 2, offsets)), now);
}

TEST_F(TransactionHandlers, AllPartitionsAreAddedOrNone) {
    const auto answer = add({0, 2, 1}, 0);
    EXPECT_EQ(code(answer, 0), ErrorCode::OPERATION_NOT_ATTEMPTED);
    EXPECT_EQ(code(answer, 1), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(code(answer, 2), ErrorCode::OPERATION_NOT_ATTEMPTED);
    EXPECT_EQ(code(end(0, 4)), ErrorCode::INVALID_TXN_STATE) << "nothing was begun";
    EXPECT_EQ(code(add({0, 1}, 0)), ErrorCode::NONE);
    EXPECT_EQ(code(end(0, 4)), ErrorCode::NONE);
}

TEST_F(TransactionHandlers, BrokersVerify) {
    ASSERT_EQ(code(add({0}, 0)), ErrorCode::NONE);
    AddPartitionsToTxnRequest request;
    auto& asked = request.transactions.emplace_back();
    asked.transactional_id = "t";
    asked.producer_id = producer_id;
    asked.verify_only = true;
    asked.topics.push_back({"orders", {0, 1}});
    const auto answer = ask<AddPartitionsToTxnResponse>(handle_add_partitions_to_txn, 5, request);
    const auto& partitions = answer.results_by_transaction.at(0).topic_results.at(0);
    EXPECT_EQ(partitions.results_by_partition.at(0).partition_error_code, 0);
    EXPECT_EQ(partitions.results_by_partition.at(1).partition_error_code,
              static_cast<int16_t>(ErrorCode::TRANSACTION_ABORTABLE));
}

TEST_F(TransactionHandlers, TheEndOfNewClientsTellsTheNextEpoch) {
    ASSERT_EQ(code(add({0}, 0)), ErrorCode::NONE);
    const auto answer = end(0, 5);
    EXPECT_EQ(code(answer), ErrorCode::NONE);
    EXPECT_EQ(answer.producer_id, producer_id);
    EXPECT_EQ(answer.producer_epoch, 1);
    EXPECT_EQ(code(end(0, 5)), ErrorCode::NONE) << "the request was repeated";
}

TEST_F(TransactionHandlers, AreDescribedOneByOne) {
    ASSERT_EQ(code(add({1}, 0)), ErrorCode::NONE);
    DescribeTransactionsRequest request;
    request.transactional_ids = {"t", "unknown", ""};
    const auto states = ask<DescribeTransactionsResponse>(handle_describe_transactions, 0, request)
                            .transaction_states;
    EXPECT_EQ(states.at(0).transaction_state, "Ongoing");
    EXPECT_EQ(states.at(0).topics.at(0).partitions, std::vector<int32_t>{1});
    EXPECT_EQ(code(states.at(1)), ErrorCode::TRANSACTIONAL_ID_NOT_FOUND);
    EXPECT_EQ(code(states.at(2)), ErrorCode::INVALID_REQUEST);
}

TEST_F(TransactionHandlers, AreListedByPattern) {
    const auto list = [this](std::string_view pattern) {
        ListTransactionsRequest request;
        request.state_filters = {"Empty", "Nonsense"};
        request.transactional_id_pattern = pattern;
        return ask<ListTransactionsResponse>(handle_list_transactions, 2, request);
    };
    EXPECT_EQ(list("").transaction_states.size(), 1u);
    EXPECT_EQ(list("t|u").transaction_states.size(), 1u);
    EXPECT_EQ(list("tt").transaction_states.size(), 0u);
    EXPECT_EQ(list("").unknown_state_filters, std::vector<std::string_view>{"Nonsense"});
    EXPECT_EQ(code(list("(")), ErrorCode::INVALID_REGULAR_EXPRESSION);
}

TEST_F(TransactionHandlers, MarkersAreAnsweredForEachPartition) {
    WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = 5;
    marker.topics.push_back({"orders", {0, 7}});
    marker.topics.push_back({"missing", {0}});
    const auto answer = ask<WriteTxnMarkersResponse>(handle_write_txn_markers, 2, request);
    const auto& topics = answer.markers.at(0).topics;
    const auto unknown = static_cast<int16_t>(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(topics.at(0).partitions.at(0).error_code, 0);
    EXPECT_EQ(topics.at(0).partitions.at(1).error_code, unknown);
    EXPECT_EQ(topics.at(1).partitions.at(0).error_code, unknown);
}

}  // namespace
}  // namespace milena
