// SPDX-License-Identifier: Apache-2.0
// OffsetCommit, OffsetFetch, OffsetDelete and TxnOffsetCommit at a node that is not the coordinator
// of any group: where each version has its errors.
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using namespace protocol;
using enum ErrorCode;

class GroupOffsets : public World {
  public:
    GroupOffsets() {
        add_topic("t", 2);
        id_ = image.topic("t")->id;
    }

    /// Topic "t" with `partitions`, and one that does not exist.
    template <class Request>
    Request commit_of(std::vector<int32_t> partitions, std::string_view group) {
        Request request;
        request.group_id = group;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.topic_id = id_;
        for (const int32_t index : partitions)
            topic.partitions.emplace_back().partition_index = index;
        auto& missing = request.topics.emplace_back();
        missing.name = "missing";
        missing.topic_id.bytes[0] = 1;
        missing.partitions.emplace_back();
        return request;
    }
    /// By topic, in the answer's order: each partition's error.
    template <class Response>
    std::vector<std::vector<ErrorCode>> errors_of(const Response& response) {
        std::vector<std::vector<ErrorCode>> errors;
        for (const auto& topic : response.topics)
            for (auto& of_topic = errors.emplace_back(); const auto& partition : topic.partitions)
                of_topic.push_back(ErrorCode(partition.error_code));
        return errors;
    }
    OffsetFetchResponse fetch(int16_t version) {
        OffsetFetchRequest request;
        request.group_id = "g";
        request.topics.emplace().push_back({"t", {0, 1}});
        auto& group = request.groups.emplace_back();
        group.group_id = "g";
        auto& topic = group.topics.emplace().emplace_back();
        topic.name = "t";
        topic.topic_id = id_;
        topic.partition_indexes = {0, 1};
        return ask<OffsetFetchResponse>(handle_offset_fetch, version, request);
    }

  protected:
    Uuid id_;
};

using Errors = std::vector<std::vector<ErrorCode>>;

TEST_F(GroupOffsets, AreNotCommitted) {
    for (int16_t version = 0; version <= 10; ++version) {
        SCOPED_TRACE(version);
        const auto response = ask<OffsetCommitResponse>(
            handle_offset_commit, version, commit_of<OffsetCommitRequest>({0, 7, 1}, "g"));
        const auto missing = version < 10 ? UNKNOWN_TOPIC_OR_PARTITION : UNKNOWN_TOPIC_ID;
        EXPECT_EQ(
            errors_of(response),
            (Errors{{UNKNOWN_TOPIC_OR_PARTITION, NOT_COORDINATOR, NOT_COORDINATOR}, {missing}}));
        EXPECT_EQ(response.topics[0].name, version < 10 ? "t" : "");
        EXPECT_EQ(response.topics[0].topic_id, version < 10 ? Uuid() : id_);
    }
}

TEST_F(GroupOffsets, AreNotCommittedInATransaction) {
    for (int16_t version = 0; version <= 6; ++version) {
        SCOPED_TRACE(version);
        const auto missing = version < 6 ? UNKNOWN_TOPIC_OR_PARTITION : UNKNOWN_TOPIC_ID;
        for (const auto& [group, error] :
             {std::pair("g", NOT_COORDINATOR), std::pair("", INVALID_GROUP_ID)}) {
            const auto response = ask<TxnOffsetCommitResponse>(
                handle_txn_offset_commit, version, commit_of<TxnOffsetCommitRequest>({1}, group));
            EXPECT_EQ(errors_of(response), (Errors{{missing}, {error}}));
        }
    }
}

TEST_F(GroupOffsets, OfUnknownPartitionsNeedNoCoordinator) {
    for (int16_t version = 0; version <= 10; ++version)
        EXPECT_EQ(errors_of(ask<OffsetCommitResponse>(handle_offset_commit, version,
                                                      commit_of<OffsetCommitRequest>({2}, "g")))
                      .at(0),
                  std::vector{UNKNOWN_TOPIC_OR_PARTITION});
}

TEST_F(GroupOffsets, AreNotFetched) {
    const auto error = static_cast<int16_t>(NOT_COORDINATOR);
    for (int16_t version = 0; version <= 1; ++version)
        EXPECT_EQ(errors_of(fetch(version)), (Errors{{NOT_COORDINATOR, NOT_COORDINATOR}}));
    for (int16_t version = 2; version <= 7; ++version) {
        EXPECT_EQ(fetch(version).error_code, error);
        EXPECT_TRUE(fetch(version).topics.empty());
    }
    for (int16_t version = 8; version <= 10; ++version) {
        ASSERT_EQ(fetch(version).groups.size(), 1u);
        EXPECT_EQ(fetch(version).groups[0].error_code, error);
        EXPECT_TRUE(fetch(version).groups[0].topics.empty());
    }
}

TEST_F(GroupOffsets, AreNotDeleted) {
    OffsetDeleteRequest request;
    for (const auto& [group, error] :
         {std::pair("g", NOT_COORDINATOR), std::pair("", INVALID_GROUP_ID)}) {
        request.group_id = group;
        const auto response = ask<OffsetDeleteResponse>(handle_offset_delete, 0, request);
        EXPECT_EQ(response.error_code, static_cast<int16_t>(error));
    }
}

}  // namespace
}  // namespace milena
