// SPDX-License-Identifier: Apache-2.0
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

class ProducerIdBlocks : public World {
  public:
    void take(int count) {
        for (int i = 0; i < count; ++i)
            producer_ids->next([this](Result<ProducerId> id) { taken.push_back(id); });
    }
    void give(Result<int64_t> first) {
        auto done = std::move(controller->blocks_asked.front());
        controller->blocks_asked.pop_front();
        done(first);
    }
    std::vector<Result<ProducerId>> taken;
};

TEST_F(ProducerIdBlocks, WaitForTheFirstBlockOnly) {
    take(2);
    EXPECT_TRUE(taken.empty());
    ASSERT_EQ(controller->blocks_asked.size(), 1u);
    give(5000);
    ASSERT_EQ(taken.size(), 2u);
    EXPECT_EQ(*taken[0], ProducerId(5000));
    EXPECT_EQ(*taken[1], ProducerId(5001));
}

TEST_F(ProducerIdBlocks, AskAheadAndGoOnInTheNextBlock) {
    take(1);
    give(0);
    take(899);
    EXPECT_TRUE(controller->blocks_asked.empty());
    take(1);
    ASSERT_EQ(controller->blocks_asked.size(), 1u);
    take(99);  // the last ones of the first block
    EXPECT_EQ(*taken.back(), ProducerId(999));
    take(1);
    EXPECT_EQ(taken.size(), 1000u);
    give(7000);
    EXPECT_EQ(*taken.back(), ProducerId(7000));
    EXPECT_TRUE(controller->blocks_asked.empty());
}

TEST_F(ProducerIdBlocks, TellWaitersOfAFailureAndAskAgain) {
    take(2);
    give(Error(ErrorCode::KAFKA_STORAGE_ERROR, "disk"));
    ASSERT_EQ(taken.size(), 2u);
    EXPECT_EQ(taken[1].error().code(), ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
    take(1);
    give(0);
    EXPECT_EQ(*taken.back(), ProducerId(0));
}

TEST_F(ProducerIdBlocks, ManyWaitersUseSeveralBlocks) {
    take(1500);
    give(0);
    EXPECT_EQ(taken.size(), 1000u);
    give(1000);
    EXPECT_EQ(taken.size(), 1500u);
    EXPECT_EQ(*taken.back(), ProducerId(1499));
}

TEST_F(ProducerIdBlocks, WaitersAreBounded) {
    take(ProducerIds::kWaitersMax);
    EXPECT_TRUE(taken.empty());
    take(1);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].error().code(), ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
}

class InitProducerId : public ProducerIdBlocks {
  public:
    InitProducerIdResponse init(InitProducerIdRequest request, int16_t version = 5) {
        return ask<InitProducerIdResponse>(handle_init_producer_id, version, request);
    }
};

TEST_F(InitProducerId, GivesAnIdToTheIdempotent) {
    take(1);
    give(0);
    InitProducerIdRequest request;
    request.transactional_id = std::nullopt;
    EXPECT_EQ(init(request, 0).producer_id, 1);
    request.producer_id = 4;
    EXPECT_EQ(init(request).error_code, 42);
    request.producer_epoch = 3;
    EXPECT_EQ(init(request).producer_id, 2);
    EXPECT_EQ(init(request).producer_epoch, 0);
}

TEST_F(InitProducerId, ChecksTransactionsFirst) {
    InitProducerIdRequest request;
    request.transactional_id = "";
    EXPECT_EQ(init(request).error_code, static_cast<int16_t>(ErrorCode::INVALID_REQUEST));
    request.transactional_id = "t";
    EXPECT_EQ(init(request).error_code,
              static_cast<int16_t>(ErrorCode::INVALID_TRANSACTION_TIMEOUT));
    request.transaction_timeout_ms = 1000;
    EXPECT_EQ(init(request).error_code, static_cast<int16_t>(ErrorCode::NOT_COORDINATOR));
    EXPECT_EQ(init(request).producer_epoch, -1);
}

}  // namespace
}  // namespace milena
