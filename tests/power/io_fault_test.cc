// SPDX-License-Identifier: Apache-2.0
// Each call of a history fails in its turn: whoever is concerned is told, nothing that was
// acknowledged is lost, and when the disk is mended all goes on.
#include <gtest/gtest.h>

#include "tests/power/history.h"
#include "tests/power/seeds.h"

namespace milena {
namespace {

constexpr uint64_t kRounds = 12;
constexpr int kSteps = 150;
constexpr int kFaults = 60;
constexpr int kStepsAfter = 15;
constexpr int kPowerFailures = 2;

enum class FaultKind { kOnce, kForGood, kDiskFull, kShortWrite };

struct Fault {
    size_t call = 0;
    FaultKind kind = FaultKind::kOnce;
};

bool needs_room(DiskCall call) {
    return call == DiskCall::kWrite || call == DiskCall::kMake || call == DiskCall::kOpen;
}

/// Counts the calls, and lets fail what `fault` says.
class Breaker {
  public:
    static constexpr size_t kFullCalls = 200;

    Breaker(std::vector<DiskCall>& calls, std::optional<Fault> fault)
        : calls_(calls), fault_(fault) {}

    std::optional<DiskFailure> operator()(DiskCall call, const std::string& path) {
        const size_t number = calls_.size();
        calls_.push_back(call);
        if (!fault_ || number < fault_->call) return {};
        const bool is_it = number == fault_->call;
        const std::string disk = path.substr(0, path.find('/', 1));
        if (is_it) disk_ = disk;
        if (disk != disk_) return {};
        switch (fault_->kind) {
            case FaultKind::kOnce:
                return is_it ? std::optional(DiskFailure{EIO, false}) : std::nullopt;
            case FaultKind::kForGood:
                return DiskFailure{EIO, false};
            case FaultKind::kShortWrite:
                return is_it ? std::optional(DiskFailure{EIO, true}) : std::nullopt;
            case FaultKind::kDiskFull:
                if (number > fault_->call + kFullCalls || !needs_room(call)) return {};
                return DiskFailure{ENOSPC, number % 2 == 0};
        }
        return {};
    }

  private:
    std::vector<DiskCall>& calls_;
    const std::optional<Fault> fault_;
    std::string disk_;  // the one that fails
};

class IoFaultTest : public testing::Test {
  protected:
    IoFaultTest() { quieten_log(); }

    std::string run(uint64_t seed, size_t directories) {
        directories_ = directories;
        const auto calls = calls_of(seed);
        Dice dice(seed);
        for (int i = 0; i < kFaults; ++i) {
            const Fault fault = draw(calls, dice);
            if (auto wrong = run_with(seed, fault, dice); !wrong.empty())
                return ", call " + std::to_string(fault.call) + " of " +
                       std::to_string(calls.size()) + " failed, kind " +
                       std::to_string(static_cast<int>(fault.kind)) + ", call kind " +
                       std::to_string(static_cast<int>(calls[fault.call])) + ":" + wrong;
        }
        return {};
    }

    int faults = 0;
    int refusals = 0;

  private:
    /// Of the history when nothing fails.
    std::vector<DiskCall> calls_of(uint64_t seed) {
        seed_random_ids(seed);
        std::vector<DiskCall> calls;
        Dice dice(seed);
        RecordingFileSystem disk;
        disk.fault = Breaker(calls, {});
        History history(disk, History::new_node(dice, directories_), Dice(dice.seed()));
        EXPECT_EQ(history.start(true), "");
        for (int step = 0; step < kSteps; ++step) history.step();
        EXPECT_EQ(history.problems(), "");
        return calls;
    }

    /// Reads are most of the calls, and least of what may go wrong.
    static Fault draw(const std::vector<DiskCall>& calls, Dice& dice) {
        Fault fault{dice.below(calls.size()), static_cast<FaultKind>(dice.below(4))};
        for (int tries = 0; tries < 5 && calls[fault.call] == DiskCall::kRead; ++tries)
            fault.call = dice.below(calls.size());
        return fault;
    }

    std::string run_with(uint64_t seed, const Fault& fault, Dice& choice) {
        seed_random_ids(seed);
        std::vector<DiskCall> calls;
        Dice dice(seed);
        RecordingFileSystem disk;
        disk.fault = Breaker(calls, fault);
        History history(disk, History::new_node(dice, directories_), Dice(dice.seed()));
        history.allow_failures(true);
        if (auto wrong = history.start(true); !wrong.empty()) return wrong;
        for (int step = 0; step < kSteps && history.problems().empty(); ++step) history.step();
        if (!history.problems().empty()) return history.problems();
        if (choice.one_in(2))
            if (auto wrong = history.find_misplaced(); !wrong.empty()) return wrong;
        history.crash();  // whoever starts it finds the disk as it is, and mends it then
        disk.fault = nullptr;
        history.allow_failures(false);
        for (int step = 0; step < kStepsAfter && history.problems().empty(); ++step) history.step();
        if (!history.problems().empty()) return history.problems();
        if (directories_ > 1)
            if (auto wrong = history.settle(); !wrong.empty()) return wrong;
        ++faults;
        refusals += history.failures();
        return lose_power(disk, history, choice);
    }

    size_t directories_ = 1;

    /// What a failed sync did not write, the kernel takes for written, and so does a process that
    /// is started on the same one: until then, all that was promised is there.
    static size_t last_event(const RecordingFileSystem& disk, const History& history) {
        const auto& journal = disk.journal();
        const auto failed =
            std::ranges::find(journal, DiskEvent::Kind::kSyncFailed, &DiskEvent::kind);
        if (failed == journal.end()) return journal.size();
        const auto next = std::ranges::upper_bound(history.starts(),
                                                   static_cast<size_t>(failed - journal.begin()));
        return next == history.starts().end() ? journal.size() : *next;
    }

    static std::string lose_power(const RecordingFileSystem& disk, const History& history,
                                  Dice& dice) {
        const size_t until = last_event(disk, history);
        for (int i = 0; i < kPowerFailures; ++i) {
            const size_t event = dice.below(until + 1);
            PowerLoss failure(disk);
            failure.advance_to(event);
            RecordingFileSystem left(failure.lose(dice));
            KnownNode known = history.known_at(event);
            known.epoch += 10;
            auto wrong = History(left, std::move(known), Dice(dice.seed())).start(true);
            if (!wrong.empty())
                return "\n and the power at event " + std::to_string(event) + ":" + wrong;
        }
        return {};
    }
};

TEST_F(IoFaultTest, NothingAcknowledgedIsLost) {
    run_seeds(kRounds, [this](uint64_t seed) { return run(seed, 1); });
    std::cout << faults << " calls failed, and " << refusals << " requests" << std::endl;
    EXPECT_GT(refusals, 0);
}

TEST_F(IoFaultTest, ALogThatMovesIsWhereTheClusterCanFindIt) {
    run_seeds(kRounds, [this](uint64_t seed) { return run(seed, 2 + seed % 2); });
    std::cout << faults << " calls failed, and " << refusals << " requests" << std::endl;
    EXPECT_GT(refusals, 0);
}

}  // namespace
}  // namespace milena
