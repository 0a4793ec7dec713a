// SPDX-License-Identifier: Apache-2.0
// Classic members in consumer groups, and groups that change their protocol, with and without
// restarts in between.
#include "coordinator/group/consumer_migration.h"

#include "tests/coordinator/migration_fixture.h"

namespace milena {
namespace {

using testing::Answer;
using testing::Assigned;
using testing::Beat;
using testing::Classic;

class ConsumerMigration : public testing::MigratingGroup {};

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

TEST_F(ConsumerMigration, WhoWaitsToJoinIsToldWhenTheUpgradeIsAccepted) {
    Classic one = make_classic_group();
    Classic two;
    join(two);
    harness().refuse_next();
    EXPECT_EQ(send(joining("a")).error, ErrorCode::UNKNOWN_SERVER_ERROR);
    EXPECT_TRUE(two.awaits_join) << "it is the classic group that it was";
    EXPECT_EQ(send(joining("a")).error, ErrorCode::NONE);
    EXPECT_EQ(two.error, ErrorCode::REBALANCE_IN_PROGRESS);
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
