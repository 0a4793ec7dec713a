// SPDX-License-Identifier: Apache-2.0
// Members of consumer groups that name topics by regular expressions.
#include "tests/coordinator/consumer_fixture.h"

namespace milena {
namespace {

using testing::Assigned;
using testing::Beat;

class ConsumerExpressions : public testing::ConsumerGroupsTest {};

TEST_F(ConsumerExpressions, AreMatchedSoon) {
    add_topic("xa", 1);
    Beat matching = joining("a");
    matching.topics.reset();
    matching.regex = "x.*";
    EXPECT_EQ(send(matching).assigned, Assigned());
    pass(0);
    EXPECT_EQ(send(alive("a", 1)).assigned, (Assigned{{"xa", {0}}}));
    add_topic("xb", 1);
    send(alive("a", 2));
    pass(0);
    EXPECT_FALSE(send(alive("a", 2)).assigned);  // too soon
    pass(10'001);
    send(alive("a", 2));
    pass(0);
    EXPECT_EQ(send(alive("a", 2)).assigned, (Assigned{{"xa", {0}}, {"xb", {0}}}));
    send(alive("a", kLeavingEpoch));
    EXPECT_TRUE(group()->regexes().empty());
}

TEST_F(ConsumerExpressions, AreMatchedInTheBackground) {
    add_topic("xa", 1);
    Beat matching = joining("a");
    matching.topics.reset();
    matching.regex = "x.*";
    harness().hold_background();
    send(matching);
    pass(0);
    EXPECT_EQ(harness().held(), 1u);
    const int64_t matched_in = cluster().offset().value;
    add_topic("xb", 1);
    send(alive("a", 1));
    pass(20'000);
    EXPECT_EQ(harness().held(), 1u) << "one at a time";
    harness().release_background();
    const ResolvedRegex& resolved = group()->regexes().at("x.*");
    EXPECT_EQ(resolved.topics, std::vector<std::string>{"xa"});
    EXPECT_EQ(resolved.version, matched_in);
    pass(10'001);  // the topics are others by now
    send(alive("a", 1));
    pass(0);
    EXPECT_EQ(group()->regexes().at("x.*").topics, (std::vector<std::string>{"xa", "xb"}));
}

class RefusedMatches : public ConsumerExpressions {
  protected:
    RefusedMatches() {
        add_topic("xa", 1);
        Beat matching = joining("a");
        matching.topics.reset();
        matching.regex = "x.*";
        send(matching);
        harness().refuse_next();
        pass(0);
        EXPECT_TRUE(group()->regexes().empty());
    }
    /// Whether they are found after some time.
    bool found_after(int64_t ms) {
        pass(ms);
        send(alive("a", group()->find("a")->epoch));
        pass(0);
        return group()->regexes().contains("x.*");
    }
};

TEST_F(RefusedMatches, AreNotTriedAgainSoon) {
    EXPECT_FALSE(found_after(10'001));
    EXPECT_FALSE(found_after(20'000));
}

TEST_F(RefusedMatches, AreTriedAgainWithOtherTopics) {
    add_topic("xb", 1);
    EXPECT_TRUE(found_after(10'001));
}

TEST_F(RefusedMatches, AreTriedAgainWithOtherExpressions) {
    Beat another = joining("b");
    another.regex = "y.*";
    send(another);
    EXPECT_TRUE(found_after(10'001));
}

TEST_F(RefusedMatches, AreTriedAgainWhenAllAreRefreshed) {
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(found_after(40'000));
    EXPECT_TRUE(found_after(10'001));
}

}  // namespace
}  // namespace milena
