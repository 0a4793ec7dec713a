// SPDX-License-Identifier: Apache-2.0
// Members of classic groups that talk to a shard; each call keeps its answer, once there is one.
#pragma once

#include "coordinator/group/classic_requests.h"
#include "coordinator/group/group_shard.h"
#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "tests/coordinator/harness.h"

namespace milena::testing {

using std::chrono::milliseconds;

/// What a member was told; `answers` counts.
struct Joined {
    int answers = 0;
    ErrorCode error = ErrorCode::NONE;
    int32_t generation = -1;
    std::string member_id, leader, protocol, protocol_type;
    bool has_protocol = false, skips_assignment = false;
    std::map<std::string, std::string> members;  ///< id -> metadata

    bool is_leader() const { return leader == member_id; }
};
struct Synced {
    int answers = 0;
    ErrorCode error = ErrorCode::NONE;
    std::string assignment, protocol;
};

struct JoinOptions {
    std::string member_id = {};
    std::optional<std::string> instance_id = {};
    int16_t version = 9;
    std::string protocol_type = "consumer";
    std::vector<std::pair<std::string, std::string>> protocols = {{"range", "what I want"}};
    int32_t session_ms = 10'000, rebalance_ms = 60'000;
    std::string client_id = "client";
};

struct SyncOptions {
    std::map<std::string, std::string> assignments = {};
    std::optional<std::string> instance_id = {}, protocol_type = {}, protocol_name = {};
};

class ClassicGroups : public ::testing::Test {
  public:
    using JoinPtr = std::shared_ptr<Joined>;
    using SyncPtr = std::shared_ptr<Synced>;

    JoinPtr join(JoinOptions asked = {}, std::string group = "g") {
        auto kept = std::make_shared<JoinOptions>(std::move(asked));
        auto request = std::make_shared<protocol::JoinGroupRequest>();
        auto name = std::make_shared<std::string>(std::move(group));
        request->group_id = *name;
        request->member_id = kept->member_id;
        if (kept->instance_id) request->group_instance_id = *kept->instance_id;
        request->session_timeout_ms = kept->session_ms;
        request->rebalance_timeout_ms = kept->rebalance_ms;
        request->protocol_type = kept->protocol_type;
        for (const auto& [protocol, metadata] : kept->protocols)
            request->protocols.push_back({protocol, as_bytes(metadata)});
        auto joined = std::make_shared<Joined>();
        run(join_classic_group(groups(), {*request, kept->version, kept->client_id, "/10.0.0.1",
                                          [=](const protocol::JoinGroupResponse& response) {
                                              (void)request, (void)name, (void)kept;
                                              take(*joined, response);
                                          }}));
        return joined;
    }
    /// A new dynamic member, which is told its id first.
    JoinPtr join_twice(JoinOptions asked = {}, const std::string& group = "g") {
        const auto told = join(asked, group);
        EXPECT_EQ(told->error, ErrorCode::MEMBER_ID_REQUIRED);
        asked.member_id = told->member_id;
        return join(asked, group);
    }

    SyncPtr sync(std::string member, int32_t generation, SyncOptions asked = {},
                 std::string group = "g") {
        struct Owned {
            std::string member, group;
            SyncOptions options;
            protocol::SyncGroupRequest request;
        };
        auto owned = std::make_shared<Owned>();
        owned->member = std::move(member);
        owned->group = std::move(group);
        owned->options = std::move(asked);
        auto& request = owned->request;
        request.group_id = owned->group;
        request.member_id = owned->member;
        request.generation_id = generation;
        request.group_instance_id = owned->options.instance_id;
        request.protocol_type = owned->options.protocol_type;
        request.protocol_name = owned->options.protocol_name;
        for (const auto& [id, assignment] : owned->options.assignments)
            request.assignments.push_back({id, as_bytes(assignment)});
        auto synced = std::make_shared<Synced>();
        run(sync_classic_group(groups(), request, [=](const protocol::SyncGroupResponse& response) {
            (void)owned;
            ++synced->answers;
            synced->error = static_cast<ErrorCode>(response.error_code);
            synced->assignment = as_text(response.assignment);
            synced->protocol = response.protocol_name.value_or("null");
        }));
        return synced;
    }
    SyncPtr sync(const Joined& member, SyncOptions asked = {}) {
        return sync(member.member_id, member.generation, std::move(asked));
    }

    ErrorCode heartbeat(std::string_view member, int32_t generation,
                        std::optional<std::string_view> instance_id = {},
                        std::string_view group = "g") {
        protocol::HeartbeatRequest request;
        request.group_id = group;
        request.member_id = member;
        request.generation_id = generation;
        request.group_instance_id = instance_id;
        ErrorCode error = ErrorCode::UNKNOWN_SERVER_ERROR;
        run(heartbeat_classic_group(groups(), request,
                                    [&](const protocol::HeartbeatResponse& response) {
                                        error = static_cast<ErrorCode>(response.error_code);
                                    }));
        return error;
    }
    ErrorCode heartbeat(const Joined& member) {
        return heartbeat(member.member_id, member.generation);
    }

    /// The error of each.
    std::vector<ErrorCode> leave(
        std::vector<std::pair<std::string, std::optional<std::string>>> leaving,
        std::string_view group = "g") {
        protocol::LeaveGroupRequest request;
        request.group_id = group;
        for (const auto& [member, instance] : leaving) {
            auto& row = request.members.emplace_back();
            row.member_id = member;
            row.group_instance_id = instance;
        }
        std::vector<ErrorCode> errors;
        run(leave_classic_group(groups(), 5, request,
                                [&](const protocol::LeaveGroupResponse& response) {
                                    EXPECT_EQ(response.error_code, 0);
                                    for (const auto& row : response.members)
                                        errors.push_back(static_cast<ErrorCode>(row.error_code));
                                }));
        return errors;
    }
    ErrorCode leave(const Joined& member) { return leave({{member.member_id, {}}}).at(0); }

    /// A stable group of one dynamic member.
    JoinPtr stable_alone(JoinOptions asked = {}) {
        auto member = join_twice(asked);
        pass(milliseconds(options.initial_rebalance_delay_ms));
        EXPECT_EQ(member->answers, 1);
        EXPECT_EQ(sync(*member, {{{member->member_id, "all"}}})->error, ErrorCode::NONE);
        return member;
    }

    void pass(milliseconds time) { harness().advance(time); }
    void run(Effects effects) { harness().run(std::move(effects)); }
    GroupTable& groups() { return harness().machine().groups(); }
    ClassicGroup& group(std::string_view id = "g") { return *groups().find_classic(id); }
    ClassicState state() { return group().state(); }
    Harness<GroupShard>& harness() {
        if (!harness_)
            harness_ = std::make_unique<Harness<GroupShard>>([this](TimerQueue& timers) {
                return std::make_unique<GroupShard>(options, timers);
            });
        return *harness_;
    }

    /// To be set before the first call.
    GroupOptions options = [] {
        GroupOptions quick;
        quick.initial_rebalance_delay_ms = 100;
        return quick;
    }();

  private:
    static void take(Joined& joined, const protocol::JoinGroupResponse& response) {
        ++joined.answers;
        joined.error = static_cast<ErrorCode>(response.error_code);
        joined.generation = response.generation_id;
        joined.member_id = response.member_id;
        joined.leader = response.leader;
        joined.has_protocol = response.protocol_name.has_value();
        joined.protocol = response.protocol_name.value_or("");
        joined.protocol_type = response.protocol_type.value_or("");
        joined.skips_assignment = response.skip_assignment;
        for (const auto& row : response.members)
            joined.members[std::string(row.member_id)] = as_text(row.metadata);
    }

    std::unique_ptr<Harness<GroupShard>> harness_;
};

}  // namespace milena::testing
