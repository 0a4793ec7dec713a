// SPDX-License-Identifier: Apache-2.0
#include "tests/coordinator/classic_fixture.h"

namespace milena {
namespace {

using std::chrono::milliseconds;
using testing::Joined;
using testing::JoinOptions;

/// A leader "a" and a follower "b".
class ClassicStatic : public testing::ClassicGroups {
  public:
    JoinOptions asked(std::string instance, std::string member_id = {}) {
        JoinOptions made;
        made.instance_id = std::move(instance);
        made.member_id = std::move(member_id);
        return made;
    }
    void join_both() {
        a = join(asked("a"));
        b = join(asked("b"));
        pass(milliseconds(400));
        ASSERT_EQ(b->generation, 1);
        ASSERT_TRUE(a->is_leader());
    }
    void make_stable() {
        join_both();
        sync(*a, {{{a->member_id, "1"}, {b->member_id, "2"}}, "a"});
        sync(*b, {{}, "b"});
        ASSERT_EQ(state(), ClassicState::kStable);
    }

    JoinPtr a, b;
};

TEST_F(ClassicStatic, TheirIdsBeginWithTheInstance) {
    join_both();
    EXPECT_TRUE(a->member_id.starts_with("a-"));
    EXPECT_EQ(group().members().size(), 2u);
}

TEST_F(ClassicStatic, ComeBackWithoutARebalance) {
    make_stable();
    const auto back = join(asked("b"));
    EXPECT_EQ(back->error, ErrorCode::NONE);
    EXPECT_NE(back->member_id, b->member_id);
    EXPECT_EQ(back->generation, 1);
    EXPECT_EQ(back->leader, a->member_id);
    EXPECT_FALSE(back->skips_assignment);
    EXPECT_EQ(harness().last_records().size(), 1u);  // the new id is kept
    EXPECT_EQ(state(), ClassicState::kStable);
    EXPECT_EQ(sync(*back, {{}, "b"})->assignment, "2");
    EXPECT_EQ(heartbeat(b->member_id, 1, "b"), ErrorCode::FENCED_INSTANCE_ID);
    EXPECT_EQ(heartbeat(back->member_id, 1, "b"), ErrorCode::NONE);
}

TEST_F(ClassicStatic, ALeaderThatComesBackSkipsTheAssignment) {
    make_stable();
    const auto back = join(asked("a"));
    EXPECT_TRUE(back->is_leader());
    EXPECT_TRUE(back->skips_assignment);
    EXPECT_EQ(back->members.size(), 2u);
    auto old = asked("a");
    old.version = 8;
    const auto again = join(old);
    EXPECT_EQ(again->leader, back->member_id);  // so it does not know that it leads
    EXPECT_FALSE(again->skips_assignment);
    EXPECT_TRUE(again->members.empty());
    EXPECT_EQ(group().leader(), again->member_id);
}

TEST_F(ClassicStatic, ComeBackWithAnotherProtocolAndRebalance) {
    JoinOptions both = asked("a");
    both.protocols = {{"range", ""}, {"roundrobin", ""}};
    a = join(both);
    pass(milliseconds(400));
    sync(*a, {{{a->member_id, "1"}}, "a"});
    both.protocols = {{"roundrobin", ""}, {"range", ""}};
    const auto back = join(both);
    EXPECT_EQ(back->generation, 2);
    EXPECT_EQ(back->protocol, "roundrobin");
    EXPECT_EQ(state(), ClassicState::kCompletingRebalance);
}

TEST_F(ClassicStatic, TheirPredecessorsAreFenced) {
    join_both();
    const auto waiting = sync(*b, {{}, "b"});
    const auto back = join(asked("b"));  // in the middle of a rebalance: another one
    EXPECT_EQ(waiting->error, ErrorCode::FENCED_INSTANCE_ID);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    const auto second = join(asked("b"));
    EXPECT_EQ(back->error, ErrorCode::FENCED_INSTANCE_ID);
    EXPECT_FALSE(back->has_protocol);
    EXPECT_EQ(second->answers, 0);
    const auto fenced = join(asked("b", b->member_id));
    EXPECT_EQ(fenced->error, ErrorCode::FENCED_INSTANCE_ID);
    EXPECT_EQ(join(asked("nobody", "x"))->error, ErrorCode::UNKNOWN_MEMBER_ID);
    join(asked("a", a->member_id));
    EXPECT_EQ(second->generation, 2);
    EXPECT_EQ(sync(b->member_id, 2, {{}, "b"})->error, ErrorCode::FENCED_INSTANCE_ID);
}

TEST_F(ClassicStatic, AreKeptThroughARebalanceThatTheyMiss) {
    JoinOptions slow = asked("a");
    slow.rebalance_ms = 5'000;
    a = join(slow);
    slow.instance_id = "b";
    b = join(slow);
    pass(milliseconds(400));
    sync(*a, {{{a->member_id, "1"}}, "a"});
    sync(*b, {{}, "b"});
    slow.instance_id = "c";
    const auto c = join(slow);
    slow = asked("b", b->member_id);
    slow.rebalance_ms = 5'000;
    const auto rejoined = join(slow);
    pass(milliseconds(5'000));
    EXPECT_EQ(rejoined->generation, 2);
    EXPECT_TRUE(rejoined->is_leader());  // the eldest that is there
    EXPECT_EQ(rejoined->members.size(), 3u);
    EXPECT_EQ(c->leader, b->member_id);
}

TEST_F(ClassicStatic, ARebalanceThatAllMissWaitsForThem) {
    options.max_size = 1;
    JoinOptions slow = asked("a");
    slow.rebalance_ms = 5'000;
    slow.session_ms = 30'000;
    a = join(slow);
    pass(milliseconds(100));
    sync(*a, {{{a->member_id, "1"}}, "a"});
    options.max_size = 0;  // a restart finds too many members
    harness().restart();
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    pass(milliseconds(20'000));
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(group().generation(), 1);
    pass(milliseconds(10'000));  // its session is over
    EXPECT_EQ(state(), ClassicState::kEmpty);
}

TEST_F(ClassicStatic, LeaveByTheirInstanceAlone) {
    make_stable();
    EXPECT_EQ(leave({{"wrong", "b"}}).at(0), ErrorCode::FENCED_INSTANCE_ID);
    EXPECT_EQ(leave({{"", "b"}}).at(0), ErrorCode::NONE);
    EXPECT_EQ(state(), ClassicState::kPreparingRebalance);
    EXPECT_EQ(leave({{"", "b"}}).at(0), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(leave({{a->member_id, "a"}}).at(0), ErrorCode::NONE);
    EXPECT_EQ(state(), ClassicState::kEmpty);
}

}  // namespace
}  // namespace milena
