// SPDX-License-Identifier: Apache-2.0
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"
#include "tests/coordinator/classic_fixture.h"

namespace milena {
namespace {

using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;
using std::chrono::milliseconds;
using testing::JoinOptions;

class ClassicRecords : public testing::ClassicGroups {
  public:
    GroupMetadataValue last_value() {
        const auto& value = harness().last_records().at(0).value;
        EXPECT_EQ(split_version(*value)->version, 3);
        return *protocol::decode_message<GroupMetadataValue>(split_version(*value)->body, 3);
    }
    void replay(const CoordinatorRecord& record) {
        ReplayedRecord replayed{Offset(0), record.key, {}, {}};
        if (record.value) replayed.value = BytesView(*record.value);
        harness().machine().replay(replayed);
    }
    Bytes subscription(std::vector<std::string_view> topics) {
        protocol::ConsumerProtocolSubscription message;
        message.topics = std::move(topics);
        return encode_versioned(3, message, 3);
    }
    OffsetCaller caller(std::string_view member, int32_t generation) {
        OffsetCaller made;
        made.member_id = member;
        made.generation_or_epoch = generation;
        return made;
    }
};

TEST_F(ClassicRecords, BeginWithAnEmptyGroup) {
    join();
    EXPECT_EQ(Bytes(harness().last_records()[0].key), (Bytes{0, 2, 0, 1, 'g'}));
    const auto value = last_value();
    EXPECT_EQ(value.protocol_type, "");
    EXPECT_EQ(value.generation, 0);
    EXPECT_FALSE(value.protocol);
    EXPECT_FALSE(value.leader);
    EXPECT_TRUE(value.members.empty());
    EXPECT_EQ(value.current_state_timestamp, harness().clock().now().value);
}

TEST_F(ClassicRecords, TellWhatAStableGroupIs) {
    const auto member = stable_alone();
    const auto value = last_value();
    EXPECT_EQ(value.protocol_type, "consumer");
    EXPECT_EQ(value.generation, 1);
    EXPECT_EQ(value.protocol, "range");
    EXPECT_EQ(value.leader, member->member_id);
    ASSERT_EQ(value.members.size(), 1u);
    EXPECT_EQ(value.members[0].member_id, member->member_id);
    EXPECT_EQ(value.members[0].client_id, "client");
    EXPECT_EQ(value.members[0].client_host, "/10.0.0.1");
    EXPECT_EQ(value.members[0].session_timeout, 10'000);
    EXPECT_EQ(value.members[0].rebalance_timeout, 60'000);
    EXPECT_EQ(as_text(value.members[0].subscription), "what I want");
    EXPECT_EQ(as_text(value.members[0].assignment), "all");
    leave(*member);
    const auto empty = last_value();
    EXPECT_EQ(empty.protocol_type, "consumer");
    EXPECT_EQ(empty.generation, 2);
    EXPECT_FALSE(empty.protocol);
    EXPECT_FALSE(empty.leader);
}

TEST_F(ClassicRecords, MembersGoOnAfterARestart) {
    const auto member = stable_alone();
    const CoordinatorRecord before = group().record();
    harness().restart();
    EXPECT_EQ(group().record(), before);
    EXPECT_EQ(heartbeat(*member), ErrorCode::NONE);
    EXPECT_EQ(sync(*member)->assignment, "all");
    pass(milliseconds(10'000));  // sessions are watched again
    EXPECT_EQ(state(), ClassicState::kEmpty);
}

TEST_F(ClassicRecords, ARebalanceIsForgottenByARestart) {
    const auto member = stable_alone();
    const auto other = join_twice();
    harness().restart();
    EXPECT_EQ(other->error, ErrorCode::NOT_COORDINATOR);
    EXPECT_EQ(state(), ClassicState::kStable);
    EXPECT_EQ(heartbeat(*member), ErrorCode::NONE);
}

TEST_F(ClassicRecords, AWaitingSyncIsAnsweredWhenTheCoordinatorGoes) {
    const auto one = join_twice(), two = join_twice();
    pass(milliseconds(400));
    const auto waiting = sync(*two);
    harness().restart();
    EXPECT_EQ(waiting->error, ErrorCode::NOT_COORDINATOR);
    EXPECT_EQ(state(), ClassicState::kEmpty);
}

TEST_F(ClassicRecords, OfAllVersionsAreRead) {
    for (int16_t version = 0; version <= 4; ++version) {
        SCOPED_TRACE(version);
        const std::string id = "v" + std::to_string(version);
        GroupMetadataKey key;
        key.group = id;
        GroupMetadataValue value;
        value.protocol_type = "connect";
        value.generation = 7;
        value.protocol = "p";
        value.leader = "m";
        auto& row = value.members.emplace_back();
        row.member_id = "m";
        row.session_timeout = 8'000;
        if (version >= 1) row.rebalance_timeout = 9'000;
        if (version >= 3) row.group_instance_id = "i";
        replay(make_record(key, value, version));
        const ClassicMember& member = *group(id).members().at("m");
        EXPECT_EQ(group(id).state(), ClassicState::kStable);
        EXPECT_EQ(group(id).generation(), 7);
        EXPECT_EQ(member.rebalance_timeout_ms, version >= 1 ? 9'000 : 8'000);
        EXPECT_EQ(member.is_static(), version >= 3);
        replay(make_tombstone(key));
        EXPECT_EQ(groups().find(id), nullptr);
    }
}

TEST_F(ClassicRecords, ThatAreNotUnderstoodAreSkipped) {
    GroupMetadataKey key;
    key.group = "g";
    CoordinatorRecord record = make_record(key, GroupMetadataValue(), 3);
    store_big_endian<int16_t>(record.value->data(), 99);
    replay(record);
    record.value->resize(1);
    replay(record);
    record.key.resize(3);
    replay(record);
    EXPECT_TRUE(groups().all().empty());
}

TEST_F(ClassicRecords, SubscriptionsAreRead) {
    const Bytes topics = subscription({"x", "y"});
    JoinOptions asked;
    asked.protocols = {{"range", std::string(as_text(topics))}};
    const auto member = stable_alone(asked);
    EXPECT_TRUE(group().is_subscribed_to("x"));
    EXPECT_FALSE(group().is_subscribed_to("z"));
    harness().restart();
    EXPECT_TRUE(group().is_subscribed_to("y"));
    leave(*member);
    EXPECT_FALSE(group().is_subscribed_to("x"));
}

TEST_F(ClassicRecords, SubscriptionsThatAreNotUnderstoodMayBeAnything) {
    stable_alone();
    EXPECT_TRUE(group().is_subscribed_to("x"));
    JoinOptions asked;
    asked.protocol_type = "connect";
    join_twice(asked, "c");
    EXPECT_FALSE(group("c").is_subscribed_to("x"));
}

TEST_F(ClassicRecords, OffsetsAreCommittedByMembers) {
    ASSERT_NE(groups().get_or_make_classic("g"), nullptr);
    EXPECT_TRUE(group().check_offset_commit(caller("", -1)));  // nobody's group
    const auto member = stable_alone();
    const auto commit = [&](std::string_view id, int32_t generation) {
        const auto checked = group().check_offset_commit(caller(id, generation));
        return checked ? ErrorCode::NONE : checked.error().code();
    };
    EXPECT_EQ(commit(member->member_id, 1), ErrorCode::NONE);
    EXPECT_EQ(commit(member->member_id, 2), ErrorCode::ILLEGAL_GENERATION);
    EXPECT_EQ(commit("nobody", 1), ErrorCode::UNKNOWN_MEMBER_ID);
    EXPECT_EQ(commit("", -1), ErrorCode::UNKNOWN_MEMBER_ID);
    OffsetCaller transactional = caller("", -1);
    transactional.transactional = true;
    EXPECT_TRUE(group().check_offset_commit(transactional));
    OffsetCaller fenced = caller(member->member_id, 1);
    fenced.group_instance_id = "i";
    EXPECT_FALSE(group().check_offset_commit(fenced));
    pass(milliseconds(9'000));
    EXPECT_EQ(commit(member->member_id, 1), ErrorCode::NONE);  // as good as a heartbeat
    pass(milliseconds(9'000));
    EXPECT_EQ(state(), ClassicState::kStable);
    JoinOptions again;
    again.member_id = member->member_id;
    join(again);
    EXPECT_EQ(commit(member->member_id, 2), ErrorCode::REBALANCE_IN_PROGRESS);
}

TEST_F(ClassicRecords, OnlyEmptyGroupsGo) {
    const auto member = stable_alone();
    EXPECT_EQ(group().check_delete().error().code(), ErrorCode::NON_EMPTY_GROUP);
    EXPECT_TRUE(group().check_offset_delete());  // of topics that nobody wants
    leave(*member);
    EXPECT_TRUE(group().check_delete());
    Effects effects;
    group().add_tombstones(effects.records);
    run(std::move(effects));
    EXPECT_EQ(groups().find("g"), nullptr);
    harness().restart();
    EXPECT_EQ(groups().find("g"), nullptr);
}

TEST_F(ClassicRecords, OffsetsGrowOldWhileNobodyConsumes) {
    const TimestampMs committed(5);
    auto& simple = *groups().get_or_make_classic("simple");
    EXPECT_EQ(simple.offsets_idle_since(committed), committed);
    const Bytes topics = subscription({"x"});
    JoinOptions asked;
    asked.protocols = {{"range", std::string(as_text(topics))}};
    const auto member = stable_alone(asked);
    EXPECT_EQ(group().offsets_idle_since(committed), committed);  // of topics not subscribed to
    join();
    join_twice();
    EXPECT_FALSE(group().offsets_idle_since(committed));
    JoinOptions connect;
    connect.protocol_type = "connect";
    connect.version = 3;
    const auto worker = join(connect, "c");
    EXPECT_FALSE(group("c").offsets_idle_since(committed));
    leave({{group("c").members().begin()->first, {}}}, "c");
    pass(milliseconds(100));
    EXPECT_EQ(group("c").offsets_idle_since(committed), harness().clock().now());
}

}  // namespace
}  // namespace milena
