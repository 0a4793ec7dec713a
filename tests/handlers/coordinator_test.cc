// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/partitioning.h"
#include "protocol/messages/find_coordinator_request.h"
#include "protocol/messages/find_coordinator_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr int16_t kUnavailable = 15, kInvalidRequest = 42;
constexpr int8_t kGroup = 0, kTransaction = 1, kShare = 2;

TEST(CoordinatorKey, HashesAsJava) {
    EXPECT_EQ(java_hash(""), 0);
    EXPECT_EQ(java_hash("abc"), 96354);
    EXPECT_EQ(java_hash("console-consumer-12345"), 158455506);
    EXPECT_EQ(java_hash("gr\xC3\xBC\xC3\x9F"), 3186062);       // UTF-8 of two bytes
    EXPECT_EQ(java_hash("\xE6\x97\xA5\xE6\x9C\xAC"), 835047);  // of three
    EXPECT_EQ(java_hash("\xF0\x9F\x98\x80!"), 54959902);       // a surrogate pair
    EXPECT_EQ(java_hash("polygenelubricants"), std::numeric_limits<int32_t>::min());
}

TEST(CoordinatorKey, ChoosesAPartition) {
    EXPECT_EQ(coordinator_partition("abc", 50), 4);
    EXPECT_EQ(coordinator_partition("polygenelubricants", 50), 0);
}

TEST(CoordinatorKey, OfSharePartitions) {
    EXPECT_TRUE(is_share_partition_key("g:AAAAAAAAAAAAAAAAAAAABA:0"));
    EXPECT_TRUE(is_share_partition_key("g:with:colons:AAAAAAAAAAAAAAAAAAAABA:12"));
    for (const char* bad : {"", "a", "::", ":AAAAAAAAAAAAAAAAAAAABA:0", "g:short:0",
                            "g:AAAAAAAAAAAAAAAAAAAABA:", "g:AAAAAAAAAAAAAAAAAAAABA:x"})
        EXPECT_FALSE(is_share_partition_key(bad)) << bad;
}

class FindCoordinator : public World {
  public:
    FindCoordinatorResponse find(int8_t type, std::string_view key, int16_t version) {
        FindCoordinatorRequest request;
        request.key_type = type;
        if (version < 4)
            request.key = key;
        else
            request.coordinator_keys = {key};
        return ask<FindCoordinatorResponse>(handle_find_coordinator, version, request);
    }
};

TEST_F(FindCoordinator, CreatesTheTopicAndNamesItsLeader) {
    for (int16_t version = 0; version <= 6; ++version) {
        SCOPED_TRACE(version);
        const auto response = find(kGroup, "g", version);
        const bool many = version >= 4;
        EXPECT_EQ(many ? response.coordinators.at(0).node_id : response.node_id, 1);
        EXPECT_EQ(many ? response.coordinators.at(0).host : response.host, "10.0.0.1");
        EXPECT_EQ(many ? response.coordinators.at(0).port : response.port, 9092);
    }
    EXPECT_EQ(controller->created.size(), 1u);
    EXPECT_EQ(find(kTransaction, "t", 3).error_code, 0);
    EXPECT_EQ(controller->created["__transaction_state"]["min.insync.replicas"], "1");
}

TEST_F(FindCoordinator, IsUnavailableWithoutTheTopic) {
    controller->refuses = true;
    const auto response = find(kGroup, "g", 3);
    EXPECT_EQ(response.error_code, kUnavailable);
    EXPECT_EQ(response.node_id, -1);
    EXPECT_EQ(response.port, -1);
}

TEST_F(FindCoordinator, RefusesStrangeKeys) {
    EXPECT_EQ(find(5, "k", 1).error_code, kInvalidRequest);
    EXPECT_EQ(find(kShare, "g:AAAAAAAAAAAAAAAAAAAABA:0", 5).coordinators[0].error_code,
              kInvalidRequest);
    EXPECT_EQ(find(kShare, "no", 6).coordinators[0].error_code, kInvalidRequest);
    EXPECT_TRUE(controller->created.empty());
    EXPECT_EQ(find(kShare, "g:AAAAAAAAAAAAAAAAAAAABA:0", 6).coordinators[0].error_code, 0);
}

}  // namespace
}  // namespace milena
