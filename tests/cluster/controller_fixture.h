// SPDX-License-Identifier: Apache-2.0
// The controller's pure functions over a state of three brokers.
#pragma once

#include <gtest/gtest.h>

#include "cluster/replay.h"
#include "cluster/topic_control.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {

using namespace protocol;

/// Brokers 1 and 2 are active, 3 is fenced.
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

}  // namespace milena::testing
