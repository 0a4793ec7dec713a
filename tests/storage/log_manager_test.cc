// SPDX-License-Identifier: Apache-2.0
#include "storage/log_manager.h"

#include "tests/storage/fixtures.h"

namespace milena {
namespace {

constexpr auto kClusterId = "wILax37pSb2Yd1HUb5gvjQ";

class LogManagerTest : public testing::Test {
  protected:
    LogManagerTest() {
        set_log_level(LogLevel::kOff);
        options.directories = {temporary.path + "/a", temporary.path + "/b"};
    }
    Result<std::unique_ptr<LogManager>> try_open(std::string cluster_id = kClusterId,
                                                 int32_t node_id = 1) {
        return LogManager::open(options, cluster_id, node_id, files, clock, pool);
    }
    std::unique_ptr<LogManager> open() {
        auto opened = try_open();
        if (!opened) throw std::runtime_error(opened.error().to_string());
        return std::move(*opened);
    }
    ExpectedLog expected(const std::string& topic, int32_t partition) {
        return {topic, ids.try_emplace(topic, Uuid::random()).first->second, partition, config};
    }
    static void append(Log& log, int records = 1) {
        Bytes batch = make_batch({.records = records});
        auto info = log.append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr);
        ASSERT_TRUE(info) << info.error().to_string();
        log.advance_high_watermark(log.log_end_offset());
    }
    std::string text(const std::string& path) {
        auto content = files.read_file(path);
        return content ? std::string(as_text(*content)) : "missing";
    }
    /// Names in a directory that begin with `prefix`.
    std::vector<std::string> names(const std::string& directory, const std::string& prefix) {
        std::vector<std::string> found;
        for (const std::string& name : *files.list(directory))
            if (name.starts_with(prefix)) found.push_back(name);
        return found;
    }

    TemporaryDirectory temporary;
    FileSystem& files = posix_file_system();
    TestClock clock;
    ThreadPool pool{2};
    LogManagerOptions options;
    LogConfig config;
    std::map<std::string, Uuid> ids;
};

TEST_F(LogManagerTest, FormatsEmptyDirectories) {
    auto manager = open();
    auto identities = manager->identities();
    ASSERT_EQ(identities.size(), 2u);
    EXPECT_EQ(identities[0].cluster_id, kClusterId);
    EXPECT_NE(identities[0].directory_id, identities[1].directory_id);
    EXPECT_EQ(manager->previous_broker_epoch(), -1);
    manager.reset();
    auto again = open();
    EXPECT_EQ(again->identities()[1].directory_id, identities[1].directory_id);
}

TEST_F(LogManagerTest, RefusesForeignDirectories) {
    open().reset();
    auto other_cluster = try_open("AAAAAAAAAAAAAAAAAAAAAQ");
    ASSERT_FALSE(other_cluster);
    EXPECT_NE(other_cluster.error().message().find(kClusterId), std::string::npos);
    EXPECT_NE(other_cluster.error().message().find("meta.properties"), std::string::npos);
    auto other_node = try_open(kClusterId, 2);
    ASSERT_FALSE(other_node);
    EXPECT_NE(other_node.error().message().find("node.id"), std::string::npos);
    EXPECT_TRUE(try_open());
}

TEST_F(LogManagerTest, SpreadsLogsAndFindsThem) {
    auto manager = open();
    ASSERT_TRUE(manager->load({}));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(manager->get_or_create(expected("orders", i)));
    auto described = manager->describe();
    EXPECT_EQ(described[0].logs.size(), 5u);
    EXPECT_EQ(described[1].logs.size(), 5u);
    EXPECT_GT(described[0].usable_bytes, 0);
    auto log = manager->find("orders", 3);
    ASSERT_TRUE(log);
    EXPECT_EQ(*manager->get_or_create(expected("orders", 3)), log);
    EXPECT_EQ(manager->find("orders", 10), nullptr);
    EXPECT_EQ(*manager->directory_of("orders", 0), manager->identities()[0].directory_id);
}

/// Keeps the work until told to do it.
class HoldingPool final : public BlockingPool {
  public:
    void run(std::function<void()> work) override { held.push_back(std::move(work)); }
    void release() {
        for (auto& work : std::exchange(held, {})) work();
    }
    std::vector<std::function<void()>> held;
};

TEST_F(LogManagerTest, WhoMakesALogDoesNotWaitForItsDirectory) {
    HoldingPool holding;
    options.directories.resize(1);
    auto manager = *LogManager::open(options, kClusterId, 1, files, clock, holding);
    ASSERT_TRUE(manager->load({}));
    const std::string path = options.directories[0] + "/";
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(manager->get_or_create(expected("orders", i)));
    EXPECT_EQ(holding.held.size(), 1u);
    EXPECT_TRUE(names(path, "orders-").empty());

    append(*manager->find("orders", 1));
    EXPECT_EQ(names(path, "orders-"), std::vector<std::string>{"orders-1"});
    EXPECT_TRUE(files.exists(path + "orders-1/partition.metadata"));
    ASSERT_TRUE(manager->remove("orders", 2));
    holding.release();
    EXPECT_EQ(names(path, "orders-"),
              (std::vector<std::string>{"orders-0", "orders-1", "orders-3"}));

    ASSERT_TRUE(manager->get_or_create(expected("orders", 4)));
    ASSERT_TRUE(manager->shut_down(1));
    EXPECT_TRUE(files.exists(path + "orders-4/partition.metadata"));
    holding.release();
}

TEST_F(LogManagerTest, ADirectoryThatCannotBeMadeIsTriedAgainWithTheFirstRecord) {
    HoldingPool holding;
    options.directories.resize(1);
    auto manager = *LogManager::open(options, kClusterId, 1, files, clock, holding);
    ASSERT_TRUE(manager->load({}));
    const std::string path = options.directories[0] + "/orders-0";
    auto log = *manager->get_or_create(expected("orders", 0));
    ASSERT_TRUE(files.open(path, OpenMode::kCreate));  // in its way
    holding.release();
    Bytes batch = make_batch({});
    EXPECT_EQ(
        log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr).error().code(),
        ErrorCode::KAFKA_STORAGE_ERROR);
    ASSERT_TRUE(files.remove(path));
    append(*log);
    EXPECT_EQ(log->log_end_offset(), Offset(1));
}

TEST_F(LogManagerTest, ACleanShutdownIsRemembered) {
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        append(**manager->get_or_create(expected("orders", 0)), 3);
        auto log = *manager->get_or_create(expected("orders", 1));
        append(*log, 5);
        ASSERT_TRUE(log->delete_records_before(Offset(2)));
        ASSERT_TRUE(manager->shut_down(17));
    }
    const std::string a = options.directories[0], b = options.directories[1];
    EXPECT_EQ(text(a + "/.kafka_cleanshutdown"), "{\"version\":0,\"brokerEpoch\":17}");
    EXPECT_EQ(text(a + "/recovery-point-offset-checkpoint"), "0\n1\norders 0 3\n");
    EXPECT_EQ(text(b + "/log-start-offset-checkpoint"), "0\n1\norders 1 2\n");
    EXPECT_EQ(text(b + "/replication-offset-checkpoint"), "0\n1\norders 1 5\n");
    auto manager = open();
    EXPECT_EQ(manager->previous_broker_epoch(), 17);
    ASSERT_TRUE(manager->load({expected("orders", 0), expected("orders", 1)}));
    EXPECT_EQ(manager->find("orders", 0)->log_end_offset(), Offset(3));
    EXPECT_EQ(manager->find("orders", 1)->log_start_offset(), Offset(2));
    EXPECT_EQ(manager->find("orders", 1)->high_watermark(), Offset(5));
    EXPECT_FALSE(files.exists(a + "/.kafka_cleanshutdown")) << "only until it was read";
}

TEST_F(LogManagerTest, RecoversAfterACrash) {
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        for (int i = 0; i < 20; ++i) append(**manager->get_or_create(expected("orders", i)), i + 1);
    }
    auto manager = open();
    EXPECT_EQ(manager->previous_broker_epoch(), -1);
    std::vector<ExpectedLog> all;
    for (int i = 0; i < 20; ++i) all.push_back(expected("orders", i));
    ASSERT_TRUE(manager->load(all));
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(manager->find("orders", i)->log_end_offset(), Offset(i + 1));
}

TEST_F(LogManagerTest, OneUnreadableLogTakesOnlyItsDirectoryOffline) {
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        for (int i = 0; i < 4; ++i) append(**manager->get_or_create(expected("orders", i)), i + 1);
        ASSERT_TRUE(manager->shut_down(1));
    }
    const std::string segment = options.directories[1] + "/orders-1/00000000000000000000.log";
    ASSERT_TRUE(files.remove(segment));
    ASSERT_TRUE(files.make_directory(segment));
    // As it is if that log was about to move to the first directory.
    const std::string synced = options.directories[0] + "/recovery-point-offset-checkpoint";
    ASSERT_TRUE(files.replace_file(synced, "0\n3\norders 0 1\norders 1 2\norders 2 3\n"));
    std::vector<ExpectedLog> all;
    for (int i = 0; i < 4; ++i) all.push_back(expected("orders", i));
    auto manager = open();
    auto loaded = manager->load(all);
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(manager->find("orders", 2)->log_end_offset(), Offset(3));
    for (const int lost : {1, 3}) {
        EXPECT_EQ(manager->find("orders", lost), nullptr);
        auto log = *manager->get_or_create(expected("orders", lost));
        EXPECT_EQ(log->check_usable().error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
        auto read = log->read(Offset(0), 1, Offset(1), true, false);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    }
    auto described = manager->describe();
    EXPECT_EQ(described[0].error, ErrorCode::NONE);
    EXPECT_EQ(described[0].logs.size(), 2u);
    EXPECT_EQ(described[1].error, ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_TRUE(described[1].logs.empty());
    append(**manager->get_or_create(expected("fresh", 0)));
    EXPECT_TRUE(files.exists(options.directories[0] + "/fresh-0"));
    ASSERT_TRUE(manager->remove("orders", 1));
    (void)manager->get_or_create(expected("orders", 1));
    EXPECT_EQ(text(synced).find("orders 1"), std::string::npos) << "a successor would start there";
    ASSERT_TRUE(manager->shut_down(2));
    EXPECT_TRUE(files.exists(options.directories[0] + "/.kafka_cleanshutdown"));
    manager.reset();

    // Mended, it is back with all it had.
    ASSERT_TRUE(files.remove_tree(options.directories[1] + "/orders-1"));
    manager = open();
    ASSERT_TRUE(manager->load(all));
    EXPECT_EQ(manager->find("orders", 3)->log_end_offset(), Offset(4));
    EXPECT_EQ((*manager->get_or_create(expected("orders", 1)))->log_end_offset(), Offset(0));
}

TEST_F(LogManagerTest, WithoutAReadableDirectoryThereIsNoStart) {
    options.directories.resize(1);
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        append(**manager->get_or_create(expected("orders", 0)));
        ASSERT_TRUE(manager->shut_down(1));
    }
    const std::string segment = options.directories[0] + "/orders-0/00000000000000000000.log";
    ASSERT_TRUE(files.remove(segment));
    ASSERT_TRUE(files.make_directory(segment));
    auto manager = open();
    EXPECT_FALSE(manager->load({expected("orders", 0)}));
    manager.reset();
    EXPECT_TRUE(files.exists(options.directories[0] + "/.kafka_cleanshutdown"));
}

TEST_F(LogManagerTest, ADirectoryThatIsNotMountedIsNotMadeAnew) {
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        append(**manager->get_or_create(expected("orders", 0)));
        ASSERT_TRUE(manager->shut_down(1));
    }
    const std::string b = options.directories[1];
    for (const bool is_mount_point : {false, true}) {
        ASSERT_TRUE(files.remove_tree(b));
        if (is_mount_point) {
            ASSERT_TRUE(files.make_directory(b));
        }
        auto refused = try_open();
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().message().find(b + " has no meta.properties"), std::string::npos);
    }
    // What the message proposes.
    std::string identity = text(options.directories[0] + "/meta.properties");
    const size_t line = identity.find("directory.id");
    identity.erase(line, identity.find('\n', line) + 1 - line);
    ASSERT_TRUE(files.replace_file(b + "/meta.properties", identity));
    auto manager = open();
    EXPECT_NE(manager->identities()[0].directory_id, manager->identities()[1].directory_id);
}

TEST_F(LogManagerTest, LogsOfAnUnknownClusterAreNotTakenOver) {
    options.directories.resize(1);
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        append(**manager->get_or_create(expected("orders", 0)));
        ASSERT_TRUE(manager->shut_down(1));
    }
    const std::string path = options.directories[0] + "/meta.properties";
    const std::string identity = text(path);
    ASSERT_TRUE(files.remove(path));
    auto refused = try_open();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find(path + " is missing"), std::string::npos);
    EXPECT_FALSE(files.exists(path));
    ASSERT_TRUE(files.replace_file(path, identity));
    EXPECT_TRUE(try_open());
}

TEST_F(LogManagerTest, WhatBelongsToNoTopicIsSetAside) {
    options.directories.resize(1);
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        append(**manager->get_or_create(expected("orders", 0)));
        append(**manager->get_or_create(expected("gone", 0)));
        ASSERT_TRUE(manager->shut_down(1));
    }
    ids["orders"] = Uuid::random();  // made anew with the same name
    auto manager = open();
    ASSERT_TRUE(manager->load({expected("orders", 0)}));
    EXPECT_EQ(manager->find("gone", 0), nullptr);
    EXPECT_EQ(manager->find("orders", 0), nullptr);
    EXPECT_EQ(names(options.directories[0], "gone-0.").size(), 1u);
    auto stray = names(options.directories[0], "orders-0.");
    ASSERT_EQ(stray.size(), 1u);
    EXPECT_TRUE(stray[0].ends_with("-stray"));
    EXPECT_EQ((*manager->get_or_create(expected("orders", 0)))->log_end_offset(), Offset(0));
}

TEST_F(LogManagerTest, DeletedLogsVanishWhileTheirReadersFinish) {
    options.directories.resize(1);
    config.file_delete_delay_ms = 0;
    auto manager = open();
    ASSERT_TRUE(manager->load({}));
    auto log = *manager->get_or_create(expected("orders", 0));
    append(*log, 3);
    auto read = log->read(Offset(0), 1 << 20, Offset(3), true, false);
    ASSERT_TRUE(manager->remove("orders", 0));
    EXPECT_EQ(manager->find("orders", 0), nullptr);
    EXPECT_FALSE(files.exists(options.directories[0] + "/orders-0"));
    auto renamed = names(options.directories[0], "orders-0.");
    ASSERT_EQ(renamed.size(), 1u);
    EXPECT_TRUE(renamed[0].ends_with("-delete"));
    Bytes batch = make_batch({});
    EXPECT_FALSE(log->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
    ids["orders"] = Uuid::random();
    EXPECT_EQ((*manager->get_or_create(expected("orders", 0)))->log_end_offset(), Offset(0));
    Bytes bytes(static_cast<size_t>(read->records.length));
    EXPECT_EQ(*read->records.file->read_at(read->records.position, bytes), bytes.size());
}

TEST_F(LogManagerTest, ANewLogOwesNothingToADeletedNamesake) {
    options.directories.resize(1);
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({}));
        auto log = *manager->get_or_create(expected("orders", 0));
        append(*log, 5);
        ASSERT_TRUE(log->delete_records_before(Offset(5)));
        ASSERT_TRUE(manager->shut_down(1));
    }
    {
        auto manager = open();
        ASSERT_TRUE(manager->load({expected("orders", 0)}));
        ASSERT_TRUE(manager->remove("orders", 0));
        ids["orders"] = Uuid::random();
        append(**manager->get_or_create(expected("orders", 0)), 2);
    }  // a crash before the next checkpoint
    auto manager = open();
    ASSERT_TRUE(manager->load({expected("orders", 0)}));
    EXPECT_EQ(manager->find("orders", 0)->log_start_offset(), Offset(0));
    EXPECT_EQ(manager->find("orders", 0)->log_end_offset(), Offset(2));
}

TEST_F(LogManagerTest, ADirectoryIsUsedByOneProcess) {
    options.directories.resize(1);
    auto manager = open();
    // Record locks are a process's: another one has to try.
    std::string command = "python3 -c \"import fcntl,sys; f=open('" + options.directories[0] +
                          "/.lock','r+'); fcntl.lockf(f, fcntl.LOCK_EX|fcntl.LOCK_NB)\" 2>&1";
    EXPECT_NE(std::system((command + " >/dev/null").c_str()), 0);
    manager.reset();
    EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(LogManagerTest, ManyPartitionsAreMadeFast) {
    auto manager = open();
    ASSERT_TRUE(manager->load({}));
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(manager->get_or_create(expected("orders", i)));
    auto took = std::chrono::steady_clock::now() - start;
    RecordProperty(
        "milliseconds",
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    // Generous: a debug build under sanitizers on a busy machine.
    EXPECT_LT(took, std::chrono::seconds(60));
}

}  // namespace
}  // namespace milena
