// SPDX-License-Identifier: Apache-2.0
// A node with several log directories: what the metadata say of them.
#include <fstream>

#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

class NodeDirectoriesTest : public NodeFixture {
  protected:
    NodeDirectoriesTest() { more_directories_ = {second_}; }
    ~NodeDirectoriesTest() override {
        if (logs_) logs_->on_directory_failure(nullptr);
    }

    const PartitionState& partition(int32_t index) {
        image_ = node_->image();
        return image_->topic("events")->partitions.at(static_cast<size_t>(index));
    }
    Uuid id(size_t directory) { return logs_->identities().at(directory).directory_id; }
    std::shared_ptr<Partition> led(int32_t index) {
        return node_->partitions().find({node_->image()->topic("events")->id, index});
    }
    void lose_second() {
        logs_->on_directory_failure([this](const DirectoryFailure& failure) {
            EXPECT_FALSE(failure.is_fatal);
            node_->lose_directory(failure.directory);
        });
        std::filesystem::rename(second_, second_ + ".gone");
        (void)logs_->save_log_starts();
        executor_.run_until_idle();
    }

    const std::string second_ = directory_.path() + "/second";
    MetadataImagePtr image_;
};

TEST_F(NodeDirectoriesTest, TheMetadataSayWhichDirectoryHoldsAPartition) {
    start();
    ASSERT_EQ(create("events", 4), ErrorCode::NONE);
    const auto expect_told = [this](int32_t epoch) {
        for (int32_t index = 0; index < 4; ++index) {
            const auto& told = partition(index);
            EXPECT_EQ(told.directories, std::vector{id(static_cast<size_t>(index % 2))});
            EXPECT_EQ(told.partition_epoch, epoch);
            EXPECT_EQ(*logs_->directory_of("events", index), told.directories[0]);
        }
    };
    expect_told(1);
    EXPECT_EQ(partition(0).leader_epoch, 0);
    EXPECT_EQ(node_->image()->brokers().at(1).log_directories.size(), 2u);
    restart();
    expect_told(2);
}

TEST_F(NodeDirectoriesTest, AMovedLogIsToldOf) {
    start();
    ASSERT_EQ(create("events", 1), ErrorCode::NONE);
    logs_->start_background();
    ASSERT_TRUE(logs_->move("events", 0, second_));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!std::filesystem::exists(second_ + "/events-0")) {
        executor_.run_until_idle();
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    EXPECT_EQ(partition(0).directories, std::vector{id(1)});
    EXPECT_TRUE(led(0)->is_leader());
    logs_->stop_background();
}

TEST_F(NodeDirectoriesTest, WhatALostDirectoryHeldHasNoLeaderUntilItIsBack) {
    start();
    ASSERT_EQ(create("events", 2), ErrorCode::NONE);
    const Uuid lost = id(1);
    lose_second();
    EXPECT_EQ(partition(0).leader, 1);
    EXPECT_EQ(partition(1).leader, -1);
    EXPECT_TRUE(partition(1).isr.empty());
    EXPECT_EQ(partition(1).elr, std::vector{1});
    EXPECT_EQ(partition(1).last_known_elr, std::vector{1});
    EXPECT_EQ(partition(1).directories, std::vector{lost});
    EXPECT_EQ(node_->image()->brokers().at(1).log_directories, std::vector{id(0)});
    EXPECT_FALSE(led(1)->is_leader());
    EXPECT_EQ(led(1)->check_leader(kNoLeaderEpoch).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    auto written = led(1)->append_as_leader({}, -1, AppendOrigin::kClient, nullptr);
    EXPECT_EQ(written.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    ASSERT_EQ(create("more", 2), ErrorCode::NONE);
    EXPECT_EQ(*logs_->directory_of("more", 1), id(0));

    stop();
    std::filesystem::remove_all(second_);
    std::filesystem::rename(second_ + ".gone", second_);
    start();
    EXPECT_EQ(partition(1).leader, 1);
    EXPECT_EQ(partition(1).isr, std::vector{1});
    EXPECT_TRUE(partition(1).last_known_elr.empty());
    EXPECT_TRUE(led(1)->check_leader(kNoLeaderEpoch));
}

TEST_F(NodeDirectoriesTest, ADirectoryThatIsUnreadableAtStartLeavesItsPartitionsLeaderless) {
    start();
    ASSERT_EQ(create("events", 2), ErrorCode::NONE);
    stop();
    std::filesystem::rename(second_, second_ + ".gone");
    std::ofstream(second_) << "no directory";
    start();
    EXPECT_EQ(partition(0).leader, 1);
    EXPECT_EQ(partition(1).leader, -1);
    EXPECT_EQ(led(1)->check_leader(kNoLeaderEpoch).error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
}

TEST_F(NodeDirectoriesTest, CordonedDirectoriesAreToldOf) {
    start();
    node_->set_cordoned(logs_->cordon({second_}));
    executor_.run_until_idle();
    EXPECT_EQ(node_->image()->brokers().at(1).cordoned_directories, std::vector{id(1)});
    ASSERT_EQ(create("events", 2), ErrorCode::NONE);
    EXPECT_EQ(partition(1).directories, std::vector{id(0)});
    node_->set_cordoned(logs_->cordon({"*"}));
    executor_.run_until_idle();
    EXPECT_EQ(create("refused", 1), ErrorCode::INVALID_REPLICATION_FACTOR);
    node_->set_cordoned(logs_->cordon({}));
    executor_.run_until_idle();
    EXPECT_EQ(create("welcome", 1), ErrorCode::NONE);
}

}  // namespace
}  // namespace milena::testing
