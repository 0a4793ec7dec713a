// SPDX-License-Identifier: Apache-2.0
// The power fails between any two calls of a history: what is left of the disk is laid out, the
// logs are opened, and must be what was promised.
#include <gtest/gtest.h>

#include "tests/power/history.h"
#include "tests/power/seeds.h"

namespace milena {
namespace {

constexpr int kSteps = 220;

/// How often the power fails.
struct Failures {
    int in_history = 0;
    int after_start = 0;  // during or after each recovery, once more
    int steps_after = 0;  // of the history that goes on with what was recovered
    size_t directories = 1;
};

class PowerLossTest : public testing::Test {
  protected:
    PowerLossTest() { quieten_log(); }
    ~PowerLossTest() override { std::cout << power_failures_ << " power failures" << std::endl; }

    std::string run(uint64_t seed, const Failures& failures) {
        Dice dice(seed);
        RecordingFileSystem disk;
        History history(disk, History::new_node(dice, failures.directories), Dice(dice.seed()));
        if (auto wrong = history.start(true); !wrong.empty()) return wrong;
        for (int step = 0; step < kSteps && history.problems().empty(); ++step) history.step();
        if (!history.problems().empty()) return history.problems();
        return fail_at_random(disk, history, dice, failures);
    }

  private:
    /// When copies have got the name of a log.
    static std::vector<size_t> arrivals_in(const std::vector<DiskEvent>& journal) {
        std::vector<size_t> arrivals;
        for (size_t i = 0; i + 2 < journal.size(); ++i)
            if (journal[i].kind == DiskEvent::Kind::kRename &&
                journal[i].name.ends_with(kFutureDirectorySuffix) &&
                !journal[i].to.ends_with(kDeletedDirectorySuffix))
                arrivals.push_back(i);
        return arrivals;
    }

    std::string fail_at_random(const RecordingFileSystem& disk, const History& history, Dice& dice,
                               const Failures& failures) {
        std::vector<size_t> events;
        for (int i = 0; i < failures.in_history; ++i) {
            // While a recovery runs is as good a time as any.
            const bool early = dice.one_in(3) && history.recovered_at() < disk.journal().size();
            events.push_back(
                dice.below((early ? history.recovered_at() : disk.journal().size()) + 1));
        }
        // So is the moment when a log changes its directory.
        const std::vector<size_t> arrivals = arrivals_in(disk.journal());
        for (size_t i = 0; i < events.size() && !arrivals.empty(); i += 4)
            events[i] = arrivals[dice.below(arrivals.size())] + dice.below(3);
        std::sort(events.begin(), events.end());
        PowerLoss failure(disk);
        for (const size_t event : events) {
            failure.advance_to(event);
            auto wrong = recover(failure, history.known_at(event), dice, failures);
            if (!wrong.empty())
                return "\n at event " + std::to_string(event) + " of " +
                       std::to_string(disk.journal().size()) + ":" + wrong;
        }
        return {};
    }

    std::string recover(const PowerLoss& failure, KnownNode known, Dice& dice,
                        const Failures& failures) {
        ++power_failures_;
        RecordingFileSystem disk(failure.lose(dice));
        known.epoch += 10;  // the metadata's, which knows of all that were
        History next(disk, std::move(known), Dice(dice.seed()));
        if (auto wrong = next.start(true); !wrong.empty()) return wrong;
        for (int step = 0; step < failures.steps_after && next.problems().empty(); ++step)
            next.step();
        if (!next.problems().empty()) return "\n after the start:" + next.problems();
        if (failures.after_start == 0 && failures.steps_after > 0)
            if (auto wrong = next.settle(); !wrong.empty()) return "\n at the end:" + wrong;
        return fail_at_random(disk, next, dice, {failures.after_start, 0, 0});
    }

    int power_failures_ = 0;
};

TEST_F(PowerLossTest, OnceAndAllGoesOn) {
    run_seeds(200, [this](uint64_t seed) { return run(seed, {60, 0, 12}); });
}

TEST_F(PowerLossTest, AgainSoonAfter) {
    run_seeds(100, [this](uint64_t seed) { return run(seed, {40, 3, 25}); });
}

TEST_F(PowerLossTest, WhileLogsMove) {
    run_seeds(100, [this](uint64_t seed) { return run(seed, {40, 0, 15, 2 + seed % 2}); });
}

}  // namespace
}  // namespace milena
