// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.h"
#include "protocol/messages/describe_configs_request.h"
#include "protocol/messages/describe_configs_response.h"
#include "protocol/messages/incremental_alter_configs_request.h"
#include "protocol/messages/incremental_alter_configs_response.h"
#include "protocol/messages/list_config_resources_request.h"
#include "protocol/messages/list_config_resources_response.h"
#include "server/handlers/handlers.h"
#include "server/settings/describe.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;
using Row = DescribeConfigsResponse::DescribeConfigsResourceResult;
using Type = ConfigResourceType;

class Configs : public World {
  public:
    ~Configs() override { set_log_level(level_before_); }

    DescribeConfigsResponse::DescribeConfigsResult describe(Type type, std::string_view name,
                                                            std::vector<std::string_view> keys = {},
                                                            int16_t version = 4) {
        DescribeConfigsRequest request;
        auto& asked = request.resources.emplace_back();
        asked.resource_type = static_cast<int8_t>(type);
        asked.resource_name = name;
        asked.configuration_keys = std::move(keys);
        request.include_synonyms = version >= 1;
        request.include_documentation = version >= 3;
        auto response = ask<DescribeConfigsResponse>(handle_describe_configs, version, request);
        EXPECT_EQ(response.results.size(), 1u);
        return response.results.at(0);
    }
    Row describe_one(Type type, std::string_view name, std::string_view key, int16_t version = 4) {
        auto described = describe(type, name, {key}, version);
        EXPECT_EQ(described.configs.size(), 1u) << key;
        return described.configs.empty() ? Row() : described.configs.front();
    }
    ErrorCode error_of(Type type, std::string_view name) {
        return static_cast<ErrorCode>(describe(type, name).error_code);
    }
    void set(Type type, std::string name, std::string key, std::string value) {
        image.set_config({type, std::move(name)}, std::move(key), std::move(value));
    }
    ErrorCode set_level(std::string_view node, std::string_view logger,
                        std::optional<std::string_view> level, int8_t operation = 0,
                        bool validate_only = false) {
        IncrementalAlterConfigsRequest request;
        request.validate_only = validate_only;
        auto& row = request.resources.emplace_back();
        row.resource_type = static_cast<int8_t>(Type::kBrokerLogger);
        row.resource_name = node;
        auto& change = row.configs.emplace_back();
        change.name = logger;
        change.config_operation = operation;
        change.value = level;
        auto response =
            ask<IncrementalAlterConfigsResponse>(handle_incremental_alter_configs, 1, request);
        return static_cast<ErrorCode>(response.responses.at(0).error_code);
    }

  private:
    const LogLevel level_before_ = log_level();
};

TEST_F(Configs, OfATopicComeFromItselfThenTheBrokers) {
    add_topic("a", 1);
    set(Type::kBroker, "", "message.max.bytes", "2000");
    set(Type::kBroker, "1", "message.max.bytes", "3000");
    set(Type::kTopic, "a", "max.message.bytes", "4000");
    const Row row = describe_one(Type::kTopic, "a", "max.message.bytes");
    EXPECT_EQ(row.value, "4000");
    EXPECT_EQ(row.config_source, static_cast<int8_t>(ConfigSource::kTopic));
    EXPECT_FALSE(row.documentation->empty());
    ASSERT_EQ(row.synonyms.size(), 4u);
    EXPECT_EQ(row.synonyms[1].name, "message.max.bytes");
    EXPECT_EQ(row.synonyms[1].value, "3000");
    EXPECT_EQ(row.synonyms[2].value, "2000");
    EXPECT_EQ(row.synonyms[3].source, static_cast<int8_t>(ConfigSource::kDefault));
}

TEST_F(Configs, AreAllOfTheTopicsIfNoneIsNamed) {
    add_topic("a", 1);
    EXPECT_EQ(describe(Type::kTopic, "a").configs.size(), 37u);
    EXPECT_EQ(describe(Type::kTopic, "a", {"retention.ms", "nothing"}).configs.size(), 1u);
}

TEST_F(Configs, OfVersionZeroSayWhatIsDefault) {
    add_topic("a", 1);
    set(Type::kTopic, "a", "retention.ms", "7");
    EXPECT_FALSE(describe_one(Type::kTopic, "a", "retention.ms", 0).is_default);
    EXPECT_TRUE(describe_one(Type::kTopic, "a", "segment.ms", 0).is_default);
}

TEST_F(Configs, OfABrokerHideSecretsAndUnknownValues) {
    set(Type::kBroker, "1", "ssl.key.password", "secret");
    set(Type::kBroker, "1", "of.a.plugin", "secret");
    set(Type::kBroker, "1", "listener.name.internal.max.connections", "7");
    for (std::string_view hidden : {"ssl.key.password", "of.a.plugin"}) {
        const Row row = describe_one(Type::kBroker, "1", hidden);
        EXPECT_EQ(row.value, std::nullopt) << hidden;
        EXPECT_TRUE(row.is_sensitive) << hidden;
        ASSERT_FALSE(row.synonyms.empty());
        EXPECT_EQ(row.synonyms[0].value, std::nullopt) << hidden;
    }
    const Row row = describe_one(Type::kBroker, "1", "listener.name.internal.max.connections");
    EXPECT_EQ(row.value, "7");
    EXPECT_EQ(row.synonyms.back().name, "max.connections");
    EXPECT_TRUE(describe_one(Type::kBroker, "1", "node.id").read_only);
    EXPECT_FALSE(describe_one(Type::kBroker, "1", "log.retention.ms").read_only);
}

TEST_F(Configs, OfAllBrokersAreThoseThatAreSet) {
    EXPECT_TRUE(describe(Type::kBroker, "").configs.empty());
    set(Type::kBroker, "", "log.retention.ms", "7");
    const auto described = describe(Type::kBroker, "");
    ASSERT_EQ(described.configs.size(), 1u);
    EXPECT_EQ(described.configs[0].config_source,
              static_cast<int8_t>(ConfigSource::kDynamicDefaultBroker));
}

TEST_F(Configs, OfWhatDoesNotExistAreRefused) {
    EXPECT_EQ(error_of(Type::kTopic, "a"), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(error_of(Type::kTopic, "a b"), ErrorCode::INVALID_TOPIC_EXCEPTION);
    EXPECT_EQ(error_of(Type::kBroker, "2"), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(Type::kBroker, "one"), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(Type::kBrokerLogger, ""), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(Type::kGroup, ""), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(Type::kClientMetrics, ""), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(static_cast<Type>(3), "x"), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(error_of(Type::kGroup, "any"), ErrorCode::NONE);
    EXPECT_EQ(error_of(Type::kClientMetrics, "any"), ErrorCode::NONE);
}

TEST_F(Configs, OfGroupsFallBackToTheBroker) {
    set(Type::kBroker, "1", "group.consumer.assignment.interval.ms", "2000");
    const Row row = describe_one(Type::kGroup, "g", "consumer.assignment.interval.ms");
    EXPECT_EQ(row.value, "2000");
    EXPECT_EQ(row.config_source, static_cast<int8_t>(ConfigSource::kDynamicBroker));
}

TEST_F(Configs, SetTheLevelOfTheLog) {
    EXPECT_EQ(set_level("1", "root", "ERROR"), ErrorCode::NONE);
    EXPECT_EQ(log_level(), LogLevel::kError);
    EXPECT_EQ(describe_one(Type::kBrokerLogger, "1", "root").value, "ERROR");
    EXPECT_EQ(set_level("1", "root", "WARN", 0, true), ErrorCode::NONE);
    EXPECT_EQ(log_level(), LogLevel::kError);
    EXPECT_EQ(set_level("1", "root", "LOUD"), ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(set_level("1", "other", "WARN"), ErrorCode::INVALID_CONFIG);
    EXPECT_EQ(set_level("1", "root", std::nullopt, 1), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(set_level("1", "root", std::nullopt), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(set_level("2", "root", "WARN"), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(log_level(), LogLevel::kError);
}

TEST_F(Configs, ListsWhatHasThem) {
    add_topic("a", 1);
    set(Type::kGroup, "g", "consumer.session.timeout.ms", "46000");
    set(Type::kClientMetrics, "m", "interval.ms", "1000");
    const auto list = [&](std::vector<int8_t> types, int16_t version = 1) {
        ListConfigResourcesRequest request;
        request.resource_types = std::move(types);
        return ask<ListConfigResourcesResponse>(handle_list_config_resources, version, request);
    };
    EXPECT_EQ(list({}).config_resources.size(), 5u);  // topic, broker, its log, group, subscription
    EXPECT_EQ(list({32}).config_resources.at(0).resource_name, "g");
    const auto old = list({}, 0);
    ASSERT_EQ(old.config_resources.size(), 1u);
    EXPECT_EQ(old.config_resources[0].resource_name, "m");
    EXPECT_EQ(list({2, 3}).error_code, static_cast<int16_t>(ErrorCode::UNSUPPORTED_VERSION));
}

}  // namespace
}  // namespace milena
