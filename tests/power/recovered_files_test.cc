// SPDX-License-Identifier: Apache-2.0
// Leaves what was recovered after power failures, and shut down since, where MILENA_POWER_OUTPUT
// says: for Apache Kafka's tools to look at. Is skipped without it.
#include <gtest/gtest.h>

#include "tests/power/history.h"
#include "tests/power/seeds.h"

namespace milena {
namespace {

constexpr uint64_t kRounds = 6;
constexpr int kSteps = 200;

void copy_out(const DiskTree& tree, NodeId from, const std::string& to) {
    FileSystem& files = posix_file_system();
    ASSERT_TRUE(files.make_directory(to));
    for (const auto& [name, child] : tree.nodes[from].entries) {
        const std::string path = to + "/" + name;
        if (tree.nodes[child].is_directory) {
            copy_out(tree, child, path);
            continue;
        }
        auto file = files.open(path, OpenMode::kTruncate);
        ASSERT_TRUE(file) << file.error().to_string();
        ASSERT_TRUE((*file)->write_at(0, tree.nodes[child].content));
    }
}

std::string recover(uint64_t seed, const std::string& output) {
    Dice dice(seed);
    RecordingFileSystem disk;
    History history(disk, History::new_node(dice), Dice(dice.seed()));
    if (auto wrong = history.start(true); !wrong.empty()) return wrong;
    for (int step = 0; step < kSteps; ++step) history.step();
    const size_t event = disk.journal().size() - dice.below(disk.journal().size() / 2);
    PowerLoss failure(disk);
    failure.advance_to(event);
    RecordingFileSystem left(failure.lose(dice));
    KnownNode known = history.known_at(event);
    known.epoch += 10;
    History next(left, std::move(known), Dice(dice.seed()));
    if (auto wrong = next.start(true); !wrong.empty()) return wrong;
    next.end();
    copy_out(left.now(), DiskTree::kRoot, output + "/" + std::to_string(seed));
    return next.problems();
}

TEST(RecoveredFilesTest, AreLeftForApacheKafka) {
    const char* output = std::getenv("MILENA_POWER_OUTPUT");
    if (output == nullptr) GTEST_SKIP() << "MILENA_POWER_OUTPUT is not set";
    quieten_log();
    run_seeds(kRounds, [&](uint64_t seed) { return recover(seed, output); });
}

}  // namespace
}  // namespace milena
