// SPDX-License-Identifier: Apache-2.0
// A log manager with two data directories, and one log.
#pragma once

#include <condition_variable>
#include <thread>

#include "storage/log_manager.h"
#include "tests/storage/fixtures.h"

namespace milena {

class DirectoriesTest : public testing::Test {
  protected:
    static constexpr auto kClusterId = "wILax37pSb2Yd1HUb5gvjQ";
    static constexpr std::chrono::seconds kWaitMax{60};

    DirectoriesTest() {
        set_log_level(LogLevel::kOff);
        options.directories = {a, b};
        options.cleaner.enabled = false;
        config.segment_bytes = 2000;
    }
    ~DirectoriesTest() override { manager.reset(); }

    /// As after a crash, unless the last one was shut down.
    void start(Uuid told = kUnassignedDirectory) {
        manager.reset();
        auto opened = LogManager::open(options, kClusterId, 1, files, clock, pool);
        ASSERT_TRUE(opened) << opened.error().to_string();
        manager = std::move(*opened);
        manager->on_log_moving([this](const TopicPartition& id, const Uuid& directory, auto done) {
            std::lock_guard lock(told_mutex);
            this->told.emplace_back(id, directory);
            if (!holds) return done({});
            held.push_back(std::move(done));
        });
        ExpectedLog wanted = expected(told);
        auto loaded = manager->load({wanted});
        ASSERT_TRUE(loaded) << loaded.error().to_string();
        log = *manager->get_or_create(wanted);
        manager->start_background();
    }
    ExpectedLog expected(Uuid directory = kUnassignedDirectory) const {
        return {"orders", topic_id, 0, config, directory};
    }
    Result<AppendInfo> try_append(const BatchSpec& spec) {
        Bytes batch = make_batch(spec);
        auto info = log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr);
        if (info) log->advance_high_watermark(log->log_end_offset());
        return info;
    }
    void append(int count) {
        for (int i = 0; i < count; ++i) {
            auto info = try_append({.records = 2, .value_bytes = 100});
            ASSERT_TRUE(info) << info.error().to_string();
        }
    }
    template <class Condition>
    bool await(const Condition& condition) {
        const auto deadline = std::chrono::steady_clock::now() + kWaitMax;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::yield();
        }
        return true;
    }
    bool is_in(const std::string& directory) {
        for (const auto& one : manager->describe())
            if (one.path == directory)
                return one.logs.size() == 1 && one.futures.empty() &&
                       log->directory() == directory + "/orders-0";
        return false;
    }
    size_t futures_in(const std::string& directory) {
        for (const auto& one : manager->describe())
            if (one.path == directory) return one.futures.size();
        return 0;
    }
    std::vector<std::string> names(const std::string& directory, const std::string& suffix) {
        std::vector<std::string> found;
        for (const std::string& name : *files.list(directory))
            if (name.ends_with(suffix)) found.push_back(name);
        return found;
    }
    /// Every offset from `from` on is there once.
    void expect_all_records(Offset from = Offset(0)) {
        while (from < log->log_end_offset()) {
            auto read = log->read(from, 1 << 20, log->log_end_offset(), true, false);
            ASSERT_TRUE(read) << read.error().to_string();
            ASSERT_GT(read->records.length, 0);
            Bytes bytes(static_cast<size_t>(read->records.length));
            ASSERT_EQ(*read->records.file->read_at(read->records.position, bytes), bytes.size());
            RecordBatches batches(bytes);
            while (true) {
                auto batch = batches.next();
                if (!batch || !*batch) break;
                ASSERT_TRUE((*batch)->is_crc_valid());
                ASSERT_EQ((*batch)->base_offset(), from);
                from = (*batch)->last_offset() + 1;
            }
        }
    }
    Uuid id_of(const std::string& directory) {
        for (size_t i = 0; i < options.directories.size(); ++i)
            if (options.directories[i] == directory) return manager->identities()[i].directory_id;
        return {};
    }

    TemporaryDirectory temporary;
    const std::string a = temporary.path + "/a";
    const std::string b = temporary.path + "/b";
    FileSystem& files = posix_file_system();
    TestClock clock;
    ThreadPool pool{2};
    LogManagerOptions options;
    LogConfig config;
    const Uuid topic_id = Uuid::random();
    std::unique_ptr<LogManager> manager;
    std::shared_ptr<Log> log;

    std::mutex told_mutex;
    bool holds = false;
    std::vector<std::pair<TopicPartition, Uuid>> told;
    std::vector<std::function<void(Result<void>)>> held;
};

}  // namespace milena
