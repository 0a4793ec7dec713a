// SPDX-License-Identifier: Apache-2.0
// What a start makes of the directories that it finds, and on how many threads.
#include <condition_variable>

#include "storage/directory_files.h"
#include "storage/log_manager.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/fixtures.h"

namespace milena {
namespace {

constexpr auto kWaitMax = std::chrono::seconds(60);
constexpr auto kHexadecimal = "0123456789abcdef0123456789abcdef";

class FindingLogsTest : public testing::Test {
  protected:
    FindingLogsTest() {
        set_log_level(LogLevel::kOff);
        options.directories = {temporary.path + "/data"};
    }
    std::unique_ptr<LogManager> open() {
        return *LogManager::open(options, "wILax37pSb2Yd1HUb5gvjQ", 1, files, clock, pool);
    }
    std::vector<ExpectedLog> expected(int partitions) const {
        std::vector<ExpectedLog> all;
        for (int i = 0; i < partitions; ++i) all.push_back({"orders", topic_id, i, {}});
        return all;
    }
    /// Directories with a record in each, left cleanly.
    void make(int partitions) {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        for (const ExpectedLog& one : expected(partitions)) {
            Bytes batch = make_batch({});
            auto log = *manager->get_or_create(one);
            ASSERT_TRUE(
                log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
        }
        ASSERT_TRUE(manager->shut_down(1));
    }
    std::string path(const std::string& name) const { return options.directories[0] + "/" + name; }

    TemporaryDirectory temporary;
    FaultyFileSystem files;
    TestClock clock;
    ThreadPool pool{2};
    LogManagerOptions options;
    const Uuid topic_id = Uuid::random();
};

TEST_F(FindingLogsTest, WhatWasBeingDeletedIsRemovedAfterTheStart) {
    make(1);
    const std::string half = path("gone-3." + std::string(kHexadecimal) + "-delete");
    ASSERT_TRUE(files.make_directory(half));
    ASSERT_TRUE(write_topic_id(files, half, Uuid::random()));
    auto manager = open();
    ASSERT_TRUE(manager->load(expected(1)));
    EXPECT_EQ(manager->find("gone", 3), nullptr);
    manager->start_background();
    const auto deadline = std::chrono::steady_clock::now() + kWaitMax;
    while (files.exists(half) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_FALSE(files.exists(half));
    EXPECT_EQ(manager->find("orders", 0)->log_end_offset(), Offset(1));
}

TEST_F(FindingLogsTest, AStrayStaysWhereItWasPut) {
    make(1);
    const std::string stray = path("orders-0." + std::string(kHexadecimal) + "-stray");
    ASSERT_TRUE(files.rename(path("orders-0"), stray));
    for (int start = 0; start < 2; ++start) {
        auto manager = open();
        ASSERT_TRUE(manager->load(expected(1)));
        EXPECT_EQ(manager->find("orders", 0), nullptr);
        EXPECT_TRUE(files.exists(stray + "/00000000000000000000.log"));
        ASSERT_TRUE(manager->shut_down(2));
    }
}

TEST_F(FindingLogsTest, APartitionThatTheTopicLacksIsAStray) {
    make(2);
    auto manager = open();
    ASSERT_TRUE(manager->load(expected(1)));
    EXPECT_NE(manager->find("orders", 0), nullptr);
    EXPECT_EQ(manager->find("orders", 1), nullptr);
    EXPECT_FALSE(files.exists(path("orders-1")));
    int strays = 0;
    for (const std::string& name : *files.list(options.directories[0]))
        strays += name.starts_with("orders-1.") && name.ends_with("-stray");
    EXPECT_EQ(strays, 1);
}

TEST_F(FindingLogsTest, ALogThatLacksItsTopicsIdGetsIt) {
    make(1);
    const std::string id = topic_id_path(path("orders-0"));
    for (const bool is_empty : {false, true}) {
        ASSERT_TRUE(files.remove(id));
        if (is_empty) {
            ASSERT_TRUE(files.open(id, OpenMode::kCreate));
        }
        auto manager = open();
        ASSERT_TRUE(manager->load(expected(1)));
        EXPECT_EQ(manager->find("orders", 0)->log_end_offset(), Offset(1));
        EXPECT_EQ(*read_topic_id(files, path("orders-0")), topic_id);
        ASSERT_TRUE(manager->shut_down(2));
    }
}

/// Threads wait in it until so many are there at once, or it is given up.
class MeetingPlace {
  public:
    explicit MeetingPlace(int wanted) : wanted_(wanted) {}

    void come_and_go() {
        std::unique_lock lock(mutex_);
        most_ = std::max(most_, ++inside_);
        changed_.notify_all();
        const bool met = changed_.wait_for(lock, kWaitMax, [this] { return most_ >= wanted_; });
        if (!met) wanted_ = 0;
        --inside_;
    }
    int most() const { return most_; }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int wanted_;
    int inside_ = 0;
    int most_ = 0;
};

TEST_F(FindingLogsTest, LogsAreLoadedByAsManyThreadsAsTheSettingSays) {
    make(12);
    for (const int threads : {1, 3}) {
        options.recovery_threads_per_directory = threads;
        MeetingPlace place(threads);
        files.before_each_list = [&](const std::string& directory) {
            if (directory != options.directories[0]) place.come_and_go();
        };
        auto manager = open();
        ASSERT_TRUE(manager->load(expected(12)));
        EXPECT_EQ(place.most(), threads);
        EXPECT_EQ(manager->find("orders", 11)->log_end_offset(), Offset(1));
        files.before_each_list = nullptr;
        ASSERT_TRUE(manager->shut_down(2));
    }
}

TEST_F(FindingLogsTest, ALongStartSaysHowFarItIs) {
    make(12);
    files.before_each_list = [&](const std::string&) { clock.now_ms += 1000; };
    auto manager = open();
    set_log_level(LogLevel::kInfo);
    testing::internal::CaptureStderr();
    ASSERT_TRUE(manager->load(expected(12)));
    const std::string said = testing::internal::GetCapturedStderr();
    set_log_level(LogLevel::kOff);
    EXPECT_NE(said.find(" of 12"), std::string::npos) << said;
}

}  // namespace
}  // namespace milena
