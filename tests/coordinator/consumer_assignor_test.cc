// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_assignor.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "cluster/image_state.h"
#include "coordinator/group/consumer_topics.h"
#include "tests/coordinator/seeds.h"

namespace milena {
namespace {

Uuid numbered(uint8_t number) {
    Uuid id;
    id.bytes[15] = number;
    return id;
}

const Uuid kFirst = numbered(1), kSecond = numbered(2);

/// Members in the order in which they are given.
class Assignment {
  public:
    void add(std::string id, std::vector<SubscribedTopic> topics, TopicPartitions current = {},
             std::optional<std::string> instance_id = {}) {
        members_.push_back(
            {std::move(id), std::move(instance_id), std::move(topics), std::move(current)});
    }
    AssignorOutput run(Assignor assignor) {
        AssignorInput input;
        for (const Member& member : members_) {
            input.homogeneous &= member.topics == members_.front().topics;
            input.members.push_back(
                {member.id, member.instance_id, member.topics, &member.current});
        }
        return assignor(input);
    }

  private:
    struct Member {
        std::string id;
        std::optional<std::string> instance_id;
        std::vector<SubscribedTopic> topics;
        TopicPartitions current;
    };
    std::vector<Member> members_;
};

TEST(ConsumerAssignor, RangesOfTopicsAlike) {
    Assignment assignment;
    const std::vector<SubscribedTopic> topics{{kFirst, 3}, {kSecond, 3}};
    assignment.add("b", topics);
    assignment.add("a", topics);
    assignment.add("c", topics, {}, "static");
    const auto output = assignment.run(&assign_range);
    EXPECT_EQ(output[2], (TopicPartitions{{kFirst, {0}}, {kSecond, {0}}}));
    EXPECT_EQ(output[1], (TopicPartitions{{kFirst, {1}}, {kSecond, {1}}}));
    EXPECT_EQ(output[0], (TopicPartitions{{kFirst, {2}}, {kSecond, {2}}}));
}

TEST(ConsumerAssignor, RangesOfWhoWantsATopic) {
    Assignment assignment;
    assignment.add("a", {{kFirst, 5}});
    assignment.add("b", {{kFirst, 5}, {kSecond, 1}});
    const auto output = assignment.run(&assign_range);
    EXPECT_EQ(output[0], (TopicPartitions{{kFirst, {0, 1, 2}}}));
    EXPECT_EQ(output[1], (TopicPartitions{{kFirst, {3, 4}}, {kSecond, {0}}}));
}

TEST(ConsumerAssignor, UniformKeepsWhatFits) {
    Assignment assignment;
    assignment.add("a", {{kFirst, 5}}, {{kFirst, {0, 1, 2, 3, 4}}});
    assignment.add("b", {{kFirst, 5}});
    const auto output = assignment.run(&assign_uniform);
    EXPECT_EQ(output[0], (TopicPartitions{{kFirst, {0, 1, 2}}}));
    EXPECT_EQ(output[1], (TopicPartitions{{kFirst, {3, 4}}}));
}

TEST(ConsumerAssignor, UniformBalancesDifferentWishes) {
    Assignment assignment;
    assignment.add("a", {{kFirst, 4}, {kSecond, 4}});
    assignment.add("b", {{kFirst, 4}});
    const auto output = assignment.run(&assign_uniform);
    EXPECT_EQ(output[0], (TopicPartitions{{kSecond, {0, 1, 2, 3}}}));
    EXPECT_EQ(output[1], (TopicPartitions{{kFirst, {0, 1, 2, 3}}}));
}

TEST(ConsumerAssignor, NobodyWantsAnything) {
    Assignment assignment;
    assignment.add("a", {});
    EXPECT_EQ(assignment.run(&assign_uniform), AssignorOutput(1));
    EXPECT_EQ(assignment.run(&assign_range), AssignorOutput(1));
    EXPECT_EQ(find_assignor("unknown"), nullptr);
}

TEST(ConsumerAssignor, EachPartitionHasOneOwner) {
    testing::for_each_seed(3'000, [](unsigned seed) {
        std::mt19937 random(seed);
        const Assignor assignor = seed % 2 == 0 ? &assign_uniform : &assign_range;
        std::vector<SubscribedTopic> topics;
        for (uint8_t i = 1; i <= 1 + random() % 4; ++i)
            topics.push_back({numbered(i), static_cast<int32_t>(random() % 9)});
        Assignment assignment;
        size_t members = 1 + random() % 5;
        std::set<std::pair<Uuid, int32_t>> wanted, given;
        for (size_t member = 0; member < members; ++member) {
            std::vector<SubscribedTopic> chosen;
            for (const SubscribedTopic& topic : topics)
                if (seed % 3 == 0 || random() % 2 == 0) chosen.push_back(topic);
            for (const SubscribedTopic& topic : chosen)
                for (int32_t i = 0; i < topic.partitions; ++i) wanted.insert({topic.id, i});
            assignment.add("m" + std::to_string(member), chosen);
        }
        for (const TopicPartitions& target : assignment.run(assignor))
            for (const auto& [topic, partitions] : target)
                for (const int32_t partition : partitions)
                    ASSERT_TRUE(given.insert({topic, partition}).second);
        ASSERT_EQ(given, wanted);
    });
}

TEST(ConsumerTopics, HashesAreKafkas) {
    ImageState cluster("cluster", 0);
    BrokerState broker;
    broker.id = 1;
    broker.rack =
        "r\xC3\xA4"
        "ck";
    cluster.set_broker(broker);
    broker.id = 2;
    broker.rack = "a";
    cluster.set_broker(broker);
    Uuid id;
    store_big_endian(id.bytes.data(), int64_t{0x0123456789abcdef});
    store_big_endian(id.bytes.data() + 8, static_cast<int64_t>(0xfedcba9876543210));
    cluster.add_topic("topic", id);
    for (int32_t i = 0; i < 2; ++i) {
        PartitionState partition;
        partition.replicas = {1, 2, 3};
        cluster.set_partition(id, i, partition);
    }
    const int64_t hash = topic_hash(*cluster.topic("topic"), cluster);
    EXPECT_EQ(hash, -1655658810123537791);  // of the hashing library that Kafka 4.4 uses
    EXPECT_EQ(combine_topic_hashes({hash, 42}), -6789398714455735302);
    EXPECT_EQ(combine_topic_hashes({}), 0);
}

TEST(ConsumerTopics, ExpressionsMatchWholeNames) {
    ImageState cluster("cluster", 0);
    for (const char* name : {"ab", "abc", "xab"}) cluster.add_topic(name, Uuid::random());
    const auto matches = match_topics({"ab.*", "b", "("}, cluster);
    EXPECT_EQ(matches.topics.at("ab.*"), (std::vector<std::string>{"ab", "abc"}));
    EXPECT_TRUE(matches.topics.at("b").empty());
    EXPECT_TRUE(matches.topics.at("(").empty());
    EXPECT_TRUE(check_regex("ab.*"));
    EXPECT_EQ(check_regex("(").error().code(), ErrorCode::INVALID_REGULAR_EXPRESSION);
}

}  // namespace
}  // namespace milena
