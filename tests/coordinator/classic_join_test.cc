// SPDX-License-Identifier: Apache-2.0
#include "tests/coordinator/classic_fixture.h"

namespace milena {
namespace {

using std::chrono::milliseconds;
using testing::JoinOptions;

constexpr milliseconds kDelay{100};

class ClassicJoin : public testing::ClassicGroups {};

TEST_F(ClassicJoin, ANewMemberIsToldItsIdFirst) {
    const auto told = join();
    EXPECT_EQ(told->error, ErrorCode::MEMBER_ID_REQUIRED);
    EXPECT_TRUE(told->member_id.starts_with("client-"));
    EXPECT_EQ(told->member_id.size(), std::string("client-").size() + 36);
    EXPECT_EQ(group().pending_members(), 1u);
    ASSERT_EQ(harness().last_records().size(), 1u);  // the group is there
    JoinOptions again;
    again.member_id = told->member_id;
    const auto member = join(again);
    EXPECT_EQ(member->answers, 0);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    pass(kDelay);
    EXPECT_EQ(member->error, ErrorCode::NONE);
    EXPECT_EQ(member->member_id, told->member_id);
    EXPECT_EQ(member->leader, member->member_id);
    EXPECT_EQ(member->generation, 1);
    EXPECT_EQ(member->protocol, "range");
    EXPECT_EQ(member->protocol_type, "consumer");
    EXPECT_EQ(member->members.at(member->member_id), "what I want");
    EXPECT_EQ(state(), ClassicState::kCompletingRebalance);
}

TEST_F(ClassicJoin, OldMembersJoinAtOnce) {
    JoinOptions old;
    old.version = 3;
    const auto member = join(old);
    pass(kDelay);
    EXPECT_EQ(member->error, ErrorCode::NONE);
    EXPECT_EQ(group().members().size(), 1u);
}

TEST_F(ClassicJoin, APendingMemberExpiresWithItsSession) {
    const auto told = join();
    pass(milliseconds(9'999));
    EXPECT_EQ(group().pending_members(), 1u);
    pass(milliseconds(1));
    EXPECT_EQ(group().pending_members(), 0u);
    JoinOptions again;
    again.member_id = told->member_id;
    EXPECT_EQ(join(again)->error, ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ClassicJoin, UnknownMembersAreRefused) {
    JoinOptions unknown;
    unknown.member_id = "nobody";
    auto refused = join(unknown, "no such group");
    EXPECT_EQ(refused->error, ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(refused->member_id, "nobody");
    EXPECT_EQ(groups().find("no such group"), nullptr);
    stable_alone();
    refused = join(unknown);
    EXPECT_EQ(refused->error, ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_FALSE(refused->has_protocol);
    unknown.version = 6;  // knows no null
    EXPECT_TRUE(join(unknown)->has_protocol);
}

TEST_F(ClassicJoin, ProtocolsMustFit) {
    JoinOptions none;
    none.protocols.clear();
    EXPECT_EQ(join(none)->error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    JoinOptions untyped;
    untyped.protocol_type.clear();
    EXPECT_EQ(join(untyped)->error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    stable_alone();
    JoinOptions other_type;
    other_type.protocol_type = "connect";
    EXPECT_EQ(join(other_type)->error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    JoinOptions other_name;
    other_name.protocols = {{"roundrobin", ""}};
    EXPECT_EQ(join(other_name)->error, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

TEST_F(ClassicJoin, MembersVoteForAProtocolThatAllKnow) {
    JoinOptions first, second, third;
    first.protocols = {{"a", ""}, {"b", "b1"}, {"c", ""}};
    second.protocols = {{"c", ""}, {"b", "b2"}};
    third.protocols = {{"b", "b3"}, {"c", ""}};
    const auto one = join_twice(first), two = join_twice(second), three = join_twice(third);
    pass(kDelay * 4);
    EXPECT_EQ(one->protocol, "b");  // two votes, and one for c; a is not for all
    EXPECT_EQ(one->members.at(two->member_id), "b2");
    EXPECT_EQ(two->protocol, "b");
    EXPECT_TRUE(two->members.empty());
    EXPECT_EQ(three->leader, one->member_id);
}

TEST_F(ClassicJoin, EqualVotesGoToWhatJavaListsFirst) {
    JoinOptions first, second;
    first.protocols = {{"range", ""}, {"roundrobin", ""}};
    second.protocols = {{"roundrobin", ""}, {"range", ""}};
    join_twice(first);
    const auto two = join_twice(second);
    pass(kDelay * 4);
    EXPECT_EQ(two->protocol, "range");
}

TEST_F(ClassicJoin, TheFirstRebalanceWaitsWhileMembersCome) {
    JoinOptions quick;
    quick.rebalance_ms = 250;  // the limit
    const auto one = join_twice(quick);
    pass(milliseconds(60));
    const auto two = join_twice(quick);
    pass(milliseconds(60));
    EXPECT_EQ(one->answers, 0);  // at 100 there was a new member
    const auto three = join_twice(quick);
    pass(milliseconds(80));
    EXPECT_EQ(one->answers, 0);  // again, at 200: 50 are left
    const auto four = join_twice(quick);
    pass(milliseconds(49));
    EXPECT_EQ(one->answers, 0);
    pass(milliseconds(1));
    EXPECT_EQ(one->answers, 1);
    EXPECT_EQ(one->members.size(), 4u);
    EXPECT_EQ(four->generation, 1);
}

TEST_F(ClassicJoin, NewMembersMakeEverybodyJoinAgain) {
    const auto one = stable_alone();
    const auto two = join_twice();
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(two->answers, 0);
    EXPECT_EQ(heartbeat(*one), ErrorCode::REBALANCE_IN_PROGRESS);
    JoinOptions again;
    again.member_id = one->member_id;
    const auto next = join(again);
    EXPECT_EQ(next->answers, 1);  // all are there: nothing to wait for
    EXPECT_EQ(two->answers, 1);
    EXPECT_EQ(next->generation, 2);
    EXPECT_EQ(two->leader, one->member_id);
}

TEST_F(ClassicJoin, APendingMemberHoldsTheRebalanceUp) {
    const auto one = stable_alone();
    const auto two = join_twice();
    const auto told = join();
    JoinOptions again;
    again.member_id = one->member_id;
    const auto next = join(again);
    EXPECT_EQ(next->answers, 0);
    pass(milliseconds(10'000));  // it never comes
    EXPECT_EQ(next->answers, 1);
    EXPECT_EQ(next->members.size(), 2u);
}

TEST_F(ClassicJoin, WhoDoesNotJoinAgainInTimeIsOut) {
    JoinOptions slow;
    slow.session_ms = 30'000;
    slow.rebalance_ms = 20'000;
    const auto one = stable_alone(slow);
    const auto two = join_twice(slow);
    pass(milliseconds(19'999));
    EXPECT_EQ(two->answers, 0);
    pass(milliseconds(1));
    ASSERT_EQ(two->answers, 1);
    EXPECT_EQ(two->leader, two->member_id);
    EXPECT_EQ(two->members.size(), 1u);
    EXPECT_EQ(heartbeat(*one), ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ClassicJoin, AJoinOfTheSameGenerationIsAnsweredAtOnce) {
    const auto one = stable_alone();
    const auto two = join_twice();
    JoinOptions again;
    again.member_id = one->member_id;
    join(again);
    ASSERT_EQ(state(), ClassicState::kCompletingRebalance);
    const auto repeated = join(again);
    EXPECT_EQ(repeated->answers, 1);
    EXPECT_EQ(repeated->generation, 2);
    EXPECT_EQ(repeated->members.size(), 2u);
    sync(one->member_id, 2, {{{one->member_id, "1"}, {two->member_id, "2"}}});
    ASSERT_EQ(state(), ClassicState::kStable);
    JoinOptions follower;
    follower.member_id = two->member_id;
    EXPECT_EQ(join(follower)->generation, 2);
    EXPECT_EQ(state(), ClassicState::kStable);
    const auto changed_metadata = [&] {
        follower.protocols = {{"range", "something else"}};
        return join(follower);
    }();
    EXPECT_EQ(changed_metadata->answers, 0);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
}

TEST_F(ClassicJoin, ALeaderMayAskForARebalance) {
    const auto one = stable_alone();
    JoinOptions again;
    again.member_id = one->member_id;
    const auto next = join(again);
    EXPECT_EQ(next->generation, 2);
    EXPECT_EQ(state(), ClassicState::kCompletingRebalance);
}

TEST_F(ClassicJoin, OnlyTheLastJoinOfAMemberWaits) {
    const auto told = join();
    JoinOptions again;
    again.member_id = told->member_id;
    const auto first = join(again), second = join(again);
    EXPECT_EQ(first->error, ErrorCode::REBALANCE_IN_PROGRESS);
    EXPECT_EQ(second->answers, 0);
    pass(kDelay);
    EXPECT_EQ(second->error, ErrorCode::NONE);
    EXPECT_EQ(first->answers, 1);
}

TEST_F(ClassicJoin, AFullGroupTakesNobody) {
    options.max_size = 2;
    const auto one = stable_alone();
    const auto two = join_twice();
    EXPECT_EQ(join()->error, ErrorCode::MEMBER_ID_REQUIRED);  // one of two waits
    JoinOptions again;
    again.member_id = one->member_id;
    join(again);
    const auto full = join();
    EXPECT_EQ(full->error, ErrorCode::GROUP_MAX_SIZE_REACHED);
    EXPECT_TRUE(full->member_id.empty());
    EXPECT_EQ(two->answers, 0);  // the pending one holds it up
}

TEST_F(ClassicJoin, APendingIdIsNotForStaticMembers) {
    JoinOptions odd;
    odd.member_id = join()->member_id;
    odd.instance_id = "i";
    EXPECT_EQ(join(odd)->error, ErrorCode::UNKNOWN_SERVER_ERROR);
}

TEST_F(ClassicJoin, OldVersionsRebalanceWithinTheirSession) {
    JoinOptions old;
    old.version = 0;
    old.session_ms = 7'000;
    join(old);
    EXPECT_EQ(group().members().begin()->second->rebalance_timeout_ms, 7'000);
}

}  // namespace
}  // namespace milena
