// SPDX-License-Identifier: Apache-2.0
// What the process is started with: command line, wanted topics, durations.
#include <gtest/gtest.h>

#include "server/command_line.h"
#include "server/commands/health.h"
#include "server/commands/temporary_data.h"

#include <filesystem>
#include <fstream>

namespace milena {
namespace {

CommandLine read(const std::vector<std::string>& arguments, std::vector<std::string> variables) {
    std::vector<char*> environment;
    for (std::string& one : variables) environment.push_back(one.data());
    environment.push_back(nullptr);
    auto command = read_command_line(arguments, environment.data());
    EXPECT_TRUE(command) << command.error().message();
    return command ? *command : CommandLine{};
}

std::string listeners_of(std::vector<std::string> variables) {
    const CommandLine command = read({}, std::move(variables));
    const auto found = command.given.find("listeners");
    return found == command.given.end() ? "Kafka's default" : found->second;
}

TEST(WantedTopics, EachFormIsUnderstood) {
    auto topics = parse_wanted_topics(
        " a, b:6 ,c:2:1,d:1:1:compact, e:3:retention.ms=1000;cleanup.policy=delete,"
        "f:x.replicas=0:1,g:-1:-1");
    ASSERT_TRUE(topics) << topics.error().message();
    ASSERT_EQ(topics->size(), 7u);
    const auto expect = [&](size_t at, const char* name, int partitions, int replicas,
                            const ConfigMap& configs) {
        const WantedTopic& topic = topics->at(at);
        EXPECT_EQ(topic.name, name);
        EXPECT_EQ(topic.partitions, partitions) << name;
        EXPECT_EQ(topic.replicas, replicas) << name;
        EXPECT_EQ(topic.configs, configs) << name;
    };
    expect(0, "a", -1, -1, {});
    expect(1, "b", 6, -1, {});
    expect(2, "c", 2, 1, {});
    expect(3, "d", 1, 1, {{"cleanup.policy", "compact"}});
    expect(4, "e", 3, -1, {{"retention.ms", "1000"}, {"cleanup.policy", "delete"}});
    expect(5, "f", -1, -1, {{"x.replicas", "0:1"}});
    expect(6, "g", -1, -1, {});
}

TEST(WantedTopics, LinesLeaveCommasToValues) {
    auto topics = parse_wanted_topics("a:1:cleanup.policy=compact,delete\n\n  b:2\n");
    ASSERT_TRUE(topics) << topics.error().message();
    ASSERT_EQ(topics->size(), 2u);
    EXPECT_EQ(topics->at(0).configs.at("cleanup.policy"), "compact,delete");
    EXPECT_EQ(topics->at(1).partitions, 2);
    auto one = parse_wanted_topics("a:1,b:1\n");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->size(), 2u) << "a last line break is no separator";
    EXPECT_TRUE(parse_wanted_topics("  \n")->empty());
}

TEST(WantedTopics, NonsenseIsRefused) {
    for (const char* text :
         {":3", "a:0", "a:-2", "a:1:40000", "a:99999999999", "a:1:=x", "a:1:1:;x"})
        EXPECT_FALSE(parse_wanted_topic(text)) << text;
}

TEST(CommandLine, TopicsOfEnvironmentAndOptions) {
    const CommandLine command =
        read({"--topic", "b:2", "--topic=c"}, {"KAFKA_CREATE_TOPICS=a:1:1"});
    ASSERT_EQ(command.topics.size(), 3u);
    EXPECT_EQ(command.topics[0].name, "a");
    EXPECT_EQ(command.topics[1].partitions, 2);
    EXPECT_EQ(command.topics[2].name, "c");
    EXPECT_FALSE(command.given.contains("create.topics"));
}

TEST(CommandLine, ListenersFollowWhatIsAdvertised) {
    EXPECT_EQ(listeners_of({}), "PLAINTEXT://localhost:9092");
    EXPECT_EQ(listeners_of({"KAFKA_NUM_PARTITIONS=3"}), "Kafka's default");
    EXPECT_EQ(listeners_of({"KAFKA_ADVERTISED_LISTENERS=A://host:1234,B://[::1]:99"}),
              "A://:1234,B://:99");
    EXPECT_EQ(listeners_of({"KAFKA_ADVERTISED_LISTENERS=A://host:1", "KAFKA_LISTENERS=A://:2"}),
              "A://:2");
}

TEST(Health, Durations) {
    using std::chrono::milliseconds;
    EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
    EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
    EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
    EXPECT_EQ(parse_duration("3"), milliseconds(3000));
    for (const char* text : {"", "s", "-1s", "1h", "1.5s", "99999999999s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

class TemporaryDataTest : public testing::Test {
  protected:
    TemporaryDataTest() : parent_(testing::TempDir() + "milena-temporary-XXXXXX") {
        mkdtemp(parent_.data());
        setenv("TMPDIR", parent_.c_str(), 1);
    }
    ~TemporaryDataTest() override {
        unsetenv("TMPDIR");
        std::filesystem::remove_all(parent_);
    }
    std::string parent_;
};

TEST_F(TemporaryDataTest, GoesAwayAndTakesAlongWhatWasLeftBehind) {
    const std::string left = parent_ + "/milena-test-broker-left";
    const std::string other = parent_ + "/other";
    std::filesystem::create_directories(left + "/topic-0");
    std::filesystem::create_directories(other);
    std::string path;
    {
        auto first = TemporaryData::make();
        ASSERT_TRUE(first) << first.error().message();
        path = first->path();
        EXPECT_FALSE(std::filesystem::exists(left));
        EXPECT_TRUE(std::filesystem::exists(other));
        std::ofstream(path + "/file") << "content";
        auto second = TemporaryData::make();
        ASSERT_TRUE(second);
        EXPECT_TRUE(std::filesystem::exists(path + "/file")) << "it is in use";
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace milena
