// SPDX-License-Identifier: Apache-2.0
// Classic members in consumer groups, and groups that change their protocol, with and without
// restarts in between.
#include "coordinator/group/consumer_migration.h"

#include "coordinator/group/classic_requests.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "tests/coordinator/consumer_fixture.h"

namespace milena {
namespace {

using testing::Answer;
using testing::Assigned;
using testing::Beat;

/// A classic member, as it was told last.
struct Classic {
    std::string id;
    int32_t generation = -1;
    ErrorCode error = ErrorCode::NONE;
    std::optional<std::string> instance_id = {};
};

class ConsumerMigration : public testing::ConsumerGroupsTest {
  protected:
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
        harness().run(join_classic_group(
            shard().groups(), {*request, 3, "client", "/10.0.0.1",
                               [&member, request, id](const protocol::JoinGroupResponse& response) {
                                   member.error = static_cast<ErrorCode>(response.error_code);
                                   if (member.error != ErrorCode::NONE) return;
                                   member.id = response.member_id;
                                   member.generation = response.generation_id;
                               }}));
    }
    /// What the coordinator assigns to it; with an error, nothing.
    std::set<int32_t> sync(Classic& member, std::vector<int32_t> share = {}) {
        protocol::ConsumerProtocolAssignment assignment;
        if (!share.empty()) assignment.assigned_partitions.push_back({"t", share});
        const Bytes bytes = encode_versioned(3, assignment, 3);
        protocol::SyncGroupRequest request;
        request.group_id = "g";
        request.member_id = member.id;
        request.generation_id = member.generation;
        request.assignments.push_back({member.id, bytes});
        std::set<int32_t> owned;
        const auto done = [&](const protocol::SyncGroupResponse& response) {
            member.error = static_cast<ErrorCode>(response.error_code);
            if (member.error != ErrorCode::NONE) return;
            const auto told = protocol::decode_message<protocol::ConsumerProtocolAssignment>(
                split_version(response.assignment)->body, 3);
            for (const auto& topic : told->assigned_partitions)
                owned.insert(topic.partitions.begin(), topic.partitions.end());
        };
        harness().run(sync_classic_group(shard().groups(), request, done));
        return owned;
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
};

TEST_F(ConsumerMigration, AMemberOfTheConsumerProtocolUpgradesTheGroup) {
    Classic one = make_classic_group();
    const Answer joined = send(joining("a"));
    EXPECT_EQ(joined.error, ErrorCode::NONE);
    EXPECT_EQ(joined.assigned, Assigned());
    ASSERT_TRUE(group());
    EXPECT_EQ(group()->seats().size(), 2u);
    EXPECT_TRUE(group()->find(one.id)->is_classic());

    EXPECT_EQ(heartbeat(one), ErrorCode::REBALANCE_IN_PROGRESS);
    join(one, {0, 1, 2, 3});
    const std::set<int32_t> kept = sync(one);
    EXPECT_EQ(kept.size(), 2u);
    EXPECT_EQ(heartbeat(one), ErrorCode::REBALANCE_IN_PROGRESS);
    join(one, {kept.begin(), kept.end()});
    EXPECT_EQ(sync(one), kept);
    EXPECT_EQ(heartbeat(one), ErrorCode::NONE);
    const Answer rest = send(alive("a", joined.epoch));
    ASSERT_TRUE(rest.assigned);
    EXPECT_EQ(rest.assigned->at("t").size(), 2u);
}

TEST_F(ConsumerMigration, ARefusedMemberLeavesAClassicRebalanceAlone) {
    Classic one = make_classic_group();
    Classic two;
    join(two);
    Beat refused = joining("a");
    refused.regex = "(";
    EXPECT_EQ(send(refused).error, ErrorCode::INVALID_REGULAR_EXPRESSION);
    EXPECT_TRUE(two.id.empty()) << "still waits for the other one";
    join(one);
    EXPECT_EQ(two.error, ErrorCode::NONE);
    EXPECT_EQ(two.generation, one.generation);
    EXPECT_EQ(classic_group()->members().size(), 2u);
}

TEST_F(ConsumerMigration, TheLastOneOfTheConsumerProtocolDowngradesIt) {
    Classic one = make_classic_group();
    const Answer joined = send(joining("a"));
    send(alive("a", kLeavingEpoch));
    EXPECT_FALSE(group());
    ASSERT_TRUE(classic_group());
    EXPECT_EQ(classic_group()->generation(), joined.epoch);
    pass(0);
    EXPECT_EQ(classic_group()->state(), ClassicState::kPreparingRebalance);
    join(one);
    EXPECT_EQ(one.generation, joined.epoch + 1);
    EXPECT_EQ(sync(one, {0, 1, 2, 3}).size(), 4u);
    pass(10'000);  // its session goes on from there
    EXPECT_TRUE(classic_group()->is_empty());
}

TEST_F(ConsumerMigration, WhatIsTooLargeForAClassicGroupStays) {
    Classic one = make_classic_group();
    send(joining("a"));
    harness().refuse_next();
    EXPECT_EQ(send(alive("a", kLeavingEpoch)).error, ErrorCode::NONE);
    ASSERT_TRUE(group());
    EXPECT_EQ(group()->seats().size(), 1u);
    EXPECT_EQ(heartbeat(one), ErrorCode::REBALANCE_IN_PROGRESS);
    harness().restart();
    EXPECT_EQ(group()->seats().size(), 1u);
}

TEST_F(ConsumerMigration, ASilentConsumerDowngradesItToo) {
    Classic one = make_classic_group();
    send(joining("a"));
    join(one, {0, 1, 2, 3});
    sync(one);
    for (int i = 0; i < 9 && group(); ++i) {
        pass(5'000);
        if (!group()) break;
        if (heartbeat(one) != ErrorCode::NONE) join(one), sync(one);
    }
    EXPECT_FALSE(group());
    ASSERT_TRUE(classic_group());
    EXPECT_EQ(classic_group()->members().size(), 1u);
}

TEST_F(ConsumerMigration, AClassicMemberReplacesTheLastConsumer) {
    Beat consumer = joining("a");
    consumer.instance_id = "i";
    send(consumer);
    Classic one;
    one.instance_id = "i";
    join(one);
    EXPECT_EQ(one.error, ErrorCode::NONE);
    for (const bool is_again : {false, true}) {
        ASSERT_TRUE(classic_group()) << is_again;
        EXPECT_EQ(classic_group()->generation(), one.generation);
        EXPECT_EQ(sync(one), (std::set<int32_t>{0, 1, 2, 3}));
        EXPECT_EQ(heartbeat(one), ErrorCode::NONE);
        harness().restart();
    }
    pass(10'000);  // its session
    EXPECT_TRUE(classic_group()->members().empty());
}

TEST_F(ConsumerMigration, RestartsKeepBothKindsOfMembers) {
    Classic one = make_classic_group();
    const Answer joined = send(joining("a"));
    harness().restart();
    ASSERT_TRUE(group());
    EXPECT_TRUE(group()->find(one.id)->is_classic());
    EXPECT_EQ(heartbeat(one), ErrorCode::REBALANCE_IN_PROGRESS);
    send(alive("a", kLeavingEpoch));
    harness().restart();
    ASSERT_TRUE(classic_group());
    EXPECT_EQ(classic_group()->generation(), joined.epoch);
    EXPECT_TRUE(classic_group()->members().contains(one.id));
}

TEST_F(ConsumerMigration, WhoDoesNotJoinOrSyncInTimeIsRemoved) {
    Classic one = make_classic_group();
    send(joining("a"));
    EXPECT_EQ(heartbeat(one), ErrorCode::REBALANCE_IN_PROGRESS);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(group()->find(one.id));
        pass(5'000);
        heartbeat(one);
    }
    EXPECT_FALSE(group()->find(one.id));

    Classic two;
    join(two);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(group()->find(two.id));
        pass(5'000);
        heartbeat(two);
    }
    EXPECT_FALSE(group()->find(two.id));  // it never sent SyncGroup
}

TEST_F(ConsumerMigration, ClassicMembersAreRefused) {
    Classic one = make_classic_group();
    send(joining("a"));
    Classic stranger;
    join(stranger, {}, "roundrobin");
    EXPECT_EQ(stranger.error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    Classic late = one;
    late.generation += 5;
    EXPECT_EQ(heartbeat(late), ErrorCode::ILLEGAL_GENERATION);
    late.id = "a";
    EXPECT_EQ(heartbeat(late), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_TRUE(sync(late).empty());
    EXPECT_EQ(late.error, ErrorCode::UNKNOWN_MEMBER_ID);
}

class ConsumerMigrationPolicy : public ConsumerMigration {};

TEST_F(ConsumerMigrationPolicy, NoUpgrade) {
    options.migration_policy = MigrationPolicy::kDowngrade;
    make_classic_group();
    EXPECT_EQ(send(joining("a")).error, ErrorCode::GROUP_ID_NOT_FOUND);
    EXPECT_TRUE(classic_group());
}

TEST_F(ConsumerMigrationPolicy, NoDowngrade) {
    options.migration_policy = MigrationPolicy::kUpgrade;
    make_classic_group();
    send(joining("a"));
    send(alive("a", kLeavingEpoch));
    ASSERT_TRUE(group());
    EXPECT_EQ(group()->seats().size(), 1u);
}

TEST_F(ConsumerMigrationPolicy, NoClassicMembers) {
    options.migration_policy = MigrationPolicy::kDisabled;
    send(joining("a"));
    Classic one;
    join(one);
    EXPECT_EQ(one.error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

TEST_F(ConsumerMigration, AnEmptyGroupStaysIfItsTombstonesAreRefused) {
    send(joining("a"));
    send(alive("a", kLeavingEpoch));
    harness().refuse_next();
    Classic one;
    join(one);
    EXPECT_EQ(one.error, ErrorCode::UNKNOWN_SERVER_ERROR);
    EXPECT_TRUE(group());
    EXPECT_FALSE(classic_group());
}

TEST_F(ConsumerMigration, EmptyGroupsChangeAtOnce) {
    send(joining("a"));
    send(alive("a", kLeavingEpoch));
    Classic one = make_classic_group();
    EXPECT_TRUE(classic_group());
    harness().restart();
    EXPECT_TRUE(classic_group());
    pass(10'000);
    EXPECT_TRUE(classic_group()->is_empty());
    send(joining("a"));
    EXPECT_TRUE(group());
    harness().restart();
    EXPECT_TRUE(group());
}

}  // namespace
}  // namespace milena
