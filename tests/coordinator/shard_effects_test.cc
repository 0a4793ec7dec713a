// SPDX-License-Identifier: Apache-2.0
// What an event comes to beside records and answers, and when a state machine sees new images.
#include "cluster/image_state.h"
#include "shard_fixture.h"

namespace milena::testing {
namespace {

class ShardEffectsTest : public ShardTest {
  protected:
    static Effects too_much(Reply reply) {
        Effects effects = Register::put("a", std::string(600'000, 'x'));
        effects.add(Register::put("b", std::string(600'000, 'x'), std::move(reply)));
        return effects;
    }
    static BackgroundWork work(std::string value) {
        return [value] { return [value] { return Register::put("found", value); }; };
    }
};

TEST_F(ShardEffectsTest, WhatFollowsSeesTheRecordsAndSharesTheirBatch) {
    lead();
    submit("first", [this](Register& state) {
        Effects effects = Register::put("a", "1", note("first"));
        effects.then = [this, &state] {
            return Register::put("b", state.values["a"] + "+", note("then"));
        };
        return effects;
    });
    queue_.run();
    EXPECT_EQ(take_answers(), (Answers{"first", "then"}));
    EXPECT_EQ(value("b"), "1+");
    EXPECT_EQ(partition_->appends, 1);
}

TEST_F(ShardEffectsTest, WhatDoesNotFitIsReplaced) {
    lead();
    submit("large", [this](Register&) {
        Effects effects = too_much(note("large"));
        effects.then = [] { return Register::put("then", "ran"); };
        effects.otherwise = [this](const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::UNKNOWN_SERVER_ERROR);
            return Register::put("a", "small", note("otherwise"));
        };
        return effects;
    });
    queue_.run();
    EXPECT_EQ(take_answers(), Answers{"otherwise"});
    EXPECT_EQ(machine_->values, (std::map<std::string, std::string>{{"a", "small"}}));
}

TEST_F(ShardEffectsTest, WorkInTheBackgroundBecomesAnEvent) {
    lead();
    submit("ask", [](Register&) {
        Effects effects;
        effects.background.push_back(work("it"));
        return effects;
    });
    const int before = pool_.runs;
    queue_.run();
    EXPECT_EQ(pool_.runs, before + 1);
    EXPECT_EQ(value("found"), "it");
    EXPECT_EQ(partition_->log()->log_end_offset(), Offset(1));
}

TEST_F(ShardEffectsTest, WorkForAMachineThatIsGoneIsForgotten) {
    lead();
    submit("ask", [](Register&) {
        Effects effects;
        effects.background.push_back(work("it"));
        return effects;
    });
    shard_->lead(partition_, node_->image());
    queue_.run();
    EXPECT_EQ(machine_->values.size(), 0u);
    EXPECT_EQ(partition_->log()->log_end_offset(), Offset(0));
}

/// Images are told apart by how many topics they have.
class ShardImagesTest : public ShardTest {
  protected:
    MetadataImagePtr with(const char* topic) {
        cluster_.add_topic(topic, Uuid::random());
        return cluster_.publish();
    }
    MetadataImagePtr without(const char* topic) {
        cluster_.remove_topic(cluster_.topic(topic)->id);
        return cluster_.publish();
    }
    void lead_with_one_topic() {
        shard_->lead(partition_, with("a"));
        queue_.run();
        ASSERT_EQ(std::exchange(machine_->topics_seen, {}), std::vector<size_t>{1});
    }

    ImageState cluster_{"cluster", 0};
};

TEST_F(ShardImagesTest, TheNewestIsSeenBeforeTheNextEvent) {
    lead_with_one_topic();
    shard_->follow(with("b"));
    shard_->follow(with("c"));
    queue_.run();
    EXPECT_TRUE(machine_->topics_seen.empty()) << "nothing was posted";
    submit("look", [](Register& state) {
        return Register::put("seen", std::to_string(state.topics_seen.back()));
    });
    queue_.run();
    EXPECT_EQ(machine_->topics_seen, std::vector<size_t>{3});
    EXPECT_EQ(value("seen"), "3");
}

TEST_F(ShardImagesTest, TimersSeeTheNewest) {
    lead_with_one_topic();
    submit("arm", [](Register& state) {
        state.timer.arm(milliseconds(100));
        return Effects();
    });
    queue_.run();
    shard_->follow(with("b"));
    queue_.advance(milliseconds(100));
    EXPECT_EQ(machine_->topics_seen, std::vector<size_t>{2});
    EXPECT_EQ(value("timer"), "ran");
}

TEST_F(ShardImagesTest, ADeletionIsSeenAtOnceAfterWhatWasThereBefore) {
    lead_with_one_topic();
    shard_->follow(with("b"));
    shard_->follow(with("c"));
    shard_->follow(without("b"));
    shard_->follow(with("d"));
    queue_.run();
    EXPECT_EQ(machine_->topics_seen, (std::vector<size_t>{3, 3}));
}

TEST_F(ShardImagesTest, WhoLoadsSeesTheNewestOnly) {
    shard_->follow(with("a"));
    shard_->lead(partition_, with("b"));
    shard_->follow(with("c"));
    queue_.run();
    EXPECT_EQ(machine_->topics_seen, std::vector<size_t>{3});
}

}  // namespace
}  // namespace milena::testing
