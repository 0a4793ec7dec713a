// SPDX-License-Identifier: Apache-2.0
#include "protocol/messages/delete_records_request.h"
#include "protocol/messages/delete_records_response.h"
#include "protocol/messages/list_offsets_request.h"
#include "protocol/messages/list_offsets_response.h"
#include "protocol/messages/offset_for_leader_epoch_request.h"
#include "protocol/messages/offset_for_leader_epoch_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

class ListOffsets : public World {
  public:
    /// A request for partition 0 of topic "a".
    static ListOffsetsRequest request(int64_t timestamp) {
        ListOffsetsRequest request;
        request.replica_id = -1;
        add(request, 0, timestamp);
        return request;
    }
    static void add(ListOffsetsRequest& request, int32_t index, int64_t timestamp) {
        if (request.topics.empty()) request.topics.emplace_back().name = "a";
        auto& partition = request.topics[0].partitions.emplace_back();
        partition.partition_index = index;
        partition.timestamp = timestamp;
    }
    ListOffsetsResponse::ListOffsetsPartitionResponse first(ListOffsetsRequest request,
                                                            int16_t version = 11) {
        return ask<ListOffsetsResponse>(handle_list_offsets, version, std::move(request))
            .topics.at(0)
            .partitions.at(0);
    }
};

TEST_F(ListOffsets, OfSpecialPlaces) {
    add_topic("a", 1);
    EXPECT_EQ(first(request(-1)).offset, 30);
    EXPECT_EQ(first(request(-1)).leader_epoch, 5);
    EXPECT_EQ(first(request(-2)).offset, 10);
    EXPECT_EQ(first(request(-2)).leader_epoch, 2);
    EXPECT_EQ(first(request(-4)).offset, 10);
    EXPECT_EQ(first(request(-5)).offset, -1);
    EXPECT_EQ(first(request(-6)).offset, -1);
    EXPECT_EQ(first(request(-6)).error_code, 0);
}

TEST_F(ListOffsets, BoundedByWhatTheClientMayRead) {
    add_topic("a", 1);
    auto asked = request(-1);
    asked.isolation_level = 1;
    EXPECT_EQ(first(asked).offset, 20);
    asked.replica_id = -2;
    EXPECT_EQ(first(asked).offset, 40);
    asked.isolation_level = 7;
    EXPECT_EQ(first(asked).error_code, number(ErrorCode::UNKNOWN_SERVER_ERROR));
}

TEST_F(ListOffsets, ByTimeUpToTheEnd) {
    FakeLog& log = *add_topic("a", 1).fake;
    EXPECT_EQ(first(request(1000)).offset, -1);
    log.found = TimestampedOffset{Offset(29), TimestampMs(1234), LeaderEpoch(3)};
    const auto found = first(request(1000));
    EXPECT_EQ(found.offset, 29);
    EXPECT_EQ(found.timestamp, 1234);
    EXPECT_EQ(found.leader_epoch, 3);
    EXPECT_EQ(first(request(-3)).offset, 29);
    log.found->offset = Offset(30);  // the high watermark
    EXPECT_EQ(first(request(1000)).offset, -1);
    EXPECT_EQ(first(request(1000)).error_code, 0);
}

TEST_F(ListOffsets, KnowsSpecialTimestampsByVersion) {
    add_topic("a", 1);
    const std::map<int64_t, int16_t> first_versions{{-1, 1}, {-2, 1}, {-3, 7},
                                                    {-4, 8}, {-5, 9}, {-6, 11}};
    for (int16_t version = 1; version <= 11; ++version) {
        for (const auto& [timestamp, known_from] : first_versions) {
            SCOPED_TRACE(std::to_string(timestamp) + " in v" + std::to_string(version));
            EXPECT_EQ(first(request(timestamp), version).error_code,
                      version >= known_from ? 0 : number(ErrorCode::UNSUPPORTED_VERSION));
        }
        EXPECT_EQ(first(request(-7), version).error_code, number(ErrorCode::UNSUPPORTED_VERSION));
    }
}

TEST_F(ListOffsets, InVersion0IsAList) {
    add_topic("a", 1);
    EXPECT_EQ(first(request(-1), 0).old_style_offsets, std::vector<int64_t>{30});
    EXPECT_EQ(first(request(-2), 0).old_style_offsets, std::vector<int64_t>{10});
    EXPECT_TRUE(first(request(1000), 0).old_style_offsets.empty());
    EXPECT_TRUE(first(request(-3), 0).old_style_offsets.empty());
}

TEST_F(ListOffsets, ChecksWhoLeads) {
    FakePartition& partition = add_topic("a", 1);
    auto asked = request(-1);
    asked.topics[0].partitions[0].current_leader_epoch = 4;
    EXPECT_EQ(first(asked).error_code, number(ErrorCode::FENCED_LEADER_EPOCH));
    EXPECT_EQ(first(asked, 3).error_code, 0);  // v3 has no epoch
    partition.leads = false;
    EXPECT_EQ(first(request(-1)).error_code, number(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    partitions.partitions.clear();
    EXPECT_EQ(first(request(-1)).error_code, number(ErrorCode::NOT_LEADER_OR_FOLLOWER));
}

TEST_F(ListOffsets, OfMissingPartitions) {
    EXPECT_EQ(first(request(-1)).error_code, number(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    add_topic("a", 1);
    ListOffsetsRequest asked;
    add(asked, -1, -1);
    EXPECT_EQ(first(asked).error_code, number(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
}

TEST_F(ListOffsets, AnswersADuplicateOnce) {
    add_topic("a", 2);
    auto asked = request(-1);
    add(asked, 0, -2);
    add(asked, 1, -2);
    const auto response = ask<ListOffsetsResponse>(handle_list_offsets, 11, asked);
    ASSERT_EQ(response.topics.size(), 1u);
    ASSERT_EQ(response.topics[0].partitions.size(), 2u);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, number(ErrorCode::INVALID_REQUEST));
    EXPECT_EQ(response.topics[0].partitions[1].offset, 10);
}

class DeleteRecords : public World {
  public:
    DeleteRecordsResponse::DeleteRecordsPartitionResult remove(std::string_view topic,
                                                               int64_t offset) {
        DeleteRecordsRequest request;
        request.topics.emplace_back().name = topic;
        request.topics[0].partitions.emplace_back().offset = offset;
        return ask<DeleteRecordsResponse>(handle_delete_records, 2, request)
            .topics.at(0)
            .partitions.at(0);
    }
};

TEST_F(DeleteRecords, MovesTheStart) {
    add_topic("a", 1);
    EXPECT_EQ(remove("a", 15).low_watermark, 15);
    EXPECT_EQ(remove("a", 12).low_watermark, 15);
    EXPECT_EQ(remove("a", -1).low_watermark, 30);
}

TEST_F(DeleteRecords, WhatWasNotWrittenDownIsAnError) {
    add_topic("a", 1);
    logs.saving_log_starts = Error(ErrorCode::KAFKA_STORAGE_ERROR, "the disk is full");
    EXPECT_EQ(remove("a", 15).error_code, number(ErrorCode::KAFKA_STORAGE_ERROR));
    EXPECT_EQ(remove("a", 15).low_watermark, -1);
    EXPECT_EQ(remove("b", 15).error_code, number(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
}

TEST_F(DeleteRecords, RefusesWhatIsNotThere) {
    add_topic("a", 1);
    EXPECT_EQ(remove("a", 31).error_code, number(ErrorCode::OFFSET_OUT_OF_RANGE));
    EXPECT_EQ(remove("a", 31).low_watermark, -1);
    EXPECT_EQ(remove("a", -2).error_code, number(ErrorCode::OFFSET_OUT_OF_RANGE));
    EXPECT_EQ(remove("b", 0).error_code, number(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
}

TEST_F(DeleteRecords, RefusesTopicsThatKeepThem) {
    add_topic("__consumer_offsets", 1);
    EXPECT_EQ(remove("__consumer_offsets", 1).error_code,
              number(ErrorCode::INVALID_TOPIC_EXCEPTION));
    LogConfig compacted;
    compacted.cleanup_delete = false;
    add_topic("a", 1).fake->reconfigure(compacted);
    EXPECT_EQ(remove("a", 15).error_code, number(ErrorCode::POLICY_VIOLATION));
}

TEST_F(World, OffsetForLeaderEpoch) {
    add_topic("a", 1);
    const auto end_of = [this](int32_t epoch, int32_t current) {
        OffsetForLeaderEpochRequest request;
        request.topics.emplace_back().topic = "a";
        auto& asked = request.topics[0].partitions.emplace_back();
        asked.leader_epoch = epoch;
        asked.current_leader_epoch = current;
        return ask<OffsetForLeaderEpochResponse>(handle_offset_for_leader_epoch, 4, request)
            .topics.at(0)
            .partitions.at(0);
    };
    EXPECT_EQ(end_of(5, -1).end_offset, 40);
    EXPECT_EQ(end_of(5, 5).leader_epoch, 5);
    EXPECT_EQ(end_of(6, -1).end_offset, -1);
    EXPECT_EQ(end_of(6, -1).error_code, 0);
    EXPECT_EQ(end_of(5, 6).error_code, number(ErrorCode::UNKNOWN_LEADER_EPOCH));
}

}  // namespace
}  // namespace milena
