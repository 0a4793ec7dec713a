// SPDX-License-Identifier: Apache-2.0
// Random histories of one group whose members speak both protocols: it goes from one type to the
// other and back as they come, leave, fall silent and forget answers. After each event no partition
// has two owners, every committed offset is there, and the records alone give the same state.
#include <array>
#include <random>

#include "base/log.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "tests/coordinator/migration_fixture.h"
#include "tests/coordinator/seeds.h"

namespace milena {
namespace {

using testing::Answer;
using testing::Assigned;
using testing::Beat;
using testing::Classic;
using testing::Shares;

constexpr unsigned kHistories = 1'500;
constexpr int kEvents = 80;
constexpr int32_t kPartitions = 4;  // of topic t

/// A member of the consumer protocol; nothing: it is not in the group, as far as it knows.
struct Consumer {
    std::string name;
    std::optional<std::string> instance_id = {};
    std::optional<int32_t> epoch = {};
    Assigned owned = {};
};

class MixedHistory : public testing::MigratingGroup {
  public:
    explicit MixedHistory(unsigned seed) : random_(seed) {
        constexpr std::array kPolicies{MigrationPolicy::kBidirectional,
                                       MigrationPolicy::kBidirectional, MigrationPolicy::kUpgrade,
                                       MigrationPolicy::kDowngrade, MigrationPolicy::kDisabled};
        options.migration_policy = kPolicies[any(kPolicies.size())];
        options.initial_rebalance_delay_ms = 100;
        options.draw_id = [this] { return any_id(); };
        classic_[0].instance_id = consumers_[0].instance_id = "i";
    }
    void TestBody() override {}

    void run() {
        for (int event = 0; event < kEvents && !HasFailure(); ++event) {
            step();
            check();
        }
        if (!HasFailure()) settle();
    }

  private:
    size_t any(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }
    Uuid any_id() {
        Uuid id;
        for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(any(256));
        return id;
    }

    void step() {
        Classic& classic = classic_[any(classic_.size())];
        Consumer& consumer = consumers_[any(consumers_.size())];
        switch (any(16)) {
            case 0:
                return leave_as(classic);
            case 1:
                return leave_as(consumer);
            case 2:
                return pass(any(4) == 0 ? 12'000 : 400);
            case 3:
                return any(3) == 0 ? harness().restart() : pass(100);
            case 4:
            case 5:
                return commit(classic.id, classic.generation);
            case 6:
                return commit(consumer.name, consumer.epoch.value_or(0));
            case 7:
            case 8:
            case 9:
            case 10:
                return act(consumer);
            default:
                return act(classic);
        }
    }

    /// What a client would do next.
    void act(Classic& member) {
        if (member.awaits_join || member.awaits_sync) return pass(50);
        if (member.error != ErrorCode::NONE || member.id.empty()) return join_anew(member);
        if (any(10) == 0) return join_anew(member);
        if (any(2) == 0 && member.owned.empty()) {
            Shares shares;
            for (size_t i = 0; i < member.led.size(); ++i) shares[member.led[i]];
            for (int32_t i = 0; i < kPartitions && !member.led.empty(); ++i)
                shares[member.led[static_cast<size_t>(i) % member.led.size()]].push_back(i);
            return sync_as_leader(member, shares);
        }
        member.error = heartbeat(member);
    }
    void join_anew(Classic& member) {
        const bool is_lost = member.error == ErrorCode::UNKNOWN_MEMBER_ID ||
                             member.error == ErrorCode::FENCED_INSTANCE_ID;
        if (is_lost || any(20) == 0) member.id.clear(), member.owned.clear();
        join(member, {member.owned.begin(), member.owned.end()});
    }
    void leave_as(Classic& member) {
        if (member.awaits_join || member.awaits_sync || member.id.empty()) return;
        leave(member);
        member.id.clear();
        member.owned.clear();
    }

    void act(Consumer& member) {
        Beat beat = member.epoch ? alive(member.name, *member.epoch) : joining(member.name);
        beat.instance_id = member.instance_id;
        if (member.epoch && any(2) == 0) beat.owned = member.owned;
        const Answer answer = send(beat);
        if (any(8) == 0) return;  // it is lost
        if (answer.error != ErrorCode::NONE) return forget(member);
        member.epoch = answer.epoch;
        if (answer.assigned) member.owned = *answer.assigned;
    }
    void leave_as(Consumer& member) {
        if (!member.epoch) return;
        Beat beat = alive(member.name,
                          any(3) == 0 && member.instance_id ? kStaticLeavingEpoch : kLeavingEpoch);
        beat.instance_id = member.instance_id;
        send(beat);
        forget(member);
    }
    static void forget(Consumer& member) {
        member.epoch.reset();
        member.owned.clear();
    }

    void commit(const std::string& member_id, int32_t generation) {
        const auto partition = static_cast<int32_t>(any(kPartitions));
        const auto offset = static_cast<int64_t>(any(1'000'000));
        protocol::OffsetCommitRequest request;
        request.group_id = "g";
        request.member_id = member_id;
        request.generation_id_or_member_epoch = generation;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        auto& row = topic.partitions.emplace_back();
        row.partition_index = partition;
        row.committed_offset = offset;
        row.committed_metadata = "";
        harness().run(shard().offsets().commit(
            request, 9, [&](const protocol::OffsetCommitResponse& response) {
                if (response.topics.at(0).partitions.at(0).error_code == 0)
                    committed_[partition] = offset;
            }));
    }

    void check() {
        TimerQueue timers(harness().clock());
        const auto replica = harness().replica(timers);
        if (group()) {
            check_owners();
            const ConsumerGroup* copy = replica->groups().consumers().find("g");
            ASSERT_TRUE(copy);
            EXPECT_TRUE(copy->has_same_state(*group())) << "the records tell something else";
        } else if (const ClassicGroup* classic = classic_group();
                   classic && is_in_records(*classic)) {
            const ClassicGroup* copy = replica->groups().find_classic("g");
            ASSERT_TRUE(copy);
            EXPECT_EQ(copy->record(), classic->record());
        }
        check_offsets(shard());
        check_offsets(*replica);
    }
    /// Not while it rebalances, nor if it was made by a commit of offsets alone.
    static bool is_in_records(const ClassicGroup& group) {
        return group.state() == ClassicState::kStable ||
               (group.is_empty() && group.generation() > 0);
    }
    void check_owners() {
        std::set<TopicPartition> owned;
        for (const auto& [id, seat] : group()->seats())
            for (const OwnedPartitions* part :
                 {&seat.member.assigned, &seat.member.pending_revocation})
                for (const auto& [topic, partitions] : *part)
                    for (const auto& [partition, epoch] : partitions) {
                        EXPECT_TRUE(owned.insert({topic, partition}).second) << "two owners";
                        EXPECT_LE(epoch, group()->epoch());
                    }
    }
    void check_offsets(GroupShard& of) const {
        OffsetStore::GroupRequest request;
        request.group_id = "g";
        auto& topic = request.topics.emplace().emplace_back();
        topic.name = "t";
        for (int32_t i = 0; i < kPartitions; ++i) topic.partition_indexes.push_back(i);
        StringArena strings;
        const auto answer = of.offsets().fetch(request, false, strings);
        for (const auto& row : answer.topics.at(0).partitions) {
            const auto found = committed_.find(row.partition_index);
            EXPECT_EQ(row.committed_offset, found == committed_.end() ? -1 : found->second);
        }
    }

    /// Everybody falls silent; who comes then gets everything.
    void settle() {
        for (int i = 0; i < 12; ++i) pass(30'000);
        check();
        if (HasFailure()) return;
        ASSERT_TRUE(!classic_group() || classic_group()->is_empty());
        Consumer& last = consumers_.back();
        forget(last);
        for (int i = 0; i < 12; ++i) {
            const Answer answer =
                send(last.epoch ? alive(last.name, *last.epoch, last.owned) : joining(last.name));
            ASSERT_EQ(answer.error, ErrorCode::NONE);
            last.epoch = answer.epoch;
            if (answer.assigned) last.owned = *answer.assigned;
            pass(1'000);
        }
        EXPECT_EQ(last.owned["t"].size(), static_cast<size_t>(kPartitions));
        check();
    }

    std::mt19937 random_;
    std::array<Classic, 3> classic_;
    std::array<Consumer, 3> consumers_{{{"a"}, {"b"}, {"c"}}};
    std::map<int32_t, int64_t> committed_;
};

TEST(MixedHistories, KeepOneOwnerAndEveryOffsetAndAreInTheirRecords) {
    set_log_level(LogLevel::kWarn);
    testing::for_each_seed(kHistories, [](unsigned seed) { MixedHistory(seed).run(); });
    set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace milena
