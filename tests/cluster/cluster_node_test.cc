// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_node.h"

#include <chrono>

#include "cluster/record_versions.h"
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

using ClusterNodeTest = NodeFixture;

TEST_F(ClusterNodeTest, AnEmptyDirectoryBecomesAClusterOfOneActiveBroker) {
    start();
    const auto image = node_->image();
    EXPECT_EQ(image->cluster_id(), kClusterId);
    EXPECT_EQ(image->controller_id(), 1);
    EXPECT_EQ(image->epoch(), 1);
    EXPECT_EQ(image->features().at("metadata.version"), kMetadataVersionMax);
    EXPECT_EQ(image->features().at("share.version"), 2);
    ASSERT_TRUE(image->brokers().contains(1));
    const BrokerState& broker = image->brokers().at(1);
    EXPECT_FALSE(broker.fenced);
    // LeaderChange, nine records of the bootstrap, RegisterController: the epoch is an offset.
    EXPECT_EQ(broker.epoch, 11);
    EXPECT_EQ(node_->broker_epoch(), 11);
    ASSERT_EQ(broker.endpoints.size(), 1u);
    EXPECT_EQ(broker.endpoints[0].port, 9092);
    const ConfigMap* defaults = image->configs({ConfigResourceType::kBroker, ""});
    ASSERT_NE(defaults, nullptr);
    EXPECT_EQ(defaults->at("min.insync.replicas"), "1");
}

TEST_F(ClusterNodeTest, ACreatedTopicIsLedHereBeforeTheAnswer) {
    start();
    ASSERT_EQ(create("events", 3), ErrorCode::NONE);
    const TopicState* topic = node_->image()->topic("events");
    ASSERT_NE(topic, nullptr);
    ASSERT_EQ(topic->partitions.size(), 3u);
    EXPECT_EQ(topic->partitions[2].leader, 1);
    EXPECT_EQ(topic->partitions[2].leader_epoch, 0);
    EXPECT_EQ(topic->partitions[2].directories, std::vector{logs_->identities()[0].directory_id});
    for (int32_t index = 0; index < 3; ++index) {
        auto partition = node_->partitions().find({topic->id, index});
        ASSERT_NE(partition, nullptr);
        EXPECT_TRUE(partition->is_leader());
        EXPECT_EQ(partition->leader_epoch(), LeaderEpoch(0));
    }
    EXPECT_EQ(node_->partitions().find({topic->id, 3}), nullptr);
}

TEST_F(ClusterNodeTest, EverythingIsThereAfterARestartInANewEpoch) {
    start();
    ASSERT_EQ(create("events", 2), ErrorCode::NONE);
    const Uuid id = node_->image()->topic("events")->id;
    const int64_t old_epoch = node_->broker_epoch();
    restart();
    const TopicState* topic = node_->image()->topic("events");
    ASSERT_NE(topic, nullptr);
    EXPECT_EQ(topic->id, id);
    EXPECT_EQ(node_->image()->epoch(), 2);
    EXPECT_GT(node_->broker_epoch(), old_epoch);
    EXPECT_EQ(topic->partitions[1].leader_epoch, 1);
    EXPECT_EQ(topic->partitions[1].partition_epoch, 1);
    ASSERT_NE(node_->partitions().find({id, 1}), nullptr);
    EXPECT_EQ(node_->partitions().find({id, 1})->leader_epoch(), LeaderEpoch(1));
}

TEST_F(ClusterNodeTest, ADeletedTopicIsGoneAndItsNameIsFree) {
    start();
    ASSERT_EQ(create("events", 2), ErrorCode::NONE);
    const Uuid old = node_->image()->topic("events")->id;
    auto held = node_->partitions().find({old, 0});
    protocol::DeleteTopicsRequest request;
    request.topics.emplace_back().name = "events";
    auto response = ask<protocol::DeleteTopicsResponse>([&](auto done) {
        node_->controller().delete_topics(6, request, strings_, std::move(done));
    });
    ASSERT_EQ(response.responses.size(), 1u);
    EXPECT_EQ(response.responses[0].error_code, 0);
    EXPECT_EQ(response.responses[0].topic_id, old);
    EXPECT_EQ(node_->image()->topic("events"), nullptr);
    EXPECT_EQ(node_->partitions().find({old, 0}), nullptr);
    EXPECT_FALSE(held->is_leader());

    ASSERT_EQ(create("events"), ErrorCode::NONE);
    const TopicState* fresh = node_->image()->topic("events");
    EXPECT_NE(fresh->id, old);
    ASSERT_NE(node_->partitions().find({fresh->id, 0}), nullptr);
    EXPECT_EQ(node_->partitions().find({fresh->id, 0})->log()->topic_id(), fresh->id);
}

TEST_F(ClusterNodeTest, RequestsThatWaitTogetherShareOneSync) {
    start();
    protocol::CreateTopicsRequest requests[8];
    const std::string names[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    int answers = 0;
    const int before = pool_.runs;
    for (int i = 0; i < 8; ++i) {
        auto& topic = requests[i].topics.emplace_back();
        topic.name = names[i];
        topic.num_partitions = 1;
        topic.replication_factor = 1;
        node_->controller().create_topics(7, requests[i], strings_,
                                          [&](const auto&) { ++answers; });
    }
    executor_.run_until_idle();
    EXPECT_EQ(answers, 8);
    EXPECT_EQ(node_->image()->topic_count(), 8u);
    constexpr int kNewLogs = 8;  // this pool makes each directory at once
    EXPECT_LT(pool_.runs - before, 8 + kNewLogs);
}

TEST_F(ClusterNodeTest, ATornTailOfTheLogIsCutOff) {
    start();
    ASSERT_EQ(create("first"), ErrorCode::NONE);
    const std::string log = directory_.path() + "/__cluster_metadata-0/00000000000000000000.log";
    ASSERT_EQ(create("second"), ErrorCode::NONE);
    const auto torn = std::filesystem::file_size(log) - 1;
    stop();
    std::filesystem::resize_file(log, torn);
    start();
    EXPECT_NE(node_->image()->topic("first"), nullptr);
    EXPECT_EQ(node_->image()->topic("second"), nullptr);
    ASSERT_EQ(create("third"), ErrorCode::NONE);
    restart();
    EXPECT_NE(node_->image()->topic("third"), nullptr);
}

TEST_F(ClusterNodeTest, ASnapshotTakesTheLogsPlace) {
    options_.metadata.snapshot_bytes = 2000;
    options_.metadata.retention_bytes = 0;
    start();
    for (int i = 0; i < 200; ++i) ASSERT_EQ(create("topic-" + std::to_string(i)), ErrorCode::NONE);
    size_t snapshots = 0;
    bool first_log = false;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_.path() + "/__cluster_metadata-0")) {
        snapshots += entry.path().extension() == ".checkpoint";
        first_log |= entry.path().filename() == "00000000000000000000.log";
    }
    EXPECT_EQ(snapshots, 1u);
    EXPECT_FALSE(first_log);
    restart();
    EXPECT_EQ(node_->image()->topic_count(), 200u);
    EXPECT_EQ(node_->image()->features().at("metadata.version"), kMetadataVersionMax);
}

TEST_F(ClusterNodeTest, TwoThousandPartitionsAreOneBatchAndOneSync) {
    start();
    const int syncs = pool_.runs;
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(create("wide", 2000), ErrorCode::NONE);
    const auto took = std::chrono::steady_clock::now() - began;
    constexpr int kNewLogs = 2000;  // this pool makes each directory at once
    EXPECT_EQ(pool_.runs - syncs, 1 + kNewLogs);
    EXPECT_EQ(node_->image()->topic("wide")->partitions.size(), 2000u);
    // Generous: a debug build under sanitizers on a busy machine.
    EXPECT_LT(took, std::chrono::seconds(60));
}

TEST_F(ClusterNodeTest, ProducerIdsComeInBlocksThatSurviveARestart) {
    start();
    const auto allocate = [&] {
        int64_t first = -1;
        node_->controller().allocate_producer_ids([&](Result<int64_t> id) { first = *id; });
        executor_.run_until_idle();
        return first;
    };
    EXPECT_EQ(allocate(), 0);
    EXPECT_EQ(allocate(), 1000);
    restart();
    EXPECT_EQ(allocate(), 2000);
}

TEST_F(ClusterNodeTest, AnotherNodesDirectoryIsRefused) {
    start();
    stop();
    options_.metadata.node_id = 2;
    options_.metadata.data_directory = directory_.path();
    auto store = MetadataStore::open(options_.metadata, posix_file_system(), system_clock());
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("node.id"), std::string::npos);
}

TEST_F(ClusterNodeTest, AfterShutDownChangesAreRefused) {
    start();
    bool stopped = false;
    node_->shut_down([&] { stopped = true; });
    executor_.run_until_idle();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(create("late"), ErrorCode::NOT_CONTROLLER);
    EXPECT_EQ(node_->image()->topic("late"), nullptr);
}

}  // namespace
}  // namespace milena::testing
