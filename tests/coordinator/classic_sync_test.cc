// SPDX-License-Identifier: Apache-2.0
#include "tests/coordinator/classic_fixture.h"

namespace milena {
namespace {

using std::chrono::milliseconds;
using testing::Joined;
using testing::JoinOptions;

class ClassicSync : public testing::ClassicGroups {
  public:
    /// Two members at the end of their join; the first leads.
    void join_both() {
        one = join_twice();
        two = join_twice();
        pass(milliseconds(400));
        ASSERT_EQ(two->generation, 1);
        ASSERT_TRUE(one->is_leader());
    }
    testing::ClassicGroups::SyncPtr lead() {
        return sync(*one, {{{one->member_id, "first"}, {two->member_id, "second"}}});
    }
    JoinOptions again(const Joined& member) {
        JoinOptions asked;
        asked.member_id = member.member_id;
        return asked;
    }

    JoinPtr one, two;
};

TEST_F(ClassicSync, FollowersWaitForTheirLeader) {
    join_both();
    const auto follower = sync(*two);
    EXPECT_EQ(follower->answers, 0);
    const auto leader = lead();
    EXPECT_EQ(leader->assignment, "first");
    EXPECT_EQ(follower->assignment, "second");
    EXPECT_EQ(follower->protocol, "range");
    EXPECT_EQ(state(), ClassicState::kStable);
    EXPECT_EQ(sync(*two)->assignment, "second");  // once more
    EXPECT_EQ(harness().last_records().size(), 0u);
}

TEST_F(ClassicSync, MembersWithoutAShareGetNothing) {
    join_both();
    sync(*one, {{{one->member_id, "all"}, {"nobody", "x"}}});
    const auto follower = sync(*two);
    EXPECT_EQ(follower->error, ErrorCode::NONE);
    EXPECT_EQ(follower->assignment, "");
}

TEST_F(ClassicSync, IsChecked) {
    EXPECT_EQ(sync("m", 1, {}, "no such group")->error, ErrorCode::UNKNOWN_MEMBER_ID);
    join_both();
    EXPECT_EQ(sync("nobody", 1)->error, ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(sync(one->member_id, 0)->error, ErrorCode::ILLEGAL_GENERATION);
    EXPECT_EQ(sync(one->member_id, 2)->error, ErrorCode::ILLEGAL_GENERATION);
    EXPECT_EQ(sync(*one, {.instance_id = "i"})->error, ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(sync(*one, {.protocol_type = "connect"})->error,
              ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    EXPECT_EQ(sync(*one, {.protocol_name = "roundrobin"})->error,
              ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    lead();
    join_twice();  // everybody must join again
    EXPECT_EQ(sync(*two)->error, ErrorCode::REBALANCE_IN_PROGRESS);
}

TEST_F(ClassicSync, ARebalanceEndsTheWaiting) {
    join_both();
    const auto follower = sync(*two);
    join_twice();
    EXPECT_EQ(follower->error, ErrorCode::REBALANCE_IN_PROGRESS);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
}

TEST_F(ClassicSync, ALeaderThatDiesIsFollowedByAnother) {
    join_both();
    const auto follower = sync(*two);
    pass(milliseconds(10'000));  // the leader's session; who waits is not asked for heartbeats
    EXPECT_EQ(follower->error, ErrorCode::REBALANCE_IN_PROGRESS);
    EXPECT_EQ(heartbeat(*one), ErrorCode::UNKNOWN_MEMBER_ID);
    const auto next = join(again(*two));
    EXPECT_EQ(next->generation, 2);
    EXPECT_TRUE(next->is_leader());
}

TEST_F(ClassicSync, WhoNeverSyncsIsOutAfterTheRebalanceTimeout) {
    JoinOptions slow;
    slow.session_ms = 600'000;
    one = join_twice(slow);
    two = join_twice(slow);
    pass(milliseconds(400));
    lead();
    EXPECT_EQ(state(), ClassicState::kStable);
    pass(milliseconds(59'999 - 400 + 200));
    EXPECT_EQ(state(), ClassicState::kStable);
    pass(milliseconds(400));
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(heartbeat(*two), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(heartbeat(*one), ErrorCode::REBALANCE_IN_PROGRESS);
}

TEST_F(ClassicSync, OnlyTheLastSyncOfAMemberWaits) {
    join_both();
    const auto first = sync(*two), second = sync(*two);
    EXPECT_EQ(first->error, ErrorCode::REBALANCE_IN_PROGRESS);
    lead();
    EXPECT_EQ(second->assignment, "second");
    EXPECT_EQ(first->answers, 1);
}

TEST_F(ClassicSync, HeartbeatsKeepASessionAlive) {
    join_both();
    sync(*two);
    lead();
    pass(milliseconds(9'999));
    EXPECT_EQ(heartbeat(*one), ErrorCode::NONE);
    EXPECT_EQ(heartbeat(*two), ErrorCode::NONE);
    pass(milliseconds(9'999));
    EXPECT_EQ(heartbeat(*one), ErrorCode::NONE);
    EXPECT_EQ(state(), ClassicState::kStable);
    pass(milliseconds(1));  // the second has said nothing for 10 s
    EXPECT_EQ(heartbeat(*two), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(heartbeat(*one), ErrorCode::REBALANCE_IN_PROGRESS);
}

TEST_F(ClassicSync, HeartbeatsAreChecked) {
    EXPECT_EQ(heartbeat("m", 1, {}, "no such group"), ErrorCode::UNKNOWN_MEMBER_ID);
    const auto member = stable_alone();
    EXPECT_EQ(heartbeat(member->member_id, 2), ErrorCode::ILLEGAL_GENERATION);
    EXPECT_EQ(heartbeat("nobody", 1), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(heartbeat(member->member_id, 1, "i"), ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ClassicSync, LeavingMakesTheOthersJoinAgain) {
    join_both();
    sync(*two);
    lead();
    EXPECT_EQ(leave(*two), ErrorCode::NONE);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(join(again(*one))->generation, 2);
    EXPECT_EQ(leave(*two), ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ClassicSync, TheLastOneLeavesAnEmptyGroup) {
    const auto member = stable_alone();
    EXPECT_EQ(leave(*member), ErrorCode::NONE);
    EXPECT_EQ(state(), ClassicState::kEmpty);
    EXPECT_EQ(group().generation(), 2);
    EXPECT_EQ(group().protocol_type(), "consumer");
    EXPECT_FALSE(group().protocol());
    EXPECT_EQ(harness().last_records().size(), 1u);
}

TEST_F(ClassicSync, ManyLeaveAtOnce) {
    join_both();
    const auto waiting = sync(*two);
    const std::string pending = join()->member_id;
    const auto errors = leave({{one->member_id, {}},
                               {one->member_id, {}},
                               {"", "no such instance"},
                               {"", {}},
                               {two->member_id, "i"},
                               {pending, {}},
                               {two->member_id, {}}});
    constexpr auto kNone = ErrorCode::NONE, kUnknown = ErrorCode::UNKNOWN_MEMBER_ID;
    EXPECT_EQ(errors, (std::vector{kNone, kUnknown, kUnknown, kUnknown, kUnknown, kNone, kNone}));
    EXPECT_EQ(waiting->error, kUnknown);
    EXPECT_EQ(state(), ClassicState::kEmpty);
    EXPECT_EQ(leave({{"m", {}}}, "no such group").at(0), kUnknown);
}

TEST_F(ClassicSync, LeavingDoesNotEndTheFirstRebalanceEarly) {
    one = join_twice();
    two = join_twice();
    leave({{group().members().begin()->first, {}}});
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(one->answers + two->answers, 1);  // of who left
    pass(milliseconds(400));
    EXPECT_EQ(one->answers + two->answers, 2);
}

TEST_F(ClassicSync, OldVersionsNameOneMember) {
    const auto member = stable_alone();
    protocol::LeaveGroupRequest request;
    request.group_id = "g";
    request.member_id = "nobody";
    int16_t error = -1;
    const auto done = [&](const protocol::LeaveGroupResponse& response) {
        error = response.error_code;
        EXPECT_TRUE(response.members.empty());
    };
    run(leave_classic_group(groups(), 2, request, done));
    EXPECT_EQ(error, static_cast<int16_t>(ErrorCode::UNKNOWN_MEMBER_ID));
    request.member_id = member->member_id;
    run(leave_classic_group(groups(), 2, request, done));
    EXPECT_EQ(error, 0);
    request.group_id = "no such group";
    run(leave_classic_group(groups(), 2, request, done));
    EXPECT_EQ(error, static_cast<int16_t>(ErrorCode::UNKNOWN_MEMBER_ID));
}

}  // namespace
}  // namespace milena
