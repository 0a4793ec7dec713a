// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "protocol/messages/metadata_request.h"
#include "protocol/messages/metadata_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr int16_t kUnknownTopic = 3, kInvalidTopic = 17, kInvalidRequest = 42, kUnknownId = 100;

MetadataRequest::MetadataRequestTopic& add(MetadataRequest& request) {
    if (!request.topics) request.topics.emplace();
    return request.topics->emplace_back();
}

class Metadata : public World {
  public:
    MetadataResponse ask_for(std::vector<std::string_view> names, int16_t version = 13,
                             bool create = false) {
        MetadataRequest request;
        request.allow_auto_topic_creation = create || version < 4;
        request.topics.emplace();
        for (std::string_view name : names) add(request).name = name;
        return ask_with(std::move(request), version);
    }
    MetadataResponse ask_with(MetadataRequest request, int16_t version = 13) {
        return ask<MetadataResponse>(handle_metadata, version, std::move(request));
    }
};

TEST_F(Metadata, TellsTheDialledAddressInEveryVersion) {
    add_topic("a", 2);
    for (int16_t version = 0; version <= 13; ++version) {
        SCOPED_TRACE(version);
        const auto response = ask_for({"a"}, version);
        ASSERT_EQ(response.brokers.size(), 1u);
        EXPECT_EQ(response.brokers[0].host, "10.0.0.1");
        EXPECT_EQ(response.brokers[0].port, 9092);
        EXPECT_EQ(response.controller_id, version >= 1 ? 1 : -1);
        EXPECT_EQ(response.cluster_id.has_value(), version >= 2);
        ASSERT_EQ(response.topics.size(), 1u);
        ASSERT_EQ(response.topics[0].partitions.size(), 2u);
        EXPECT_EQ(response.topics[0].partitions[1].leader_id, 1);
        EXPECT_EQ(response.topics[0].partitions[1].leader_epoch, version >= 7 ? 5 : -1);
        EXPECT_EQ(response.topics[0].topic_id.is_zero(), version < 10);
    }
}

TEST_F(Metadata, OfAllTopicsIsInOrder) {
    add_topic("b", 1);
    add_topic("a", 1);
    MetadataRequest all;
    all.topics.reset();
    EXPECT_EQ(ask_with(all, 1).topics.size(), 2u);
    EXPECT_EQ(ask_for({}, 0).topics.size(), 2u);
    EXPECT_EQ(ask_for({}, 1).topics.size(), 0u);
    EXPECT_EQ(ask_with(all, 13).topics[0].name, "a");
}

TEST_F(Metadata, AnswersANameOnce) {
    add_topic("a", 1);
    EXPECT_EQ(ask_for({"a", "a"}).topics.size(), 1u);
}

TEST_F(Metadata, TellsWhatIsMissing) {
    const auto response = ask_for({"missing", "bad name"});
    ASSERT_EQ(response.topics.size(), 2u);
    EXPECT_EQ(response.topics[0].error_code, kUnknownTopic);
    EXPECT_EQ(response.topics[1].error_code, kInvalidTopic);
}

TEST_F(Metadata, CreatesWhatIsMissing) {
    const auto response = ask_for({"new", "bad name", "__consumer_offsets"}, 13, true);
    ASSERT_EQ(response.topics.size(), 3u);
    EXPECT_EQ(response.topics[0].error_code, 0);
    EXPECT_EQ(response.topics[0].partitions.size(), 1u);
    EXPECT_EQ(response.topics[1].error_code, kInvalidTopic);
    EXPECT_EQ(response.topics[2].partitions.size(), 50u);
    EXPECT_TRUE(response.topics[2].is_internal);
    EXPECT_EQ(controller->created.size(), 2u);
    EXPECT_EQ(controller->created["__consumer_offsets"]["cleanup.policy"], "compact");
}

TEST_F(Metadata, SaysUnknownWhereCreationFails) {
    controller->refuses = true;
    EXPECT_EQ(ask_for({"new"}, 13, true).topics[0].error_code, kUnknownTopic);
}

TEST_F(Metadata, CreatesNothingIfTheBrokerMayNot) {
    ConfigMap broker_config{{"auto.create.topics.enable", "false"}};
    settings = std::move(*Settings::make(broker_config));
    broker.reset(new Broker{1, *settings, broker->clock, broker->pool, broker->logs,
                            broker->partitions, broker->controller, broker->fetch_sessions,
                            broker->producer_ids, broker->groups, broker->transactions,
                            broker->image});
    EXPECT_EQ(ask_for({"new"}, 13, true).topics[0].error_code, kUnknownTopic);
    EXPECT_TRUE(controller->created.empty());
}

TEST_F(Metadata, LooksAtIdsAloneIfThereIsOne) {
    const TopicPartition known = add_topic("a", 1).id();
    MetadataRequest request;
    add(request).topic_id = known.topic_id;
    request.topics->back().name = std::nullopt;
    add(request).topic_id = Uuid::random();
    add(request).name = "by-name";
    const auto response = ask_with(request);
    ASSERT_EQ(response.topics.size(), 2u);
    EXPECT_EQ(response.topics[0].name, "a");
    EXPECT_EQ(response.topics[1].error_code, kUnknownId);
    EXPECT_EQ(response.topics[1].name, std::nullopt);
}

TEST_F(Metadata, RefusesIdsBeforeVersion12) {
    MetadataRequest request;
    add(request).topic_id = Uuid::random();
    request.topics->back().name = "a";
    const auto response = ask_with(request, 11);
    EXPECT_TRUE(response.brokers.empty());
    ASSERT_EQ(response.topics.size(), 1u);
    EXPECT_EQ(response.topics[0].error_code, kInvalidRequest);
}

TEST_F(Metadata, TellsAuthorizedOperationsOnDemand) {
    add_topic("a", 1);
    MetadataRequest request;
    add(request).name = "a";
    const int32_t not_asked = std::numeric_limits<int32_t>::min();
    EXPECT_EQ(ask_with(request, 10).cluster_authorized_operations, not_asked);
    request.include_cluster_authorized_operations = true;
    request.include_topic_authorized_operations = true;
    const auto response = ask_with(request, 10);
    EXPECT_EQ(response.cluster_authorized_operations, 8096);
    EXPECT_EQ(response.topics[0].topic_authorized_operations, 3576);
}

TEST_F(Metadata, OfALeaderThatClientsDontReach) {
    const Uuid topic = add_topic("a", 1).id().topic_id;
    BrokerState other;
    other.id = 2;
    other.fenced = false;
    other.endpoints = {{.listener = "INTERNAL", .host = "node2", .port = 9093}};
    set_broker(other);
    PartitionState* partition = image.mutable_partition(topic, 0);
    partition->leader = 2;
    partition->replicas = partition->isr = {1, 2};
    partition->directories = {Uuid::random(), Uuid::random()};

    const auto newest = ask_for({"a"}).topics[0].partitions[0];
    EXPECT_EQ(newest.error_code, static_cast<int16_t>(ErrorCode::LISTENER_NOT_FOUND));
    EXPECT_EQ(newest.leader_id, -1);
    EXPECT_EQ(newest.offline_replicas, std::vector<int32_t>{2});
    EXPECT_EQ(ask_for({"a"}, 5).topics[0].partitions[0].error_code,
              static_cast<int16_t>(ErrorCode::LEADER_NOT_AVAILABLE));
    image.mutable_partition(topic, 0)->leader = 1;
    const auto oldest = ask_for({"a"}, 0).topics[0].partitions[0];
    EXPECT_EQ(oldest.error_code, static_cast<int16_t>(ErrorCode::REPLICA_NOT_AVAILABLE));
    EXPECT_EQ(oldest.isr_nodes, std::vector<int32_t>{1});
}

TEST_F(Metadata, KnowsReplicasOnLostDirectories) {
    const Uuid topic = add_topic("a", 1).id().topic_id;
    BrokerState node = image.brokers().at(1);
    node.log_directories = {Uuid::random()};
    set_broker(node);
    EXPECT_EQ(ask_for({"a"}).topics[0].partitions[0].offline_replicas, std::vector<int32_t>{1});
    image.mutable_partition(topic, 0)->directories = node.log_directories;
    EXPECT_TRUE(ask_for({"a"}).topics[0].partitions[0].offline_replicas.empty());
}

}  // namespace
}  // namespace milena
