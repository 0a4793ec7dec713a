// SPDX-License-Identifier: Apache-2.0
// Random histories of commits, transactions, deletions, time and restarts, beside a simple model.
#include <random>
#include <tuple>

#include "tests/coordinator/offset_fixture.h"
#include "tests/coordinator/seeds.h"

namespace milena::testing {
namespace {

using Key = std::tuple<std::string, std::string, int32_t>;

constexpr unsigned kHistories = 2'000;
constexpr int kEvents = 60;
constexpr int64_t kRetention = 1000, kCheckInterval = 100, kNever = -1;

/// What should be true, said in the plainest way.
struct Model {
    struct Value {
        int64_t offset;
        int64_t committed_at;
        int64_t expires_at;
        int64_t order;
        Uuid topic_id;
    };
    std::map<Key, Value> committed;
    std::map<int64_t, std::map<Key, Value>> pending;  // by producer
    std::set<std::string> groups;

    bool is_pending(const Key& key) const {
        return std::ranges::any_of(pending, [&](auto& open) { return open.second.contains(key); });
    }
    void erase(const Key& key) {
        committed.erase(key);
        for (auto& [producer, open] : pending) open.erase(key);
    }
    void end(int64_t producer, bool commits) {
        for (auto& [key, value] : pending[producer]) {
            const auto now = committed.find(key);
            if (commits && (now == committed.end() || now->second.order < value.order))
                committed[key] = value;
        }
        pending.erase(producer);
    }
    void delete_topic(const std::string& topic, const Uuid& id) {
        std::set<Key> gone;
        const auto look = [&](const std::map<Key, Value>& values) {
            for (auto& [key, value] : values)
                if (std::get<1>(key) == topic && (value.topic_id.is_zero() || value.topic_id == id))
                    gone.insert(key);
        };
        look(committed);
        for (auto& [producer, open] : pending) look(open);
        for (const Key& key : gone) erase(key);
    }
    void expire(int64_t now) {
        std::erase_if(committed, [&](const auto& entry) {
            const auto& [key, value] = entry;
            const bool is_old = value.expires_at == kNever ? now - value.committed_at >= kRetention
                                                           : now >= value.expires_at;
            return is_old && !is_pending(key);
        });
        std::erase_if(groups, [&](const std::string& group) {
            const auto is_of = [&](const auto& entry) { return std::get<0>(entry.first) == group; };
            return std::ranges::none_of(committed, is_of) &&
                   std::ranges::none_of(pending, [&](const auto& open) {
                       return std::ranges::any_of(open.second, is_of);
                   });
        });
    }
};

class OffsetHistory : public OffsetStoreTest {
    void TestBody() override {}

  public:
    void play(unsigned seed, int events) {
        random_.seed(seed);
        options.offsets_retention_ms = kRetention;
        options.offsets_retention_check_interval_ms = kCheckInterval;
        publish_topics();
        next_check_ = now() + kCheckInterval;
        for (int event = 0; event < events && !HasFailure(); ++event) {
            step();
            compare();
        }
    }

  private:
    int64_t now() { return harness().clock().now().value; }
    int any(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }
    Key any_key() { return {std::string(1, static_cast<char>('a' + any(3))), any_topic(), any(2)}; }
    std::string any_topic() { return std::string(1, static_cast<char>('t' + any(2))); }

    void step() {
        switch (any(12)) {
            case 0:
                return advance(any(3) == 0 ? any(2000) : any(150));
            case 1:
                return remove_any();
            case 2:
                return recreate(any_topic());
            case 3:
                return restart();
            case 4:
            case 5:
                return end_any();
            case 6:
            case 7:
            case 8:
                return commit_pending();
            default:
                return commit_plain();
        }
    }

    Committing asked(const Key& key) {
        const auto& [group, topic, partition] = key;
        return {.group = group,
                .topic = topic,
                .partition = partition,
                .offset = any(1000),
                .topic_id = any(3) == 0 ? Uuid{} : topics_[topic]};
    }
    Model::Value value(const Committing& made) {
        const int64_t expires_at = made.retention_ms == -1 ? kNever : now() + made.retention_ms;
        return {made.offset, now(), expires_at, ++order_, made.topic_id};
    }
    void commit_plain() {
        const Key key = any_key();
        Committing made = asked(key);
        if (any(4) == 0) made.retention_ms = any(2000);
        EXPECT_EQ(commit(made), ErrorCode::NONE);
        model_.committed[key] = value(made);
        model_.groups.insert(made.group);
    }
    void commit_pending() {
        const Key key = any_key();
        const ProducerIdentity producer{ProducerId(any(4)), ProducerEpoch(0)};
        const Committing made = asked(key);
        EXPECT_EQ(commit_in_transaction(made, producer), ErrorCode::NONE);
        model_.pending[producer.id.value][key] = value(made);
        model_.groups.insert(made.group);
    }
    void end_any() {
        const ProducerIdentity producer{ProducerId(any(4)), ProducerEpoch(0)};
        const bool commits = any(2) == 0;
        end(commits, producer);
        model_.end(producer.id.value, commits);
    }
    void remove_any() {
        const auto [group, topic, partition] = any_key();
        const bool exists = model_.groups.contains(group);
        EXPECT_EQ(remove(topic, partition, group),
                  exists ? ErrorCode::NONE : ErrorCode::GROUP_ID_NOT_FOUND);
        model_.erase({group, topic, partition});
    }
    void recreate(const std::string& topic) {
        const Uuid old = topics_[topic];
        image_.remove_topic(old);
        model_.delete_topic(topic, old);
        create(topic);
        harness().publish(image_.publish());
    }
    void publish_topics() {
        for (const char* topic : {"t", "u"}) create(topic);
        harness().publish(image_.publish());
    }
    void create(const std::string& topic) {
        Uuid& id = topics_[topic];
        id.bytes[0] = static_cast<uint8_t>(topic[0]);
        ++id.bytes[15] == 0 ? ++id.bytes[14] : 0;
        image_.add_topic(topic, id);
    }
    void advance(int64_t by) {
        const int64_t end = now() + by;
        pass(milliseconds(by));
        for (; next_check_ <= end; next_check_ += kCheckInterval) model_.expire(next_check_);
    }
    void restart() {
        const OffsetTable before = store().table();
        harness().restart();
        EXPECT_EQ(store().table(), before);
        next_check_ = now() + kCheckInterval;
    }

    void compare() {
        size_t found = 0;
        for (const char* group : {"a", "b", "c"}) {
            EXPECT_EQ(groups().find(group) != nullptr, model_.groups.contains(group)) << group;
            for (const char* topic : {"t", "u"})
                for (const int32_t partition : {0, 1})
                    found += compare_one({group, topic, partition});
        }
        EXPECT_EQ(found, model_.committed.size());
    }
    bool compare_one(const Key& key) {
        const auto& [group, topic, partition] = key;
        const auto expected = model_.committed.find(key);
        const bool exists = expected != model_.committed.end();
        const int64_t offset = exists ? expected->second.offset : -1;
        EXPECT_EQ(fetch(topic, partition, false, group).offset, offset);
        const Fetched stable = fetch(topic, partition, true, group);
        if (model_.is_pending(key))
            EXPECT_EQ(stable.error, ErrorCode::UNSTABLE_OFFSET_COMMIT);
        else
            EXPECT_EQ(stable.offset, offset);
        return exists;
    }

    std::mt19937 random_;
    ImageState image_{"cluster", 1};
    std::map<std::string, Uuid> topics_;
    Model model_;
    int64_t next_check_ = 0;
    int64_t order_ = 0;
};

TEST_F(OffsetHistory, IsAsTheModelTells) {
    for_each_seed(kHistories, [](unsigned seed) { OffsetHistory().play(seed, kEvents); });
}

}  // namespace
}  // namespace milena::testing
