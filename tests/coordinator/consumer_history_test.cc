// SPDX-License-Identifier: Apache-2.0
// Random histories of one consumer group: members join, leave, fall silent and forget answers;
// topics come, grow and go. After each event no partition has two owners, and the records alone
// give the same state; at the end, when all members do what they are told, all partitions have one.
#include <random>

#include "base/log.h"
#include "tests/coordinator/consumer_fixture.h"
#include "tests/coordinator/seeds.h"

namespace milena {
namespace {

using testing::Answer;
using testing::Assigned;
using testing::Beat;

constexpr unsigned kHistories = 1'500;
constexpr int kEvents = 60;

/// A client: it knows what it was told, and gives up at once what it must.
struct Client {
    int32_t epoch = 0;
    Assigned owned;
    std::optional<std::string> instance_id;
};

class History : public testing::ConsumerGroupsTest {
  public:
    explicit History(uint32_t seed) : random_(seed) {}
    void TestBody() override {}

    void run() {
        for (int event = 0; event < kEvents && !HasFailure(); ++event) {
            step();
            check();
        }
        settle();
    }

  private:
    uint32_t any(uint32_t below) {
        return std::uniform_int_distribution<uint32_t>(0, below - 1)(random_);
    }
    std::string any_member() { return std::string(1, static_cast<char>('a' + any(5))); }

    Beat wishes(Beat beat) {
        static const std::vector<std::vector<std::string>> kTopics{
            {"t"}, {"u"}, {"t", "u"}, {"t", "late"}};
        beat.topics = kTopics[any(4)];
        if (any(4) == 0) beat.regex = any(2) == 0 ? "[tu]" : "l.*";
        if (any(4) == 0) beat.assignor = any(2) == 0 ? "range" : "uniform";
        return beat;
    }

    void step() {
        const uint32_t kind = any(20);
        const std::string name = any_member();
        if (kind < 5) return join(name);
        if (kind < 13) return beat(name);
        if (kind < 14) return leave(name, kLeavingEpoch);
        if (kind < 15) return leave(name, kStaticLeavingEpoch);
        if (kind < 18) return pass(any(3) == 0 ? 15'000 : 500);
        if (kind == 18)
            return grow_topic("t",
                              static_cast<int32_t>(cluster().topic("t")->partitions.size()) + 1);
        if (cluster().topic("late")) return harness().restart();
        add_topic("late", 2);
    }

    void join(const std::string& name) {
        Beat beat = wishes(joining(name));
        if (name < "c") beat.instance_id = "i" + name;
        take(name, send(beat));
        clients_[name].instance_id = beat.instance_id;
    }
    void beat(const std::string& name) {
        const auto client = clients_.find(name);
        if (client == clients_.end()) return;
        Beat beat = alive(name, client->second.epoch);
        beat.instance_id = client->second.instance_id;
        if (any(2) == 0) beat.owned = client->second.owned;
        if (any(8) == 0) beat = wishes(beat);
        const Answer answer = send(beat);
        if (any(8) != 0) take(name, answer);  // else it is lost
    }
    void leave(const std::string& name, int32_t epoch) {
        const auto client = clients_.find(name);
        if (client == clients_.end()) return;
        Beat beat = alive(name, epoch);
        beat.instance_id = client->second.instance_id;
        if (send(beat).error == ErrorCode::NONE) clients_.erase(client);
    }
    void take(const std::string& name, const Answer& answer) {
        if (answer.error != ErrorCode::NONE) {
            clients_.erase(name);
            return;
        }
        clients_[name].epoch = answer.epoch;
        if (answer.assigned) clients_[name].owned = *answer.assigned;
    }

    void check() {
        if (!group()) return;
        std::set<TopicPartition> owned;
        for (const auto& [id, seat] : group()->seats())
            for (const OwnedPartitions* part :
                 {&seat.member.assigned, &seat.member.pending_revocation})
                for (const auto& [topic, partitions] : *part)
                    for (const auto& [partition, epoch] : partitions) {
                        EXPECT_TRUE(owned.insert({topic, partition}).second) << "two owners";
                        EXPECT_LE(epoch, group()->epoch());
                        EXPECT_TRUE(group()->is_owned(topic, partition));
                    }
        TimerQueue timers(harness().clock());
        const auto replica = harness().replica(timers);
        const ConsumerGroup* copy = replica->groups().consumers().find("g");
        ASSERT_TRUE(copy);
        EXPECT_TRUE(copy->has_same_state(*group())) << "the records tell something else";
    }

    /// Everybody who is there does what it is told, until nothing changes.
    void settle() {
        pass(60'000);
        if (HasFailure()) return;
        clients_.clear();
        for (const char* name : {"v", "w"}) {
            send(joining(name, {"t", "u"}));
            clients_[name];
        }
        for (int round = 0; round < 12; ++round) {
            pass(1'000);
            for (auto& [name, client] : clients_) {
                client.epoch = group()->find(name)->epoch;
                take(name, send(alive(name, client.epoch, client.owned)));
            }
        }
        EXPECT_EQ(state(), "Stable");
        std::set<std::pair<std::string, int32_t>> owned;
        for (const auto& [name, client] : clients_)
            for (const auto& [topic, partitions] : client.owned)
                for (const int32_t partition : partitions) owned.insert({topic, partition});
        EXPECT_EQ(owned.size(), cluster().topic("t")->partitions.size() +
                                    cluster().topic("u")->partitions.size());
        check();
    }

    std::mt19937 random_;
    std::map<std::string, Client> clients_;
};

TEST(ConsumerHistories, KeepOneOwnerAndAreInTheirRecords) {
    set_log_level(LogLevel::kWarn);
    testing::for_each_seed(kHistories, [](uint32_t seed) { History(seed).run(); });
    set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace milena
