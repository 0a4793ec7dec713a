// SPDX-License-Identifier: Apache-2.0
// Members of both protocols in one group, "g".
#pragma once

#include "coordinator/group/classic_requests.h"
#include "coordinator/group/consumer_migration.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "tests/coordinator/consumer_fixture.h"

namespace milena::testing {

/// A classic member, as it was told last. Outlives its requests, whose answers may come later.
struct Classic {
    std::string id;
    int32_t generation = -1;
    ErrorCode error = ErrorCode::NONE;
    std::optional<std::string> instance_id = {};
    bool awaits_join = false, awaits_sync = false;
    std::vector<std::string> led = {};  ///< all members' ids, if it leads
    std::set<int32_t> owned = {};       ///< of topic t
};

using Shares = std::map<std::string, std::vector<int32_t>>;  ///< of topic t, by member id

class MigratingGroup : public ConsumerGroupsTest {
  public:
    /// Wants topic t, owns some of its partitions. Version 3: it is not told its id first.
    void join(Classic& member, std::vector<int32_t> owned = {},
              std::string protocol_name = "range") {
        protocol::ConsumerProtocolSubscription wants;
        wants.topics = {"t"};
        if (!owned.empty()) wants.owned_partitions.push_back({"t", owned});
        const Bytes metadata = encode_versioned(3, wants, 3);
        auto request = std::make_shared<protocol::JoinGroupRequest>();
        const auto id = std::make_shared<std::string>(member.id);
        request->group_id = "g";
        request->member_id = *id;
        if (member.instance_id) request->group_instance_id = *member.instance_id;
        request->protocol_type = "consumer";
        request->session_timeout_ms = 10'000;
        request->rebalance_timeout_ms = 20'000;
        request->protocols.push_back({protocol_name, metadata});
        member.awaits_join = true;
        harness().run(join_classic_group(
            shard().groups(), {*request, 3, "client", "/10.0.0.1",
                               [&member, request, id](const protocol::JoinGroupResponse& response) {
                                   take(member, response);
                               }}));
    }
    /// What the coordinator assigns to it; with an error, nothing.
    std::set<int32_t> sync(Classic& member, std::vector<int32_t> share = {}) {
        sync_as_leader(member, {{member.id, std::move(share)}});
        return member.owned;
    }
    void sync_as_leader(Classic& member, const Shares& shares) {
        protocol::SyncGroupRequest request;
        request.group_id = "g";
        request.member_id = member.id;
        request.generation_id = member.generation;
        std::vector<Bytes> encoded;
        for (const auto& [id, share] : shares) {
            protocol::ConsumerProtocolAssignment assignment;
            if (!share.empty()) assignment.assigned_partitions.push_back({"t", share});
            encoded.push_back(encode_versioned(3, assignment, 3));
            request.assignments.push_back({id, encoded.back()});
        }
        member.owned.clear();
        member.awaits_sync = true;
        harness().run(sync_classic_group(
            shard().groups(), request,
            [&](const protocol::SyncGroupResponse& response) { take(member, response); }));
    }
    ErrorCode heartbeat(const Classic& member) {
        protocol::HeartbeatRequest request;
        request.group_id = "g";
        request.member_id = member.id;
        request.generation_id = member.generation;
        ErrorCode error = ErrorCode::UNKNOWN_SERVER_ERROR;
        harness().run(heartbeat_classic_group(
            shard().groups(), request, [&](const protocol::HeartbeatResponse& response) {
                error = static_cast<ErrorCode>(response.error_code);
            }));
        return error;
    }
    void leave(const Classic& member) {
        protocol::LeaveGroupRequest request;
        request.group_id = "g";
        auto& row = request.members.emplace_back();
        row.member_id = member.id;
        harness().run(leave_classic_group(shard().groups(), 5, request,
                                          [](const protocol::LeaveGroupResponse&) {}));
    }
    /// A stable classic group of one, who has all of topic t.
    Classic make_classic_group() {
        Classic member;
        join(member);
        pass(options.initial_rebalance_delay_ms);
        sync(member, {0, 1, 2, 3});
        EXPECT_EQ(member.error, ErrorCode::NONE);
        return member;
    }
    const ClassicGroup* classic_group() { return shard().groups().find_classic("g"); }

  private:
    static void take(Classic& member, const protocol::JoinGroupResponse& response) {
        member.awaits_join = false;
        member.error = static_cast<ErrorCode>(response.error_code);
        if (member.error != ErrorCode::NONE) return;
        member.id = response.member_id;
        member.generation = response.generation_id;
        member.led.clear();
        for (const auto& row : response.members) member.led.emplace_back(row.member_id);
    }
    static void take(Classic& member, const protocol::SyncGroupResponse& response) {
        member.awaits_sync = false;
        member.error = static_cast<ErrorCode>(response.error_code);
        if (member.error != ErrorCode::NONE) return;
        const auto told = protocol::decode_message<protocol::ConsumerProtocolAssignment>(
            split_version(response.assignment)->body, 3);
        for (const auto& topic : told->assigned_partitions)
            member.owned.insert(topic.partitions.begin(), topic.partitions.end());
    }
};

}  // namespace milena::testing
