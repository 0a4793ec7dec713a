// SPDX-License-Identifier: Apache-2.0
#include "protocol/messages/alter_replica_log_dirs_request.h"
#include "protocol/messages/alter_replica_log_dirs_response.h"
#include "protocol/messages/describe_log_dirs_request.h"
#include "protocol/messages/describe_log_dirs_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

class LogDirsTest : public World {
  protected:
    AlterReplicaLogDirsRequest request;
    void want(std::string_view path, std::string_view topic, std::vector<int32_t> partitions) {
        auto& directory = request.dirs.emplace_back();
        directory.path = path;
        auto& row = directory.topics.emplace_back();
        row.name = topic;
        row.partitions = std::move(partitions);
    }
    AlterReplicaLogDirsResponse alter(int16_t version = AlterReplicaLogDirsRequest::kMaxVersion) {
        return ask<AlterReplicaLogDirsResponse>(handle_alter_replica_log_dirs, version, request);
    }
};

TEST_F(LogDirsTest, MovesWhatIsAskedForToTheDirectoryNamedLast) {
    add_topic("orders", 2);
    want("/a", "orders", {0, 1});
    want("/b", "orders", {1});
    for (const int16_t version : {0, 1, 2}) {
        logs.moved.clear();
        const auto response = alter(version);
        EXPECT_EQ(logs.moved, (std::vector<std::string>{"orders-0 to /a", "orders-1 to /b"}));
        ASSERT_EQ(response.results.size(), 1u);
        ASSERT_EQ(response.results[0].partitions.size(), 2u);
        EXPECT_EQ(response.results[0].partitions[1].error_code, 0);
    }
}

TEST_F(LogDirsTest, TellsAnUnknownPartitionFromOneThatOnlyThisBrokerLacks) {
    add_topic("orders", 1);
    want("/a", "orders", {0, 1});
    want("/a", "unknown", {0});
    logs.moving = Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    const auto response = alter();
    const auto code = [&](size_t topic, size_t partition) {
        return static_cast<ErrorCode>(response.results[topic].partitions[partition].error_code);
    };
    EXPECT_EQ(code(0, 0), ErrorCode::REPLICA_NOT_AVAILABLE);
    EXPECT_EQ(code(0, 1), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    EXPECT_EQ(code(1, 0), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

TEST_F(LogDirsTest, ShowsAMoveInBothDirectories) {
    logs.directories.resize(2);
    logs.directories[0].path = "/a";
    logs.directories[1].path = "/b";
    logs.directories[1].futures.push_back({"orders", 3, 1000, 7});
    logs.directories[1].is_cordoned = true;
    DescribeLogDirsRequest everything;
    everything.topics = std::nullopt;
    const auto response = ask<DescribeLogDirsResponse>(handle_describe_log_dirs, 5, everything);
    ASSERT_EQ(response.results.size(), 2u);
    EXPECT_FALSE(response.results[0].is_cordoned);
    EXPECT_TRUE(response.results[1].is_cordoned);
    ASSERT_EQ(response.results[1].topics.size(), 1u);
    const auto& row = response.results[1].topics[0].partitions.at(0);
    EXPECT_TRUE(row.is_future_key);
    EXPECT_EQ(row.partition_index, 3);
    EXPECT_EQ(row.partition_size, 1000);
    EXPECT_EQ(row.offset_lag, 7);
}

}  // namespace
}  // namespace milena
