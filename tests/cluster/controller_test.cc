// SPDX-License-Identifier: Apache-2.0
// What the controller refuses, and how.
#include <gtest/gtest.h>

#include "cluster/config_control.h"
#include "cluster/feature_control.h"
#include "cluster/leader_control.h"
#include "cluster/replay.h"
#include "cluster/topic_control.h"
#include "protocol/messages/broker_registration_change_record.h"
#include "protocol/messages/register_broker_record.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

using namespace protocol;

/// The pure functions over a state of three brokers: 1 and 2 active, 3 fenced.
class ControllerTest : public ::testing::Test {
  protected:
    ControllerTest() {
        for (const auto& [name, level] : options_.initial_features) state_.set_feature(name, level);
        for (int32_t id = 1; id <= 3; ++id) {
            BrokerState broker;
            broker.id = id;
            broker.fenced = id == 3;
            broker.features = options_.supported_features;
            broker.log_directories = {Uuid::random()};
            state_.set_broker(std::move(broker));
        }
    }

    /// Runs `function` and replays what it wrote.
    template <class Function>
    auto run(const Function& function) {
        records_ = {};
        ControlContext context{state_, options_, rules_, strings_, records_};
        auto response = function(context);
        for (const Bytes& value : records_.values()) {
            auto applied = replayer_.apply(value, Offset(offset_++), 1);
            EXPECT_TRUE(applied) << applied.error().to_string();
        }
        return response;
    }

    CreateTopicsResponse create(const CreateTopicsRequest& request) {
        return run([&](ControlContext& context) { return create_topics(context, request); });
    }
    static CreateTopicsRequest::CreatableTopic topic(std::string_view name, int32_t partitions = 1,
                                                     int16_t replication = 1) {
        CreateTopicsRequest::CreatableTopic topic;
        topic.name = name;
        topic.num_partitions = partitions;
        topic.replication_factor = replication;
        return topic;
    }
    static CreateTopicsRequest::CreatableTopic assigned(
        std::string_view name, const std::vector<std::vector<int32_t>>& assignments) {
        auto wanted = topic(name, -1, -1);
        int32_t index = 0;
        for (const auto& brokers : assignments) {
            auto& assignment = wanted.assignments.emplace_back();
            assignment.partition_index = index++;
            assignment.broker_ids = brokers;
        }
        return wanted;
    }
    ErrorCode create_one(const CreateTopicsRequest::CreatableTopic& wanted) {
        CreateTopicsRequest request;
        request.topics.push_back(wanted);
        const auto response = create(request);
        const auto& result = response.topics.at(0);
        EXPECT_EQ(result.error_code != 0, result.error_message.has_value());
        return static_cast<ErrorCode>(result.error_code);
    }

    ImageState state_{"cluster", 1};
    Replayer replayer_{state_};
    ControllerOptions options_;
    FakeRules rules_;
    StringArena strings_;
    RecordList records_;
    int64_t offset_ = 0;
};

TEST_F(ControllerTest, NamesOfTopics) {
    const std::string longest(249, 'a');
    const std::string too_long(250, 'a');
    struct {
        std::string_view name;
        ErrorCode expected;
    } const cases[] = {
        {"plain", ErrorCode::NONE},
        {longest, ErrorCode::NONE},
        {"A-b.9", ErrorCode::NONE},
        {"", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {".", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {"..", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {"a b", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {"a/b", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {"\xc3\xa4", ErrorCode::INVALID_TOPIC_EXCEPTION},
        {too_long, ErrorCode::INVALID_TOPIC_EXCEPTION},
        {"plain", ErrorCode::TOPIC_ALREADY_EXISTS},
        {"A-b_9", ErrorCode::INVALID_TOPIC_EXCEPTION},  // collides with A-b.9
        {"__cluster_metadata", ErrorCode::INVALID_REQUEST},
    };
    for (const auto& one : cases) EXPECT_EQ(create_one(topic(one.name)), one.expected) << one.name;
}

TEST_F(ControllerTest, CountsOfPartitionsAndReplicas) {
    EXPECT_EQ(create_one(topic("a", 0)), ErrorCode::INVALID_PARTITIONS);
    EXPECT_EQ(create_one(topic("a", -2)), ErrorCode::INVALID_PARTITIONS);
    EXPECT_EQ(create_one(topic("a", 1, 0)), ErrorCode::INVALID_REPLICATION_FACTOR);
    EXPECT_EQ(create_one(topic("a", 0, 0)), ErrorCode::INVALID_REPLICATION_FACTOR);
    EXPECT_EQ(create_one(topic("a", 1, 4)), ErrorCode::INVALID_REPLICATION_FACTOR);
    EXPECT_EQ(create_one(topic("a", 10'001)), ErrorCode::POLICY_VIOLATION);
    EXPECT_EQ(state_.topic_count(), 0u);

    options_.default_partitions = 4;
    options_.default_replication_factor = 2;
    EXPECT_EQ(create_one(topic("a", -1, -1)), ErrorCode::NONE);
    ASSERT_EQ(state_.topic("a")->partitions.size(), 4u);
    EXPECT_EQ(state_.topic("a")->partitions[0].replicas.size(), 2u);
    // Three replicas need the fenced broker as well: a replica, but not in sync.
    EXPECT_EQ(create_one(topic("b", 1, 3)), ErrorCode::NONE);
    EXPECT_EQ(state_.topic("b")->partitions[0].replicas.size(), 3u);
    EXPECT_EQ(state_.topic("b")->partitions[0].isr.size(), 2u);
}

TEST_F(ControllerTest, AssignmentsByHand) {
    const auto invalid = ErrorCode::INVALID_REPLICA_ASSIGNMENT;
    EXPECT_EQ(create_one(assigned("a", {{}})), invalid);
    EXPECT_EQ(create_one(assigned("a", {{1, 1}})), invalid);
    EXPECT_EQ(create_one(assigned("a", {{1, 9}})), invalid);
    EXPECT_EQ(create_one(assigned("a", {{1}, {1, 2}})), invalid);
    EXPECT_EQ(create_one(assigned("a", {{3}})), invalid);  // fenced
    auto gap = assigned("a", {{1}, {2}});
    gap.assignments[1].partition_index = 2;
    EXPECT_EQ(create_one(gap), invalid);
    auto twice = assigned("a", {{1}, {2}});
    twice.assignments[1].partition_index = 0;
    EXPECT_EQ(create_one(twice), invalid);
    auto counted = assigned("a", {{1}});
    counted.num_partitions = 1;
    EXPECT_EQ(create_one(counted), ErrorCode::INVALID_REQUEST);

    EXPECT_EQ(create_one(assigned("a", {{2, 1}, {3, 1}})), ErrorCode::NONE);
    const TopicState& created = *state_.topic("a");
    EXPECT_EQ(created.partitions[0].leader, 2);
    EXPECT_EQ(created.partitions[1].leader, 1);
    EXPECT_EQ(created.partitions[1].isr, std::vector{1});
}

TEST_F(ControllerTest, ARequestIsAnsweredTopicByTopic) {
    CreateTopicsRequest request;
    request.topics = {topic("twice"), topic("good"), topic("twice"), topic("bad name")};
    const auto response = create(request);
    ASSERT_EQ(response.topics.size(), 3u);
    EXPECT_EQ(response.topics[0].error_code, static_cast<int16_t>(ErrorCode::INVALID_REQUEST));
    EXPECT_EQ(response.topics[1].error_code, 0);
    EXPECT_EQ(response.topics[1].num_partitions, 1);
    EXPECT_FALSE(response.topics[1].topic_id.is_zero());
    EXPECT_EQ(response.topics[2].error_code,
              static_cast<int16_t>(ErrorCode::INVALID_TOPIC_EXCEPTION));
    EXPECT_EQ(state_.topic_count(), 1u);
}

TEST_F(ControllerTest, ValidateOnlyWritesNothing) {
    CreateTopicsRequest request;
    request.topics = {topic("good")};
    request.validate_only = true;
    EXPECT_EQ(create(request).topics[0].error_code, 0);
    EXPECT_TRUE(records_.empty());
    EXPECT_EQ(state_.topic("good"), nullptr);
}

TEST_F(ControllerTest, ConfigsOfANewTopic) {
    auto wanted = topic("a");
    wanted.configs.emplace_back().name = "retention.ms";
    wanted.configs[0].value = std::nullopt;
    EXPECT_EQ(create_one(wanted), ErrorCode::INVALID_CONFIG);
    wanted.configs[0].name = "bad";
    wanted.configs[0].value = "x";
    EXPECT_EQ(create_one(wanted), ErrorCode::INVALID_CONFIG);
    wanted.configs[0].name = "retention.ms";
    wanted.configs[0].value = "1000";
    EXPECT_EQ(create_one(wanted), ErrorCode::NONE);
    EXPECT_EQ(state_.configs({ConfigResourceType::kTopic, "a"})->at("retention.ms"), "1000");
}

TEST_F(ControllerTest, DeletionByNameAndById) {
    ASSERT_EQ(create_one(topic("a")), ErrorCode::NONE);
    ASSERT_EQ(create_one(topic("b")), ErrorCode::NONE);
    DeleteTopicsRequest request;
    request.topics.resize(6);
    request.topics[0].name = "a";
    request.topics[1].topic_id = state_.topic("b")->id;
    request.topics[2].topic_id = Uuid::random();
    request.topics[3].name = "none";
    request.topics[4] = {};
    request.topics[5].name = "a";
    request.topics[5].topic_id = state_.topic("a")->id;
    const auto response =
        run([&](ControlContext& context) { return delete_topics(context, 6, request); });
    std::map<ErrorCode, int> counts;
    for (const auto& row : response.responses) ++counts[static_cast<ErrorCode>(row.error_code)];
    EXPECT_EQ(counts[ErrorCode::NONE], 2);
    EXPECT_EQ(counts[ErrorCode::UNKNOWN_TOPIC_ID], 1);
    EXPECT_EQ(counts[ErrorCode::UNKNOWN_TOPIC_OR_PARTITION], 1);
    EXPECT_EQ(counts[ErrorCode::INVALID_REQUEST], 2);
    EXPECT_EQ(state_.topic_count(), 0u);
}

TEST_F(ControllerTest, DeletionCanBeSwitchedOff) {
    ASSERT_EQ(create_one(topic("a")), ErrorCode::NONE);
    options_.delete_topic_enable = false;
    DeleteTopicsRequest request;
    request.topic_names = {"a"};
    const auto code = [&](int16_t version) {
        const auto response =
            run([&](ControlContext& context) { return delete_topics(context, version, request); });
        return static_cast<ErrorCode>(response.responses.at(0).error_code);
    };
    EXPECT_EQ(code(2), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(code(3), ErrorCode::TOPIC_DELETION_DISABLED);
    EXPECT_NE(state_.topic("a"), nullptr);
}

TEST_F(ControllerTest, MorePartitions) {
    ASSERT_EQ(create_one(topic("a", 2)), ErrorCode::NONE);
    const auto grow = [&](std::string_view name, int32_t count,
                          std::optional<std::vector<std::vector<int32_t>>> assignments = {}) {
        CreatePartitionsRequest request;
        auto& wanted = request.topics.emplace_back();
        wanted.name = name;
        wanted.count = count;
        wanted.assignments = std::nullopt;
        if (assignments) wanted.assignments.emplace();
        for (const auto& brokers : assignments.value_or(std::vector<std::vector<int32_t>>()))
            wanted.assignments->emplace_back().broker_ids = brokers;
        const auto response =
            run([&](ControlContext& context) { return create_partitions(context, request); });
        return static_cast<ErrorCode>(response.results.at(0).error_code);
    };
    EXPECT_EQ(grow("none", 3), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(grow("a", 2), ErrorCode::INVALID_PARTITIONS);
    EXPECT_EQ(grow("a", 1), ErrorCode::INVALID_PARTITIONS);
    EXPECT_EQ(grow("a", 10'003), ErrorCode::POLICY_VIOLATION);
    EXPECT_EQ(grow("a", 4, {{{1}}}), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    EXPECT_EQ(grow("a", 3, {{{1, 2}}}), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    EXPECT_EQ(grow("a", 3, {{{2}}}), ErrorCode::NONE);
    EXPECT_EQ(grow("a", 5), ErrorCode::NONE);
    ASSERT_EQ(state_.topic("a")->partitions.size(), 5u);
    EXPECT_EQ(state_.topic("a")->partitions[2].leader, 2);
}

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

TEST_F(ControllerTest, FeaturesGoUpAndDownByTheRules) {
    const auto update = [&](std::string_view feature, int16_t level, int8_t type) {
        UpdateFeaturesRequest request;
        auto& one = request.feature_updates.emplace_back();
        one.feature = feature;
        one.max_version_level = level;
        one.upgrade_type = type;
        const auto response =
            run([&](ControlContext& context) { return update_features(context, 2, request); });
        return static_cast<ErrorCode>(response.error_code);
    };
    const auto invalid = ErrorCode::INVALID_UPDATE_VERSION;
    EXPECT_EQ(update("share.version", 3, 1), invalid);
    EXPECT_EQ(update("unheard.of", 1, 1), invalid);
    EXPECT_EQ(update("share.version", 1, 1), invalid);  // a downgrade, not asked for as such
    EXPECT_EQ(update("share.version", 1, 2), ErrorCode::NONE);
    EXPECT_EQ(state_.feature("share.version"), 1);
    EXPECT_EQ(update("share.version", 2, 2), invalid);  // an upgrade
    EXPECT_EQ(update("share.version", 2, 9), invalid);
    EXPECT_EQ(update("share.version", -1, 1), invalid);
    EXPECT_EQ(update("share.version", 0, 3), ErrorCode::NONE);
    EXPECT_FALSE(state_.features().contains("share.version"));
    EXPECT_EQ(update("metadata.version", 32, 2), invalid);  // 33 changed records
    EXPECT_EQ(update("metadata.version", 33, 1), ErrorCode::NONE);
    EXPECT_EQ(update("metadata.version", 6, 3), invalid);
    EXPECT_EQ(update("kraft.version", 1, 1), invalid);
    EXPECT_EQ(update("kraft.version", 0, 1), ErrorCode::NONE);
}

TEST_F(ControllerTest, ElectionsAndReassignments) {
    ASSERT_EQ(create_one(assigned("a", {{1, 2}})), ErrorCode::NONE);
    const auto elect = [&](std::string_view name, int32_t index, int8_t type) {
        ElectLeadersRequest request;
        request.election_type = type;
        request.topic_partitions.emplace();
        auto& one = request.topic_partitions->emplace_back();
        one.topic = name;
        one.partitions = {index};
        const auto response =
            run([&](ControlContext& context) { return elect_leaders(context, request); });
        return static_cast<ErrorCode>(
            response.replica_election_results.at(0).partition_result.at(0).error_code);
    };
    EXPECT_EQ(elect("a", 0, 0), ErrorCode::ELECTION_NOT_NEEDED);
    EXPECT_EQ(elect("a", 0, 1), ErrorCode::ELECTION_NOT_NEEDED);
    EXPECT_EQ(elect("a", 1, 0), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    state_.mutable_partition(Uuid(state_.topic("a")->id), 0)->leader = 2;
    EXPECT_EQ(elect("a", 0, 0), ErrorCode::NONE);
    EXPECT_EQ(state_.topic("a")->partitions[0].leader, 1);
    EXPECT_EQ(state_.topic("a")->partitions[0].leader_epoch, 1);

    const auto reassign = [&](std::optional<std::vector<int32_t>> replicas) {
        AlterPartitionReassignmentsRequest request;
        auto& one = request.topics.emplace_back();
        one.name = "a";
        one.partitions.emplace_back().partition_index = 0;
        one.partitions[0].replicas = std::move(replicas);
        const auto response =
            run([&](ControlContext& context) { return alter_reassignments(context, request); });
        return static_cast<ErrorCode>(response.responses.at(0).partitions.at(0).error_code);
    };
    EXPECT_EQ(reassign(std::nullopt), ErrorCode::NO_REASSIGNMENT_IN_PROGRESS);
    EXPECT_EQ(reassign({{1, 9}}), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    EXPECT_EQ(reassign({{1, 2}}), ErrorCode::NONE);
}

}  // namespace
}  // namespace milena::testing
