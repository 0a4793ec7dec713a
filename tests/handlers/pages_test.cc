// SPDX-License-Identifier: Apache-2.0
#include "protocol/messages/describe_cluster_request.h"
#include "protocol/messages/describe_cluster_response.h"
#include "protocol/messages/describe_log_dirs_request.h"
#include "protocol/messages/describe_log_dirs_response.h"
#include "protocol/messages/describe_producers_request.h"
#include "protocol/messages/describe_producers_response.h"
#include "protocol/messages/describe_topic_partitions_request.h"
#include "protocol/messages/describe_topic_partitions_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;

class DescribeTopicPartitions : public World {
  public:
    DescribeTopicPartitionsResponse page(const DescribeTopicPartitionsRequest& request) {
        return ask<DescribeTopicPartitionsResponse>(handle_describe_topic_partitions, 0, request);
    }
    /// "a:2 b:1 > b:1": topics with their partitions' counts, and the next cursor.
    static std::string text(const DescribeTopicPartitionsResponse& response) {
        std::string text;
        for (const auto& topic : response.topics)
            text += std::string(topic.name.value_or("?")) + ":" +
                    std::to_string(topic.partitions.size()) + " ";
        if (response.next_cursor)
            text += "> " + std::string(response.next_cursor->topic_name) + ":" +
                    std::to_string(response.next_cursor->partition_index);
        return text;
    }
    static DescribeTopicPartitionsRequest request(int32_t limit, std::string_view from = "",
                                                  int32_t partition = 0) {
        DescribeTopicPartitionsRequest request;
        request.response_partition_limit = limit;
        if (from.empty()) return request;
        request.cursor.emplace().topic_name = from;
        request.cursor->partition_index = partition;
        return request;
    }
};

TEST_F(DescribeTopicPartitions, WalksOverAll) {
    add_topic("a", 2);
    add_topic("b", 3);
    add_topic("c", 1);
    EXPECT_EQ(text(page(request(100))), "a:2 b:3 c:1 ");
    EXPECT_EQ(text(page(request(1))), "a:1 > a:1");
    EXPECT_EQ(text(page(request(2))), "a:2 > b:0");
    EXPECT_EQ(text(page(request(3))), "a:2 b:1 > b:1");
    EXPECT_EQ(text(page(request(2, "b", 1))), "b:2 > c:0");
    EXPECT_EQ(text(page(request(100, "b", 9))), "b:0 c:1 ");
    EXPECT_EQ(text(page(request(-1, "aa", 1))), "b:1 > b:1");
}

TEST_F(DescribeTopicPartitions, OfNamedTopicsTellsWhatIsMissing) {
    add_topic("a", 1);
    auto asked = request(100);
    for (std::string_view name : {"z", "a", "bad name", "a"})
        asked.topics.emplace_back().name = name;
    const auto response = page(asked);
    EXPECT_EQ(text(response), "a:1 bad name:0 z:0 ");
    EXPECT_EQ(response.topics[1].error_code, 17);
    EXPECT_EQ(response.topics[2].error_code, 3);
    EXPECT_EQ(response.topics[0].topic_authorized_operations, 3576);
}

TEST_F(DescribeTopicPartitions, RefusesANegativeCursor) {
    add_topic("a", 1);
    auto asked = request(100, "a", -1);
    asked.topics.emplace_back().name = "a";
    EXPECT_EQ(page(asked).topics.at(0).error_code, 42);
}

class DescribeCluster : public World {
  public:
    DescribeClusterResponse describe(int16_t version, DescribeClusterRequest request = {}) {
        return ask<DescribeClusterResponse>(handle_describe_cluster, version, request);
    }
};

TEST_F(DescribeCluster, NamesBrokers) {
    BrokerState fenced;
    fenced.id = 2;
    fenced.endpoints = {{.listener = "PLAINTEXT", .host = "node2", .port = 9093}};
    set_broker(fenced);
    EXPECT_EQ(describe(0).brokers.size(), 1u);
    EXPECT_EQ(describe(0).controller_id, 1);
    EXPECT_EQ(describe(0).cluster_id, "a-cluster");
    DescribeClusterRequest request;
    request.include_fenced_brokers = true;
    request.include_cluster_authorized_operations = true;
    const auto all = describe(2, request);
    ASSERT_EQ(all.brokers.size(), 2u);
    EXPECT_EQ(all.brokers[1].host, "node2");
    EXPECT_TRUE(all.brokers[1].is_fenced);
    EXPECT_EQ(all.cluster_authorized_operations, 8096);
}

TEST_F(DescribeCluster, RefusesOtherEndpoints) {
    DescribeClusterRequest request;
    request.endpoint_type = 2;
    EXPECT_EQ(describe(1, request).error_code, 114);
    request.endpoint_type = 7;
    EXPECT_EQ(describe(1, request).error_code, 115);
    EXPECT_TRUE(describe(1, request).brokers.empty());
}

TEST_F(World, DescribesLogDirectories) {
    FakePartition& a = add_topic("a", 1);
    FakePartition& b = add_topic("b", 1);
    logs.directories = {{.path = "/data", .total_bytes = 100, .usable_bytes = 50}};
    logs.directories[0].logs = {a.log(), b.log()};
    DescribeLogDirsRequest request;
    request.topics.reset();
    const auto all = ask<DescribeLogDirsResponse>(handle_describe_log_dirs, 5, request);
    ASSERT_EQ(all.results.size(), 1u);
    EXPECT_EQ(all.results[0].topics.size(), 2u);
    EXPECT_EQ(all.results[0].usable_bytes, 50);
    EXPECT_EQ(all.results[0].topics[0].partitions[0].partition_size, 4096);
    auto& wanted = request.topics.emplace().emplace_back();
    wanted.topic = "b";
    wanted.partitions = {0, 7};
    const auto some = ask<DescribeLogDirsResponse>(handle_describe_log_dirs, 1, request);
    ASSERT_EQ(some.results.at(0).topics.size(), 1u);
    EXPECT_EQ(some.results[0].topics[0].name, "b");
    EXPECT_EQ(some.results[0].total_bytes, -1);
}

TEST_F(World, DescribesProducers) {
    add_topic("a", 1).fake->producers = {
        {.producer_id = ProducerId(7), .epoch = 1, .last_sequence = 9}};
    DescribeProducersRequest request;
    request.topics.emplace_back().name = "a";
    request.topics[0].partition_indexes = {0, 1};
    request.topics.emplace_back().name = "bad name";
    request.topics[1].partition_indexes = {0};
    const auto response = ask<DescribeProducersResponse>(handle_describe_producers, 0, request);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).active_producers.at(0).producer_id, 7);
    EXPECT_EQ(response.topics[0].partitions.at(1).error_code, 3);
    EXPECT_EQ(response.topics.at(1).partitions.at(0).error_code, 17);
}

}  // namespace
}  // namespace milena
