// SPDX-License-Identifier: Apache-2.0
// What requests of groups are told before any group sees them, and what is asked of many shards.
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "server/handlers/group_call.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using namespace protocol;

class Groups : public World {
  public:
    /// This node is the coordinator of all groups.
    void lead() {
        add_topic("__consumer_offsets", 3);
        for (const auto& [id, partition] : partitions.partitions)
            partition->fake->watermark = partition->fake->end;
        coordinators->follow(image.publish());
    }
    JoinGroupRequest joining(std::string_view group, int32_t session_ms) {
        JoinGroupRequest request;
        request.group_id = group;
        request.session_timeout_ms = session_ms;
        request.rebalance_timeout_ms = session_ms;
        request.protocol_type = "consumer";
        request.protocols.push_back({"range", {}});
        return request;
    }
    ErrorCode join(std::string_view group, int32_t session_ms) {
        return code(ask<JoinGroupResponse>(handle_join_group, 9, joining(group, session_ms)));
    }
    template <class Response>
    static ErrorCode code(const Response& response) {
        return static_cast<ErrorCode>(response.error_code);
    }
};

TEST_F(Groups, MustHaveAnId) {
    lead();
    constexpr auto kInvalid = ErrorCode::INVALID_GROUP_ID;
    EXPECT_EQ(join("", 10'000), kInvalid);
    EXPECT_EQ(code(ask<SyncGroupResponse>(handle_sync_group, 4, SyncGroupRequest())), kInvalid);
    EXPECT_EQ(code(ask<HeartbeatResponse>(handle_heartbeat, 4, HeartbeatRequest())), kInvalid);
    EXPECT_EQ(code(ask<LeaveGroupResponse>(handle_leave_group, 5, LeaveGroupRequest())), kInvalid);
}

TEST_F(Groups, BoundTheSessionsOfTheirMembers) {
    lead();
    EXPECT_EQ(join("g", 5'999), ErrorCode::INVALID_SESSION_TIMEOUT);
    EXPECT_EQ(join("g", 1'800'001), ErrorCode::INVALID_SESSION_TIMEOUT);
    EXPECT_EQ(join("g", 6'000), ErrorCode::MEMBER_ID_REQUIRED);
    EXPECT_EQ(join("h", 1'800'000), ErrorCode::MEMBER_ID_REQUIRED);
}

TEST_F(Groups, WantToKnowTheProtocolOfASync) {
    lead();
    SyncGroupRequest request;
    request.group_id = "g";
    EXPECT_EQ(code(ask<SyncGroupResponse>(handle_sync_group, 5, request)),
              ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    EXPECT_EQ(code(ask<SyncGroupResponse>(handle_sync_group, 4, request)),
              ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(Groups, AreElsewhere) {
    constexpr auto kElsewhere = ErrorCode::NOT_COORDINATOR;
    EXPECT_EQ(join("g", 10'000), kElsewhere);
    SyncGroupRequest sync;
    HeartbeatRequest heartbeat;
    LeaveGroupRequest leave;
    sync.group_id = heartbeat.group_id = leave.group_id = "g";
    EXPECT_EQ(code(ask<SyncGroupResponse>(handle_sync_group, 4, sync)), kElsewhere);
    EXPECT_EQ(code(ask<HeartbeatResponse>(handle_heartbeat, 4, heartbeat)), kElsewhere);
    EXPECT_EQ(code(ask<LeaveGroupResponse>(handle_leave_group, 5, leave)), kElsewhere);
    DescribeGroupsRequest describe;
    describe.groups = {"g"};
    const auto described = ask<DescribeGroupsResponse>(handle_describe_groups, 6, describe);
    EXPECT_EQ(code(described.groups.at(0)), kElsewhere);
    DeleteGroupsRequest remove;
    remove.groups_names = {"g"};
    const auto removed = ask<DeleteGroupsResponse>(handle_delete_groups, 2, remove);
    EXPECT_EQ(code(removed.results.at(0)), kElsewhere);
    const auto listed = ask<ListGroupsResponse>(handle_list_groups, 5, ListGroupsRequest());
    EXPECT_EQ(code(listed), ErrorCode::NONE);
    EXPECT_TRUE(listed.groups.empty());
}

TEST_F(Groups, AreDescribedInTheOrderOfTheQuestion) {
    lead();
    for (const char* id : {"a", "b", "c", "d"}) join(id, 10'000);
    DescribeGroupsRequest request;
    request.groups = {"d", "missing", "a", "c", "b"};
    request.include_authorized_operations = true;
    const auto response = ask<DescribeGroupsResponse>(handle_describe_groups, 6, request);
    ASSERT_EQ(response.groups.size(), 5u);
    for (size_t i = 0; i < 5; ++i) EXPECT_EQ(response.groups[i].group_id, request.groups[i]);
    EXPECT_EQ(response.groups[0].group_state, "Empty");
    EXPECT_EQ(response.groups[0].authorized_operations, 3400);  // as of Kafka
    EXPECT_EQ(code(response.groups[1]), ErrorCode::GROUP_ID_NOT_FOUND);
    EXPECT_EQ(response.groups[1].group_state, "Dead");
    EXPECT_EQ(response.groups[1].authorized_operations, std::numeric_limits<int32_t>::min());
}

TEST_F(Groups, AreListedByStateAndType) {
    lead();
    for (const char* id : {"a", "b", "c", "d"}) join(id, 10'000);
    const auto count = [this](std::vector<std::string_view> states,
                              std::vector<std::string_view> types) {
        ListGroupsRequest request;
        request.states_filter = std::move(states);
        request.types_filter = std::move(types);
        return ask<ListGroupsResponse>(handle_list_groups, 5, request).groups.size();
    };
    EXPECT_EQ(count({}, {}), 4u);
    EXPECT_EQ(count({"EMPTY", "Stable"}, {"Classic"}), 4u);
    EXPECT_EQ(count({"stable"}, {}), 0u);
    EXPECT_EQ(count({}, {"consumer"}), 0u);
}

TEST_F(Groups, AreDeletedOnce) {
    lead();
    join("a", 10'000);
    DeleteGroupsRequest request;
    request.groups_names = {"a", "missing", "a"};
    const auto response = ask<DeleteGroupsResponse>(handle_delete_groups, 2, request);
    ASSERT_EQ(response.results.size(), 2u);
    EXPECT_EQ(code(response.results[0]), ErrorCode::NONE);
    EXPECT_EQ(code(response.results[1]), ErrorCode::GROUP_ID_NOT_FOUND);
    EXPECT_TRUE(ask<ListGroupsResponse>(handle_list_groups, 5, ListGroupsRequest()).groups.empty());
}

TEST(JavaAddress, IsPrintedAsInJava) {
    EXPECT_EQ(java_address("10.0.0.1"), "/10.0.0.1");
    EXPECT_EQ(java_address("::1"), "/0:0:0:0:0:0:0:1");
    EXPECT_EQ(java_address("fe80::a0:b"), "/fe80:0:0:0:0:0:a0:b");
}

}  // namespace
}  // namespace milena
