// SPDX-License-Identifier: Apache-2.0
// A whole node in one thread, on a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <mutex>

#include "cluster/cluster_node.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "tests/storage/faulty_file_system.h"

namespace milena::testing {

/// Runs what is posted, by any thread, when told to.
class ManualExecutor final : public Executor {
  public:
    void post(std::function<void()> task) override {
        std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    std::unique_ptr<Timer> after(std::chrono::milliseconds, std::function<void()>) override {
        return nullptr;
    }
    bool runs_here() const override { return running_; }
    void run_until_idle() {
        running_ = true;
        while (auto task = next()) task();
        running_ = false;
    }

  private:
    std::function<void()> next() {
        std::lock_guard lock(mutex_);
        if (tasks_.empty()) return nullptr;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }

    std::mutex mutex_;
    std::deque<std::function<void()>> tasks_;
    bool running_ = false;
};

/// Does blocking work at once.
class InlinePool final : public BlockingPool {
  public:
    void run(std::function<void()> work) override {
        ++runs;
        work();
    }
    int runs = 0;
};

/// Takes every config but the key "bad"; "list.key" is the only list.
class FakeRules final : public ConfigRules {
  public:
    Result<void> check(const ConfigResource&, const ConfigMap& all) const override {
        if (!all.contains("bad")) return {};
        return Error(ErrorCode::INVALID_CONFIG, "bad is bad");
    }
    bool is_list(ConfigResourceType, std::string_view key) const override {
        return key == "list.key" || key == "cleanup.policy";
    }
    std::optional<std::string> default_value(ConfigResourceType,
                                             std::string_view key) const override {
        return key == "cleanup.policy" ? std::optional<std::string>("delete") : std::nullopt;
    }
    std::vector<EffectiveConfig> effective_topic_configs(const MetadataImage&,
                                                         const ConfigMap& all) const override {
        std::vector<EffectiveConfig> rows;
        for (const auto& [key, value] : all) rows.push_back({key, value, false, 1, false});
        return rows;
    }
};

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string pattern = ::testing::TempDir() + "milena-cluster-XXXXXX";
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// A node that can be stopped and started again on its directory.
class NodeFixture : public ::testing::Test {
  protected:
    static constexpr const char* kClusterId = "wILax37pSb2Yd1HUb5gvjQ";

    void start(const std::string& directory) {
        LogManagerOptions log_options;
        log_options.directories = {directory};
        for (const std::string& more : more_directories_) log_options.directories.push_back(more);
        auto logs = LogManager::open(log_options, kClusterId, options_.metadata.node_id,
                                     posix_file_system(), system_clock(), pool_);
        ASSERT_TRUE(logs) << logs.error().to_string();
        logs_ = std::move(*logs);
        options_.metadata.data_directory = directory;
        options_.metadata.cluster_id = kClusterId;
        options_.controller.endpoints = {{"PLAINTEXT", "localhost", 9092, 0}};
        auto node = ClusterNode::open(
            options_, {files_, system_clock(), executor_, pool_, *logs_, rules_,
                       [](const MetadataImage&, const std::string&) { return LogConfig(); }});
        ASSERT_TRUE(node) << node.error().to_string();
        node_ = std::move(*node);
    }
    void start() { start(directory_.path()); }

    void stop() {
        bool stopped = false;
        node_->shut_down([&] { stopped = true; });
        executor_.run_until_idle();
        ASSERT_TRUE(stopped);
        const int64_t epoch = node_->broker_epoch();
        node_.reset();
        ASSERT_TRUE(logs_->shut_down(epoch));
        logs_.reset();
    }
    void restart() {
        stop();
        start();
    }

    /// Answer of one controller call; `call` is given the callback.
    template <class Response>
    Response ask(const std::function<void(std::function<void(const Response&)>)>& call) {
        std::optional<Response> answer;
        call([&](const Response& response) { answer = response; });
        executor_.run_until_idle();
        EXPECT_TRUE(answer) << "no answer";
        return answer.value_or(Response());
    }

    protocol::CreateTopicsResponse create(const protocol::CreateTopicsRequest& request) {
        return ask<protocol::CreateTopicsResponse>([&](auto done) {
            node_->controller().create_topics(7, request, strings_, std::move(done));
        });
    }
    /// Its error code.
    ErrorCode create(std::string_view name, int32_t partitions = 1, int16_t replication = 1) {
        protocol::CreateTopicsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.num_partitions = partitions;
        topic.replication_factor = replication;
        return static_cast<ErrorCode>(create(request).topics.at(0).error_code);
    }

    TemporaryDirectory directory_;
    std::vector<std::string> more_directories_;
    FaultyFileSystem files_;  ///< of the metadata
    ManualExecutor executor_;
    InlinePool pool_;
    FakeRules rules_;
    StringArena strings_;
    ClusterNodeOptions options_;
    std::unique_ptr<LogManager> logs_;
    std::unique_ptr<ClusterNode> node_;
};

}  // namespace milena::testing
