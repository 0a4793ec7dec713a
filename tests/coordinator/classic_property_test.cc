// SPDX-License-Identifier: Apache-2.0
// Random histories of classic groups. After each event the group makes sense, and what its records
// tell is what it is; in the end every request has had exactly one answer.
#include <random>

#include "tests/coordinator/classic_fixture.h"
#include "tests/coordinator/seeds.h"

namespace milena {
namespace {

using std::chrono::milliseconds;
using testing::Joined;
using testing::JoinOptions;
using testing::Synced;
using testing::SyncOptions;

constexpr unsigned kHistories = 1'500;
constexpr int kEvents = 120;
constexpr int kActors = 5;
const std::vector<std::string> kGroups{"g", "h"};

/// A client: it knows its last answer, acts mostly as a client would, and sometimes does not.
struct Actor {
    std::string group;
    std::optional<std::string> instance;
    std::shared_ptr<Joined> joined;
    std::shared_ptr<Synced> synced;
    std::string member_id;
};

class ClassicHistory : public testing::ClassicGroups {
  public:
    void begin(unsigned seed) {
        random_.seed(seed);
        options.draw_id = [this] {
            Uuid id;
            for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(pick(256));
            return id;
        };
        options.max_size = pick(3) == 0 ? 3 : INT32_MAX;
        for (int i = 0; i < kActors; ++i) {
            Actor& actor = actors_.emplace_back();
            actor.group = kGroups[pick(kGroups.size())];
            if (pick(3) == 0) actor.instance = "i" + std::to_string(pick(3));
        }
    }
    void step() {
        Actor& actor = actors_[pick(actors_.size())];
        learn(actor);
        switch (pick(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                return join_as(actor);
            case 4:
            case 5:
            case 6:
                return sync_as(actor);
            case 7:
            case 8:
                heartbeat(actor.member_id, generation_of(actor), view(actor.instance), actor.group);
                return;
            case 9:
                leave({{pick(4) == 0 ? "" : actor.member_id, actor.instance}}, actor.group);
                return;
            case 10:
                return pass(milliseconds(pick(4) == 0 ? pick(30'000) : pick(300)));
            default:
                return pick(3) == 0 ? restart() : remove(actor.group);
        }
    }
    void check() {
        TimerQueue timers(harness().clock());
        const auto replica = harness().replica(timers);
        for (const auto& [id, group] : groups().all())
            check_group(group_at(groups(), id), *replica);
        for (const auto& joined : joins_) ASSERT_LE(joined->answers, 1);
        for (const auto& synced : syncs_) ASSERT_LE(synced->answers, 1);
    }
    /// Nobody says anything any more.
    void end() {
        for (int i = 0; i < 20; ++i) pass(milliseconds(60'000));
        for (const auto& [id, group] : groups().all()) ASSERT_TRUE(group->is_empty());
        for (const auto& joined : joins_) ASSERT_EQ(joined->answers, 1);
        for (const auto& synced : syncs_) ASSERT_EQ(synced->answers, 1);
    }

  private:
    size_t pick(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }
    static std::optional<std::string_view> view(const std::optional<std::string>& text) {
        return text ? std::optional<std::string_view>(*text) : std::nullopt;
    }
    static int32_t generation_of(const Actor& actor) {
        return actor.joined ? actor.joined->generation : -1;
    }
    static const ClassicGroup& group_at(GroupTable& table, const std::string& id) {
        return *table.find_classic(id);
    }

    static void learn(Actor& actor) {
        if (!actor.joined || actor.joined->answers == 0) return;
        if (!actor.joined->member_id.empty()) actor.member_id = actor.joined->member_id;
        if (actor.joined->error == ErrorCode::UNKNOWN_MEMBER_ID) actor.member_id.clear();
    }
    void join_as(Actor& actor) {
        JoinOptions asked;
        asked.version = static_cast<int16_t>(pick(2) == 0 ? 9 : pick(10));
        asked.instance_id = actor.instance;
        asked.member_id = pick(6) == 0 ? "" : actor.member_id;
        if (pick(2) == 0) asked.protocols.insert(asked.protocols.begin(), {"roundrobin", "rr"});
        if (pick(8) == 0) asked.protocols[0].second = "else";
        if (pick(30) == 0) asked.protocol_type = "connect";
        asked.session_ms = static_cast<int32_t>(1'000 + pick(10'000));
        asked.rebalance_ms = static_cast<int32_t>(500 + pick(20'000));
        actor.joined = join(asked, actor.group);
        joins_.push_back(actor.joined);
    }
    void sync_as(Actor& actor) {
        SyncOptions asked;
        asked.instance_id = actor.instance;
        if (actor.joined)
            for (const auto& [id, metadata] : actor.joined->members)
                asked.assignments[id] = "share of " + id;
        actor.synced = sync(actor.member_id, generation_of(actor), asked, actor.group);
        syncs_.push_back(actor.synced);
        owners_.push_back({actor.group, actor.member_id, generation_of(actor), actor.synced});
    }
    void restart() {
        harness().restart();
        owners_.clear();  // generations that were not stable come again
    }
    void remove(const std::string& id) {
        ClassicGroup* group = groups().find_classic(id);
        if (!group || !group->check_delete()) return;
        Effects effects;
        group->add_tombstones(effects.records);
        run(std::move(effects));
        owners_.clear();
    }

    void check_group(const ClassicGroup& group, GroupShard& replica) {
        const auto state = group.state();
        const bool has_generation =
            state == ClassicState::kStable || state == ClassicState::kCompletingRebalance;
        ASSERT_EQ(group.leader().has_value(), !group.members().empty());
        ASSERT_TRUE(!group.leader() || group.members().contains(*group.leader()));
        ASSERT_TRUE(!group.is_empty() || group.members().empty());
        ASSERT_TRUE(!has_generation || !group.members().empty());
        for (const auto& [id, member] : group.members()) {
            ASSERT_EQ(id, member->id);
            if (has_generation) {
                ASSERT_FALSE(member->join);
                ASSERT_TRUE(member->metadata_of(*group.protocol()));
            }
            ASSERT_TRUE(!member->sync || state == ClassicState::kCompletingRebalance);
            ASSERT_TRUE(member->join || member->sync || member->session.is_armed());
        }
        if (state == ClassicState::kStable || group.is_empty()) {
            const ClassicGroup* copy = replica.groups().find_classic(group.id());
            ASSERT_TRUE(copy);
            ASSERT_EQ(copy->record(), group.record());
        }
        check_owners(group);
    }
    /// In a generation each share has one owner, or one after the other under one instance id.
    void check_owners(const ClassicGroup& group) {
        std::map<std::pair<int32_t, std::string>, std::string> owner_of;
        for (const Owner& owner : owners_) {
            if (owner.group != group.id() || owner.synced->answers == 0) continue;
            if (owner.synced->error != ErrorCode::NONE || owner.synced->assignment.empty())
                continue;
            const auto [found, is_first] = owner_of.emplace(
                std::pair(owner.generation, owner.synced->assignment), owner.member_id);
            const bool is_successor = owner.member_id.starts_with("i");
            ASSERT_TRUE(is_first || is_successor || found->second == owner.member_id);
        }
    }

    struct Owner {
        std::string group, member_id;
        int32_t generation;
        std::shared_ptr<Synced> synced;
    };
    std::mt19937 random_;
    std::vector<Actor> actors_;
    std::vector<std::shared_ptr<Joined>> joins_;
    std::vector<std::shared_ptr<Synced>> syncs_;
    std::vector<Owner> owners_;
};

struct OneHistory final : ClassicHistory {
    void TestBody() override {}
};

TEST(ClassicHistories, KeepTheirPromises) {
    testing::for_each_seed(kHistories, [](unsigned seed) {
        OneHistory history;
        history.begin(seed);
        for (int event = 0; event < kEvents; ++event) {
            SCOPED_TRACE("event " + std::to_string(event));
            history.step();
            history.check();
            if (::testing::Test::HasFatalFailure()) return;
        }
        history.end();
    });
}

}  // namespace
}  // namespace milena
