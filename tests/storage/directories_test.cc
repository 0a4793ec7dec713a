// SPDX-License-Identifier: Apache-2.0
// Several data directories: logs that move between them, directories that fail.
#include <filesystem>

#include "storage/file_names.h"
#include "tests/storage/directories_fixture.h"

namespace milena {
namespace {

TEST_F(DirectoriesTest, ALogMovesWhileItIsWrittenAndRead) {
    config.segment_bytes = 100'000;
    start();
    append(2000);
    ASSERT_TRUE(is_in(a));
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 0; i < 30'000 && !done; ++i) append(1);
    });
    std::thread reader([&] {
        while (!done) {
            const Offset from(log->log_end_offset().value / 2);
            auto read = log->read(from, 10'000, log->log_end_offset(), true, false);
            EXPECT_TRUE(read) << read.error().to_string();
        }
    });
    for (const std::string& target : {b, a, b}) {
        ASSERT_TRUE(manager->move("orders", 0, target));
        EXPECT_TRUE(await([&] { return is_in(target); }));
    }
    done = true;
    writer.join();
    reader.join();
    append(1);
    expect_all_records();
    EXPECT_EQ(told.size(), 3u);
    EXPECT_EQ(told[0].second, id_of(b));
    EXPECT_EQ(*manager->directory_of("orders", 0), id_of(b));
    EXPECT_FALSE(files.exists(a + "/orders-0"));
    const Offset end = log->log_end_offset();
    start();  // after a crash
    EXPECT_TRUE(is_in(b));
    EXPECT_EQ(log->log_end_offset(), end);
    expect_all_records();
}

TEST_F(DirectoriesTest, WhatTheLogKnowsMovesAlong) {
    start();
    append(20);
    ASSERT_TRUE(try_append({.records = 3, .producer = 7, .epoch = 0, .sequence = 0}));
    ASSERT_TRUE(try_append({.producer = 8, .epoch = 0, .sequence = 0, .transactional = true}));
    const Offset unstable = log->last_stable_offset();
    ASSERT_TRUE(log->delete_records_before(Offset(11)));
    ASSERT_TRUE(manager->move("orders", 0, b));
    ASSERT_TRUE(await([&] { return is_in(b); }));
    for (const bool restarted : {false, true}) {
        if (restarted) start();
        EXPECT_EQ(log->log_start_offset(), Offset(11));
        EXPECT_EQ(log->last_stable_offset(), unstable);
        auto again = try_append({.records = 3, .producer = 7, .epoch = 0, .sequence = 0});
        ASSERT_TRUE(again) << again.error().to_string();
        EXPECT_TRUE(again->duplicate);
        EXPECT_EQ(log->latest_epoch(), LeaderEpoch(0));
    }
}

TEST_F(DirectoriesTest, AMoveGoesOnAfterACrash) {
    start();
    append(100);
    holds = true;
    ASSERT_TRUE(manager->move("orders", 0, b));
    ASSERT_TRUE(await([&] {
        std::lock_guard lock(told_mutex);
        return !held.empty();
    }));
    EXPECT_EQ(futures_in(b), 1u);
    EXPECT_EQ(*manager->directory_of("orders", 0), id_of(b));  // as the cluster is told
    append(50);
    holds = false;
    start();
    ASSERT_TRUE(await([&] { return is_in(b); }));
    EXPECT_EQ(log->log_end_offset(), Offset(300));
    expect_all_records();
    EXPECT_TRUE(names(b, "-future").empty());
}

TEST_F(DirectoriesTest, ACopyTakesTheLogsPlaceIfACrashLeftItAlone) {
    start();
    append(10);
    const Uuid target = id_of(b);
    manager.reset();
    const std::string copy = b + "/orders-0.0123456789abcdef0123456789abcdef-future";
    std::filesystem::rename(a + "/orders-0", copy);
    start(target);
    EXPECT_TRUE(is_in(b));
    EXPECT_EQ(log->log_end_offset(), Offset(20));
    expect_all_records();
}

TEST_F(DirectoriesTest, ACopyAloneIsKeptIfTheClusterKnowsTheLogElsewhere) {
    start();
    append(10);
    manager.reset();
    const std::string copy = b + "/orders-0.0123456789abcdef0123456789abcdef-future";
    std::filesystem::rename(a + "/orders-0", copy);
    start(Uuid::random());  // in a directory that is not online
    EXPECT_EQ(log->check_usable().error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_TRUE(files.exists(copy));
}

TEST_F(DirectoriesTest, OfTwoWithOneNameTheClusterKnowsTheRightOne) {
    start();
    append(10);
    const Uuid target = id_of(b);
    manager.reset();
    std::filesystem::copy(a + "/orders-0", b + "/orders-0");
    start(target);
    EXPECT_TRUE(is_in(b));
    EXPECT_EQ(names(a, "-stray").size(), 1u);
}

TEST_F(DirectoriesTest, AMoveIsGivenUp) {
    start();
    append(10);
    holds = true;
    ASSERT_TRUE(manager->move("orders", 0, b));
    ASSERT_TRUE(await([&] {
        std::lock_guard lock(told_mutex);
        return !held.empty();
    }));
    ASSERT_TRUE(manager->move("orders", 0, a));
    EXPECT_TRUE(is_in(a));
    EXPECT_EQ(*manager->directory_of("orders", 0), id_of(a));
    // The copy stays until the cluster knows.
    EXPECT_EQ(told.back().second, id_of(a));
    EXPECT_EQ(names(b, "-future").size(), 1u);
    for (auto& done : held) done({});  // of the move: too late
    EXPECT_TRUE(names(b, "-future").empty());
    append(1);
    EXPECT_TRUE(is_in(a));
    expect_all_records();
}

TEST_F(DirectoriesTest, ACopyOfOtherRecordsIsWorthNothing) {
    start();
    append(20);
    manager.reset();
    const std::string copy = b + "/orders-0.0123456789abcdef0123456789abcdef-future";
    std::filesystem::copy(a + "/orders-0", copy);
    const std::string first = segment_file_name(Offset(0), kLogSuffix);
    Bytes other = files.read_file(copy + "/" + first).value();
    other[other.size() - 1] ^= 1;  // as many bytes
    ASSERT_TRUE((*files.open(copy + "/" + first, OpenMode::kReadWrite))->write_at(0, other));
    ASSERT_TRUE(files.open(copy + "/00000000000000000039.snapshot", OpenMode::kCreate));
    start();
    ASSERT_TRUE(await([&] { return is_in(b); }));
    expect_all_records();
    EXPECT_FALSE(files.exists(b + "/orders-0/00000000000000000039.snapshot"));
}

TEST_F(DirectoriesTest, ALogThatCantBeLoadedIsNotMadeAnewElsewhere) {
    start();
    append(20);
    const Uuid target = id_of(b);
    manager.reset();
    const std::string epochs = a + "/orders-0/leader-epoch-checkpoint";
    std::filesystem::remove(epochs);
    std::filesystem::create_directory(epochs);  // which can't be read
    start(target);                              // it was about to move there
    EXPECT_EQ(log->check_usable().error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_FALSE(files.exists(b + "/orders-0"));
    std::filesystem::remove(epochs);
    start(target);
    EXPECT_TRUE(is_in(a));
    expect_all_records();
}

TEST_F(DirectoriesTest, AnEmptyDirectoryOfADeletedNamesakeIsAStray) {
    start();
    append(1);
    ASSERT_TRUE(is_in(a));
    manager.reset();
    ASSERT_TRUE(files.make_directory(b + "/orders-0"));
    start();
    EXPECT_TRUE(is_in(a));
    EXPECT_EQ(names(b, "-stray").size(), 1u);
}

TEST_F(DirectoriesTest, ADeletedTopicTakesItsMoveAlong) {
    start();
    append(10);
    holds = true;
    ASSERT_TRUE(manager->move("orders", 0, b));
    ASSERT_TRUE(manager->remove("orders", 0));
    EXPECT_TRUE(names(b, "-future").empty());
    EXPECT_EQ(futures_in(b), 0u);
    for (const auto& done : held) done({});
    EXPECT_FALSE(files.exists(b + "/orders-0"));
}

TEST_F(DirectoriesTest, AMoveIsRefusedWithTheRightError) {
    start();
    const auto code = [&](const std::string& topic, const std::string& to) {
        auto moved = manager->move(topic, 0, to);
        return moved ? ErrorCode::NONE : moved.error().code();
    };
    EXPECT_EQ(code("orders", temporary.path + "/c"), ErrorCode::LOG_DIR_NOT_FOUND);
    EXPECT_EQ(code("orders", a), ErrorCode::NONE);
    (void)manager->cordon({b});
    EXPECT_EQ(code("orders", b), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    (void)manager->cordon({});
    EXPECT_EQ(code("later", b), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    // It is remembered.
    ASSERT_TRUE(manager->get_or_create({"filler", Uuid::random(), 0, config}));
    auto later = *manager->get_or_create({"later", Uuid::random(), 0, config});
    EXPECT_EQ(later->directory(), b + "/later-0");
}

TEST_F(DirectoriesTest, ACordonedDirectoryGetsNoNewLogs) {
    start();
    EXPECT_EQ(manager->cordon({b}), std::vector{id_of(b)});
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE((*manager->get_or_create({"more", topic_id, i, config}))
                        ->directory()
                        .starts_with(a + "/"));
    EXPECT_TRUE(manager->describe()[1].is_cordoned);
}

TEST_F(DirectoriesTest, ADirectoryThatFailsGoesOfflineAlone) {
    start();
    append(1);
    auto other = *manager->get_or_create({"other", Uuid::random(), 0, config});
    ASSERT_EQ(other->directory(), b + "/other-0");
    Bytes batch = make_batch({});  // its directory is made now, and not while another is away
    ASSERT_TRUE(other->append_as_leader(batch, LeaderEpoch(0), AppendOrigin::kClient, nullptr));
    std::vector<DirectoryFailure> failures;
    manager->on_directory_failure([&](const DirectoryFailure& failure) {
        std::lock_guard lock(told_mutex);
        failures.push_back(failure);
    });
    const Uuid lost = id_of(b);
    std::filesystem::rename(b, b + ".gone");
    (void)manager->save_log_starts();  // its checkpoint can't be written
    ASSERT_TRUE(await([&] {
        std::lock_guard lock(told_mutex);
        return !failures.empty();
    }));
    EXPECT_EQ(failures[0].directory, lost);
    EXPECT_FALSE(failures[0].is_fatal);
    EXPECT_EQ(other->check_usable().error().code(), ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_EQ(manager->find("other", 0), nullptr);
    EXPECT_EQ(manager->directory_of("other", 0), nullptr);
    EXPECT_EQ(manager->describe()[1].error, ErrorCode::KAFKA_STORAGE_ERROR);
    EXPECT_EQ(manager->identities().size(), 1u);
    append(1);
    // The first one holds the metadata.
    std::filesystem::rename(a, a + ".gone");
    (void)manager->save_log_starts();
    ASSERT_TRUE(log->delete_records_before(Offset(1)));
    ASSERT_TRUE(await([&] {
        (void)manager->save_log_starts();
        std::lock_guard lock(told_mutex);
        return failures.size() > 1;
    }));
    EXPECT_TRUE(failures[1].is_fatal);
    manager->on_directory_failure(nullptr);
}

}  // namespace
}  // namespace milena
