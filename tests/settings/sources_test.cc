// SPDX-License-Identifier: Apache-2.0
// Where settings come from: files, environment, and what is made of them at start.
#include <gtest/gtest.h>

#include "server/settings/environment.h"
#include "server/settings/properties.h"
#include "server/settings/settings.h"
#include "server/settings/topic_config.h"

namespace milena {
namespace {

bool mentions(const std::vector<std::string>& lines, std::string_view text) {
    for (const std::string& line : lines)
        if (line.find(text) != std::string::npos) return true;
    return false;
}

std::string refusal(ConfigMap given) {
    auto made = Settings::make(std::move(given));
    return made ? "" : made.error().message();
}

TEST(Properties, AreReadAsJavaDoes) {
    auto parsed = parse_properties(
        "# a comment\n! another\n"
        "plain=1\n  spaced = a b \ncolon:2\nblank 3\n"
        "long=a,\\\n   b\nescaped\\ key=\\u0041\\tb\nempty\nplain=last\n");
    ASSERT_TRUE(parsed);
    const ConfigMap expected = {{"plain", "last"}, {"spaced", "a b "}, {"colon", "2"},
                                {"blank", "3"},    {"long", "a,b"},    {"escaped key", "A\tb"},
                                {"empty", ""}};
    EXPECT_EQ(*parsed, expected);
    EXPECT_FALSE(parse_properties("a=\\u00zz\n"));
}

TEST(EnvironmentVariables, NameSettings) {
    const Environment read = read_environment(
        {"KAFKA_LOG_DIRS=/d", "KAFKA_NODE_ID=1", "KAFKA_CFG_NODE_ID=2", "KAFKA_A__B___C=3",
         "KAFKA_HEAP_OPTS=-Xmx1G", "CLUSTER_ID=x", "PATH=/bin"});
    const ConfigMap expected = {{"log.dirs", "/d"}, {"node.id", "2"}, {"a_b-c", "3"}};
    EXPECT_EQ(read.properties, expected);
    EXPECT_EQ(read.cluster_id, "x");
}

TEST(SettingsAtStart, RefuseAllThatIsWrongAtOnce) {
    const std::string told = refusal({{"num.partitions", "0"}, {"log.segment.bytes", "x"}});
    for (const char* part : {"num.partitions=0", "1 or more", "log.segment.bytes=x", "32 bits"})
        EXPECT_NE(told.find(part), std::string::npos) << part;
    EXPECT_NE(refusal({{"process.roles", "broker"}}), "");
    EXPECT_NE(refusal({{"node.id", "1"}, {"broker.id", "2"}}), "");
    EXPECT_NE(refusal({{"listeners", "PLAINTEXT:9092"}}), "");
    EXPECT_NE(refusal({{"listeners", "SSL://:9092"}}), "");
    EXPECT_NE(refusal({{"listeners", "PLAINTEXT://:9092,PLAINTEXT://:9093"}}), "");
    EXPECT_EQ(refusal({{"listeners", "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092"}}), "");
    EXPECT_NE(refusal({{"advertised.listeners", "PLAINTEXT://0.0.0.0:9092"}}), "");
    EXPECT_EQ(refusal({}), "");
}

TEST(SettingsAtStart, WarnOfWhatIsUnknownOrWithoutEffect) {
    auto made = Settings::make({{"log.retntion.ms", "5"},
                                {"retention.ms", "5"},
                                {"ssl.protocol", "TLSv1.2"},
                                {"ssl.provider", ""},
                                {"num.partitions", "3"}});
    ASSERT_TRUE(made);
    const auto& warnings = (*made)->warnings();
    EXPECT_TRUE(mentions(warnings, "log.retntion.ms is ignored; did you mean log.retention.ms?"));
    EXPECT_TRUE(mentions(warnings, "unknown setting retention.ms"));
    EXPECT_TRUE(mentions(warnings, "ssl.protocol has no effect yet"));
    EXPECT_FALSE(mentions(warnings, "num.partitions"));
}

TEST(DynamicSettings, FollowTheLayersAndTellChanges) {
    auto settings = std::move(*Settings::make({{"message.max.bytes", "1"}}));
    const ConfigMap all = {{"message.max.bytes", "2"}, {"num.partitions", "9"}};
    const ConfigMap own = {{"message.max.bytes", "3"}};
    EXPECT_FALSE(settings->apply_dynamic(nullptr, nullptr));
    EXPECT_TRUE(settings->apply_dynamic(&all, nullptr));
    EXPECT_FALSE(settings->apply_dynamic(&all, nullptr));
    EXPECT_EQ(settings->current()->message_max_bytes, 2);
    EXPECT_EQ(settings->current()->num_partitions, 1);  // not dynamic
    EXPECT_TRUE(settings->apply_dynamic(&all, &own));
    EXPECT_EQ(settings->current()->message_max_bytes, 3);
    EXPECT_TRUE(settings->apply_dynamic(nullptr, nullptr));
    EXPECT_EQ(settings->current()->message_max_bytes, 1);
}

TEST(TopicConfig, TakesTheBrokersUnits) {
    EXPECT_EQ(make_log_config({{"log.retention.hours", "2"}}, {}).retention_ms, 7'200'000);
    EXPECT_EQ(make_log_config({{"log.retention.hours", "2"}, {"log.retention.minutes", "1"}}, {})
                  .retention_ms,
              60'000);
    EXPECT_EQ(make_log_config({{"log.retention.ms", "-5"}}, {}).retention_ms, -1);
    EXPECT_EQ(make_log_config({{"log.retention.ms", "5"}}, {{"retention.ms", "6"}}).retention_ms,
              6);
    EXPECT_EQ(make_log_config({}, {{"retention.ms", "bad"}}).retention_ms, 604'800'000);
}

}  // namespace
}  // namespace milena
