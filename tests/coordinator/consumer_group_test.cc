// SPDX-License-Identifier: Apache-2.0
#include "tests/coordinator/consumer_fixture.h"

namespace milena {
namespace {

using testing::Answer;
using testing::Assigned;
using testing::Beat;

constexpr int64_t kAssignmentIntervalMs = 1'000;
const Assigned kNothing;

class ConsumerGroupTest : public testing::ConsumerGroupsTest {
  protected:
    /// "a" has all of topic t, then "b" comes and is told of the next epoch.
    void let_b_join() {
        send(joining("a"));
        pass(kAssignmentIntervalMs);
        send(joining("b"));
    }
};

TEST_F(ConsumerGroupTest, TheFirstMemberGetsEverything) {
    const Answer answer = send(joining("a"));
    EXPECT_EQ(answer.error, ErrorCode::NONE);
    EXPECT_EQ(answer.member, "a");
    EXPECT_EQ(answer.epoch, 2);
    EXPECT_EQ(answer.interval_ms, 5'000);
    EXPECT_EQ(answer.assigned, (Assigned{{"t", {0, 1, 2, 3}}}));
    EXPECT_EQ(records(), 5u);  // the member, the group, target, its epoch, the assignment
    EXPECT_EQ(state(), "Stable");
}

TEST_F(ConsumerGroupTest, AnIdleMemberWritesNothing) {
    send(joining("a"));
    send(alive("a", 2));
    const Answer answer = send(alive("a", 2));
    EXPECT_EQ(answer.error, ErrorCode::NONE);
    EXPECT_EQ(answer.epoch, 2);
    EXPECT_FALSE(answer.assigned);
    EXPECT_EQ(records(), 0u);
}

TEST_F(ConsumerGroupTest, AFullRequestIsToldItsAssignment) {
    send(joining("a"));
    Beat full = joining("a");
    full.epoch = 2;
    full.owned = Assigned{{"t", {0, 1, 2, 3}}};
    EXPECT_EQ(send(full).assigned, (Assigned{{"t", {0, 1, 2, 3}}}));
}

TEST_F(ConsumerGroupTest, PartitionsMoveWhenTheirOwnerHasGivenThemUp) {
    let_b_join();
    EXPECT_EQ(state(), "Reconciling");
    EXPECT_EQ(group()->find("b")->state, MemberState::kUnreleased);

    const Answer revoking = send(alive("a", 2));
    EXPECT_EQ(revoking.epoch, 2);
    EXPECT_EQ(revoking.assigned, (Assigned{{"t", {0, 1}}}));
    EXPECT_EQ(send(alive("b", 3)).assigned, std::nullopt);  // still a's

    EXPECT_EQ(send(alive("a", 2, Assigned{{"t", {0, 1}}})).epoch, 3);
    EXPECT_EQ(send(alive("b", 3)).assigned, (Assigned{{"t", {2, 3}}}));
    EXPECT_EQ(state(), "Stable");
}

TEST_F(ConsumerGroupTest, AssignmentsAreNotComputedTooOften) {
    send(joining("a"));
    const Answer early = send(joining("b"));
    EXPECT_EQ(early.epoch, 2);
    EXPECT_EQ(early.assigned, kNothing);
    EXPECT_EQ(state(), "Assigning");
    pass(kAssignmentIntervalMs);
    EXPECT_EQ(send(alive("b", 2)).epoch, 3);
}

TEST_F(ConsumerGroupTest, WhoDoesNotGivePartitionsUpIsRemoved) {
    let_b_join();
    send(alive("a", 2));
    for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(group()->find("a"));
        pass(1'000);
        send(alive("b", 3));
        if (i < 29) send(alive("a", 2));
    }
    EXPECT_FALSE(group()->find("a"));
    EXPECT_EQ(send(alive("a", 2)).error, ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ConsumerGroupTest, WhoIsSilentIsRemoved) {
    send(joining("a"));
    pass(44'999);
    EXPECT_TRUE(group()->find("a"));
    send(alive("a", 2));
    pass(44'999);
    EXPECT_TRUE(group()->find("a"));
    pass(1);
    EXPECT_EQ(state(), "Empty");
    EXPECT_EQ(group()->epoch(), 3);
    EXPECT_EQ(group()->target_epoch(), 3);
    EXPECT_TRUE(group()->targets().empty());
}

TEST_F(ConsumerGroupTest, ARemovalThatIsRefusedIsTriedAgain) {
    send(joining("a"));
    harness().refuse_next();
    pass(45'000);
    EXPECT_TRUE(group()->find("a"));
    pass(499);
    EXPECT_TRUE(group()->find("a"));
    pass(1);
    EXPECT_EQ(state(), "Empty");
}

TEST_F(ConsumerGroupTest, SessionsGoOnAfterARestart) {
    send(joining("a"));
    pass(40'000);
    harness().restart();
    pass(44'999);
    EXPECT_TRUE(group()->find("a"));
    pass(1);
    EXPECT_FALSE(group()->find("a"));
}

TEST_F(ConsumerGroupTest, LeavingFreesPartitionsAtOnce) {
    let_b_join();
    const Answer left = send(alive("a", kLeavingEpoch));
    EXPECT_EQ(left.error, ErrorCode::NONE);
    EXPECT_EQ(left.epoch, kLeavingEpoch);
    pass(kAssignmentIntervalMs);
    EXPECT_EQ(send(alive("b", 3)).assigned, (Assigned{{"t", {0, 1, 2, 3}}}));
}

TEST_F(ConsumerGroupTest, OtherEpochsAreFenced) {
    send(joining("a"));
    EXPECT_EQ(send(alive("a", 3)).error, ErrorCode::FENCED_MEMBER_EPOCH);
    EXPECT_EQ(send(alive("a", 1)).error, ErrorCode::FENCED_MEMBER_EPOCH);
    EXPECT_EQ(send(alive("x", 2)).error, ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(send(alive("x", -1)).error, ErrorCode::UNKNOWN_MEMBER_ID);
    Beat elsewhere = alive("a", 2);
    elsewhere.group = "nowhere";
    EXPECT_EQ(send(elsewhere).error, ErrorCode::GROUP_ID_NOT_FOUND);
    elsewhere.epoch = -1;
    EXPECT_EQ(send(elsewhere).error, ErrorCode::GROUP_ID_NOT_FOUND);
}

TEST_F(ConsumerGroupTest, AnAnswerThatWasLostIsGivenAgain) {
    let_b_join();
    send(alive("a", 2));
    send(alive("a", 2, Assigned{{"t", {0, 1}}}));
    EXPECT_EQ(send(alive("a", 2, Assigned{{"t", {0, 1}}})).epoch, 3);
    EXPECT_EQ(send(alive("a", 2)).error, ErrorCode::FENCED_MEMBER_EPOCH);
    EXPECT_EQ(send(alive("a", 2, Assigned{{"t", {2}}})).error, ErrorCode::FENCED_MEMBER_EPOCH);
}

TEST_F(ConsumerGroupTest, RequestsAreChecked) {
    const auto refused = [this](auto change) {
        Beat beat = joining("a");
        change(beat);
        return send(beat).error;
    };
    using enum ErrorCode;
    EXPECT_EQ(refused([](Beat& b) { b.member = " "; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.group = ""; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.instance_id = ""; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.rack_id = "\t"; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.rebalance_ms = -1; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.owned.reset(); }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.owned = Assigned{{"t", {0}}}; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.topics.reset(); }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.epoch = -2; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.epoch = -3; }), INVALID_REQUEST);
    EXPECT_EQ(refused([](Beat& b) { b.assignor = "none"; }), UNSUPPORTED_ASSIGNOR);
    EXPECT_EQ(refused([](Beat& b) { b.regex = "("; }), INVALID_REGULAR_EXPRESSION);
    EXPECT_FALSE(group());
}

TEST_F(ConsumerGroupTest, OldClientsAreGivenAnId) {
    Beat old = joining("");
    old.version = 0;
    const Answer answer = send(old);
    EXPECT_EQ(answer.error, ErrorCode::NONE);
    EXPECT_EQ(answer.member.size(), 22u);
    EXPECT_TRUE(group()->find(answer.member));
}

TEST_F(ConsumerGroupTest, AFullGroupTakesNobody) {
    options.consumer_max_size = 2;
    Beat fixed = joining("a");
    fixed.instance_id = "i";
    send(fixed);
    send(joining("b"));
    EXPECT_EQ(send(joining("c")).error, ErrorCode::GROUP_MAX_SIZE_REACHED);
    EXPECT_EQ(send(joining("b")).error, ErrorCode::NONE);
    fixed.member = "a2";
    EXPECT_EQ(send(fixed).error, ErrorCode::UNRELEASED_INSTANCE_ID);
}

TEST_F(ConsumerGroupTest, AStaticMemberComesBackToItsPartitions) {
    Beat fixed = joining("a");
    fixed.instance_id = "i";
    send(fixed);
    Beat leaving = alive("a", kStaticLeavingEpoch);
    leaving.instance_id = "i";
    EXPECT_EQ(send(leaving).epoch, kStaticLeavingEpoch);
    EXPECT_EQ(group()->find("a")->epoch_of(cluster().topic("t")->id, 0), 0);

    fixed.member = "b";
    const Answer back = send(fixed);
    EXPECT_EQ(back.error, ErrorCode::NONE);
    EXPECT_EQ(back.epoch, 2);
    EXPECT_EQ(back.assigned, (Assigned{{"t", {0, 1, 2, 3}}}));
    EXPECT_FALSE(group()->find("a"));
    EXPECT_EQ(group()->epoch(), 2);  // nothing is shared anew

    leaving.epoch = 2;
    EXPECT_EQ(send(leaving).error, ErrorCode::FENCED_INSTANCE_ID);
    leaving.epoch = kLeavingEpoch;
    EXPECT_EQ(send(leaving).error, ErrorCode::FENCED_INSTANCE_ID);
    leaving.instance_id = "unknown";
    EXPECT_EQ(send(leaving).error, ErrorCode::UNKNOWN_MEMBER_ID);
}

TEST_F(ConsumerGroupTest, AStaticMemberThatStaysAwayIsRemoved) {
    Beat fixed = joining("a");
    fixed.instance_id = "i";
    send(fixed);
    Beat leaving = alive("a", kStaticLeavingEpoch);
    leaving.instance_id = "i";
    send(leaving);
    pass(45'000);
    EXPECT_EQ(state(), "Empty");
}

TEST_F(ConsumerGroupTest, OtherTopicsAreFollowed) {
    send(joining("a"));
    pass(kAssignmentIntervalMs);
    Beat other = alive("a", 2);
    other.topics = {{"u"}};
    const Answer revoking = send(other);
    EXPECT_EQ(revoking.assigned, kNothing);
    EXPECT_EQ(revoking.epoch, 2);
    EXPECT_EQ(send(alive("a", 2, kNothing)).assigned, (Assigned{{"u", {0, 1, 2}}}));
    EXPECT_TRUE(group()->is_subscribed_to("u"));
    EXPECT_FALSE(group()->is_subscribed_to("t"));
}

TEST_F(ConsumerGroupTest, TopicsThatGrowComeAndGoAreShared) {
    send(joining("a", {"t", "later"}));
    pass(kAssignmentIntervalMs);
    grow_topic("t", 6);
    EXPECT_EQ(send(alive("a", 2)).assigned, (Assigned{{"t", {0, 1, 2, 3, 4, 5}}}));
    pass(kAssignmentIntervalMs);
    add_topic("later", 1);
    EXPECT_EQ(send(alive("a", 3)).assigned, (Assigned{{"later", {0}}, {"t", {0, 1, 2, 3, 4, 5}}}));
    pass(kAssignmentIntervalMs);
    const int32_t epoch = group()->epoch();
    add_topic("unrelated", 1);
    send(alive("a", 4));
    EXPECT_EQ(group()->epoch(), epoch);
}

TEST_F(ConsumerGroupTest, AHeartbeatThatIsRefusedHasNotSeenTheTopics) {
    send(joining("a"));
    pass(kAssignmentIntervalMs);
    grow_topic("t", 5);
    harness().refuse_next();
    EXPECT_EQ(send(alive("a", 2)).error, ErrorCode::UNKNOWN_SERVER_ERROR);
    EXPECT_EQ(send(alive("a", 2)).assigned, (Assigned{{"t", {0, 1, 2, 3, 4}}}));
}

TEST_F(ConsumerGroupTest, AGroupsOwnSettingsCountWithinBounds) {
    configure("g", "consumer.heartbeat.interval.ms", "7000");
    configure("g", "consumer.session.timeout.ms", "1");
    EXPECT_EQ(send(joining("a")).interval_ms, 7'000);
    pass(44'999);
    EXPECT_TRUE(group()->find("a"));
    pass(1);
    EXPECT_FALSE(group()->find("a"));
}

TEST_F(ConsumerGroupTest, MostMembersChooseTheAssignor) {
    send(joining("a", {"t", "u"}));
    pass(kAssignmentIntervalMs);
    Beat range = joining("b", {"t", "u"});
    range.assignor = "range";
    send(range);
    EXPECT_EQ(group()->subscriptions().preferred_assignor("uniform"), "range");
    EXPECT_EQ(group()->target_of("a").size(), 2u);  // a part of each topic
    EXPECT_EQ(group()->target_of("b").at(cluster().topic("u")->id), (std::vector<int32_t>{2}));
}

TEST_F(ConsumerGroupTest, OffsetsAreCommittedInTheEpochOfThePartition) {
    let_b_join();
    send(alive("a", 2));
    send(alive("a", 2, Assigned{{"t", {0, 1}}}));
    const Uuid topic = cluster().topic("t")->id;
    const auto commit = [&](std::string_view member, int32_t epoch, int32_t partition) {
        const OffsetCaller caller{member, {}, epoch, 9, false};
        auto checked = group()->check_offset_commit(caller);
        if (checked) checked = group()->check_partition_commit(caller, {topic, partition});
        return checked ? ErrorCode::NONE : checked.error().code();
    };
    EXPECT_EQ(commit("a", 3, 0), ErrorCode::NONE);
    EXPECT_EQ(commit("a", 2, 0), ErrorCode::NONE);  // it has been a's since then
    EXPECT_EQ(commit("a", 1, 0), ErrorCode::STALE_MEMBER_EPOCH);
    EXPECT_EQ(commit("a", 2, 3), ErrorCode::STALE_MEMBER_EPOCH);
    EXPECT_EQ(commit("a", 4, 0), ErrorCode::STALE_MEMBER_EPOCH);
    EXPECT_EQ(commit("x", 3, 0), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(group()->check_offset_commit({"a", {}, 3, 8, false}).error().code(),
              ErrorCode::UNSUPPORTED_VERSION);
    EXPECT_EQ(group()->check_offset_fetch("a", 2).error().code(), ErrorCode::STALE_MEMBER_EPOCH);
    EXPECT_EQ(group()->check_offset_fetch("x", 2).error().code(), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_TRUE(group()->check_offset_fetch("a", 3));
    EXPECT_TRUE(group()->check_offset_fetch({}, -1));
    EXPECT_EQ(group()->check_delete().error().code(), ErrorCode::NON_EMPTY_GROUP);
}

}  // namespace
}  // namespace milena
