// SPDX-License-Identifier: Apache-2.0
// Changing configurations.
#include "cluster/config_control.h"

#include "tests/cluster/controller_fixture.h"

namespace milena::testing {
namespace {

using ConfigCase = IncrementalAlterConfigsRequest::AlterableConfig;

class ConfigTest : public ControllerTest {
  protected:
    void SetUp() override { ASSERT_EQ(create_one(topic("a")), ErrorCode::NONE); }

    ErrorCode alter(ConfigResourceType type, std::string_view name,
                    std::vector<ConfigCase> configs) {
        IncrementalAlterConfigsRequest request;
        auto& row = request.resources.emplace_back();
        row.resource_type = static_cast<int8_t>(type);
        row.resource_name = name;
        row.configs = std::move(configs);
        const auto response = run(
            [&](ControlContext& context) { return incremental_alter_configs(context, request); });
        return static_cast<ErrorCode>(response.responses.at(0).error_code);
    }
    static ConfigCase config(std::string_view name, int8_t operation,
                             std::optional<std::string_view> value) {
        ConfigCase one;
        one.name = name;
        one.config_operation = operation;
        one.value = value;
        return one;
    }
    std::string value(std::string_view key) {
        const ConfigMap* configs = state_.configs({ConfigResourceType::kTopic, "a"});
        if (!configs) return "";
        const auto found = configs->find(key);
        return found == configs->end() ? "" : found->second;
    }
    static constexpr auto kTopic = ConfigResourceType::kTopic;
    static constexpr auto kBroker = ConfigResourceType::kBroker;
};

TEST_F(ConfigTest, SingleConfigsAreSetDeletedAppendedAndSubtracted) {
    EXPECT_EQ(alter(kTopic, "a", {config("retention.ms", 0, "5")}), ErrorCode::NONE);
    EXPECT_EQ(value("retention.ms"), "5");
    EXPECT_EQ(alter(kTopic, "a", {config("retention.ms", 0, "5")}), ErrorCode::NONE);
    EXPECT_TRUE(records_.empty());  // nothing changed
    EXPECT_EQ(alter(kTopic, "a", {config("retention.ms", 1, std::nullopt)}), ErrorCode::NONE);
    EXPECT_EQ(value("retention.ms"), "");
    EXPECT_EQ(alter(kTopic, "a", {config("cleanup.policy", 2, "compact")}), ErrorCode::NONE);
    EXPECT_EQ(value("cleanup.policy"), "delete,compact");
    EXPECT_EQ(alter(kTopic, "a", {config("cleanup.policy", 3, "delete")}), ErrorCode::NONE);
    EXPECT_EQ(value("cleanup.policy"), "compact");
}

TEST_F(ConfigTest, WhatIsRefused) {
    const auto invalid_request = ErrorCode::INVALID_REQUEST;
    EXPECT_EQ(alter(kTopic, "a", {config("retention.ms", 2, "5")}), ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(alter(kTopic, "a", {config("bad", 0, "5")}), ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(alter(kTopic, "a", {config("x", 0, std::nullopt)}), invalid_request);
    EXPECT_EQ(alter(kTopic, "a", {config("x", 7, "1")}), invalid_request);
    EXPECT_EQ(alter(kTopic, "a", {config("x", 0, "1"), config("x", 1, "")}), invalid_request);
    EXPECT_EQ(alter(kTopic, "none", {config("x", 0, "1")}), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(alter(ConfigResourceType::kUnknown, "a", {}), invalid_request);
    EXPECT_EQ(alter(kBroker, "9", {config("x", 0, "1")}), ErrorCode::BROKER_ID_NOT_REGISTERED);
    const std::string huge(32768, 'x');
    EXPECT_EQ(alter(kTopic, "a", {config("x", 0, huge)}), ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(alter(kBroker, "1", {config("min.insync.replicas", 0, "2")}),
              ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(alter(kBroker, "", {config("min.insync.replicas", 1, std::nullopt)}),
              ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(alter(kBroker, "", {config("min.insync.replicas", 0, "2")}), ErrorCode::NONE);
}

TEST_F(ConfigTest, AlterConfigsReplacesAll) {
    ASSERT_EQ(alter(kTopic, "a", {config("one", 0, "1"), config("two", 0, "2")}), ErrorCode::NONE);
    AlterConfigsRequest request;
    auto& row = request.resources.emplace_back();
    row.resource_type = 2;
    row.resource_name = "a";
    row.configs.emplace_back().name = "two";
    row.configs[0].value = "3";
    const auto response =
        run([&](ControlContext& context) { return alter_configs(context, request); });
    EXPECT_EQ(response.responses[0].error_code, 0);
    EXPECT_EQ(value("one"), "");
    EXPECT_EQ(value("two"), "3");
}

}  // namespace
}  // namespace milena::testing
