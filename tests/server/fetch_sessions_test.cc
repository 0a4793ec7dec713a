// SPDX-License-Identifier: Apache-2.0
#include "server/fetch_sessions.h"

#include <gtest/gtest.h>

#include <numeric>

namespace milena {
namespace {

class ManualClock final : public Clock {
  public:
    TimestampMs now() const override { return TimestampMs(0); }
    SteadyTime steady_now() const override { return SteadyTime(elapsed); }
    std::chrono::seconds elapsed{1000};
};

protocol::FetchRequest request_of(int32_t session, int32_t epoch, std::vector<int32_t> partitions,
                                  std::vector<int32_t> forgotten = {}) {
    protocol::FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    if (!partitions.empty()) {
        auto& topic = request.topics.emplace_back();
        topic.topic = "topic";
        for (int32_t partition : partitions) topic.partitions.emplace_back().partition = partition;
    }
    if (!forgotten.empty()) {
        auto& topic = request.forgotten_topics_data.emplace_back();
        topic.topic = "topic";
        topic.partitions = forgotten;
    }
    return request;
}

protocol::FetchResponse::PartitionData answer_of(int64_t high_watermark, BytesView records = {}) {
    protocol::FetchResponse::PartitionData answer;
    answer.high_watermark = high_watermark;
    answer.log_start_offset = 0;
    answer.records = protocol::Records(records);
    return answer;
}

std::vector<int32_t> partitions_of(const FetchPlan& plan) {
    std::vector<int32_t> partitions;
    for (const FetchTarget& target : plan.targets) partitions.push_back(target.partition);
    return partitions;
}

class FetchSessionsTest : public testing::Test {
  protected:
    static constexpr int16_t kVersion = 12;

    Result<FetchPlan> plan(const protocol::FetchRequest& request, int16_t version = kVersion) {
        return sessions.plan(request, version);
    }
    ErrorCode error_of(const protocol::FetchRequest& request, int16_t version = kVersion) {
        auto made = plan(request, version);
        return made ? ErrorCode::NONE : made.error().code();
    }

    ManualClock clock;
    FetchSessions sessions{2, clock};
};

TEST_F(FetchSessionsTest, OldVersionsAndFinalEpochsHaveNone) {
    EXPECT_EQ(plan(request_of(0, 0, {1}), 6)->session, nullptr);
    EXPECT_EQ(plan(request_of(0, -1, {1}))->session, nullptr);
    EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionsTest, ASessionHasABoundOnItsPartitions) {
    std::vector<int32_t> partitions(FetchSessions::kPartitionsPerSessionMax);
    std::iota(partitions.begin(), partitions.end(), 0);
    auto full = plan(request_of(0, 0, partitions));
    ASSERT_NE(full->session, nullptr);
    const auto one_more = static_cast<int32_t>(partitions.size());
    EXPECT_EQ(error_of(request_of(full->session->id(), 1, {one_more})),
              ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    EXPECT_EQ(sessions.size(), 0u);
    partitions.push_back(one_more);
    auto without = plan(request_of(0, 0, partitions));
    EXPECT_EQ(without->session, nullptr);
    EXPECT_EQ(without->targets.size(), partitions.size());
}

TEST_F(FetchSessionsTest, RemembersAddsAndForgets) {
    auto first = plan(request_of(0, 0, {1, 2}));
    int32_t id = first->session->id();
    EXPECT_FALSE(first->incremental);
    EXPECT_EQ(partitions_of(*plan(request_of(id, 1, {}))), (std::vector{1, 2}));
    auto third = plan(request_of(id, 2, {3}, {1}));
    EXPECT_TRUE(third->incremental);
    EXPECT_EQ(partitions_of(*third), (std::vector{2, 3}));
}

TEST_F(FetchSessionsTest, RefusesWrongIdsEpochsAndKindsOfTopics) {
    int32_t id = plan(request_of(0, 0, {1}))->session->id();
    EXPECT_EQ(error_of(request_of(id + 1, 1, {})), ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    EXPECT_EQ(error_of(request_of(id, 2, {})), ErrorCode::INVALID_FETCH_SESSION_EPOCH);
    EXPECT_EQ(error_of(request_of(id, 1, {}), 13), ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
    EXPECT_EQ(error_of(request_of(id, 1, {})), ErrorCode::NONE);
}

TEST_F(FetchSessionsTest, EndsWhenEmptyOrAskedTo) {
    int32_t id = plan(request_of(0, 0, {1}))->session->id();
    EXPECT_EQ(plan(request_of(id, 1, {}, {1}))->session, nullptr);
    EXPECT_EQ(sessions.size(), 0u);
    id = plan(request_of(0, 0, {1}))->session->id();
    EXPECT_EQ(plan(request_of(id, -1, {1}))->session, nullptr);
    EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionsTest, TellsOnlyNews) {
    auto full = plan(request_of(0, 0, {1}));
    FetchSession& session = *full->session;
    const FetchTarget& target = full->targets[0];
    EXPECT_TRUE(session.must_tell(target, answer_of(5), false));
    EXPECT_FALSE(session.must_tell(target, answer_of(5), true));
    EXPECT_TRUE(session.must_tell(target, answer_of(6), true));
    auto failed = answer_of(-1);
    failed.error_code = 3;
    EXPECT_TRUE(session.must_tell(target, failed, true));
    EXPECT_TRUE(session.must_tell(target, failed, true));
    EXPECT_TRUE(session.must_tell(target, answer_of(6), true));
    EXPECT_FALSE(session.must_tell(target, answer_of(6), true));
    Bytes records(10);
    EXPECT_TRUE(session.must_tell(target, answer_of(6, records), true));
}

TEST_F(FetchSessionsTest, PartitionsWithRecordsGoToTheEnd) {
    auto full = plan(request_of(0, 0, {1, 2}));
    Bytes records(10);
    full->session->must_tell(full->targets[0], answer_of(6, records), true);
    EXPECT_EQ(partitions_of(*plan(request_of(full->session->id(), 1, {}))), (std::vector{2, 1}));
}

TEST_F(FetchSessionsTest, OnlyStaleOrSmallerSessionsGiveWay) {
    auto first = plan(request_of(0, 0, {1}));
    auto second = plan(request_of(0, 0, {1, 2}));
    EXPECT_EQ(plan(request_of(0, 0, {1, 2, 3}))->session, nullptr);  // all are young
    clock.elapsed += std::chrono::seconds(60);
    ASSERT_TRUE(plan(request_of(first->session->id(), 1, {})));
    ASSERT_TRUE(plan(request_of(second->session->id(), 1, {})));
    clock.elapsed += std::chrono::seconds(61);
    EXPECT_EQ(plan(request_of(0, 0, {1}))->session, nullptr);  // no larger than the smallest
    EXPECT_NE(plan(request_of(0, 0, {1, 2}))->session, nullptr);
    EXPECT_EQ(error_of(request_of(first->session->id(), 2, {})),
              ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    clock.elapsed += std::chrono::seconds(121);
    EXPECT_NE(plan(request_of(0, 0, {9}))->session, nullptr);  // stale ones go in any case
}

}  // namespace
}  // namespace milena
