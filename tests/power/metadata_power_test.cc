// SPDX-License-Identifier: Apache-2.0
// The power fails while the metadata log is written: what was synced is there, nothing else but
// the beginning of what was to follow, and no batch of several records comes in parts.
#include <gtest/gtest.h>

#include "cluster/metadata_log.h"
#include "tests/power/seeds.h"
#include "tests/storage/power_loss.h"

namespace milena {
namespace {

constexpr uint64_t kRounds = 40;
constexpr int kSteps = 80;
constexpr int kPowerFailures = 40;
constexpr const char* kDirectory = "/data/__cluster_metadata-0";

struct Written {
    Bytes batch;
    Offset end;
    size_t begun = 0;
    size_t synced = std::numeric_limits<size_t>::max();
};

class Writer {
  public:
    Writer(RecordingFileSystem& disk, std::vector<Written> known, uint64_t seed)
        : disk_(disk), dice_(seed), written_(std::move(known)) {}

    /// Opens the log; what is wrong with it then.
    std::string start() {
        auto opened = MetadataLog::open(disk_, kDirectory);
        if (!opened) return "it can't be opened: " + opened.error().to_string();
        log_ = std::move(*opened);
        std::vector<Offset> ends;
        std::string wrong;
        auto replayed = log_->replay(Offset(0), [&](const MetadataBatch& batch) {
            const size_t i = ends.size();
            ends.push_back(batch.last_offset + 1);
            if (i >= written_.size() || written_[i].end != ends.back() ||
                !is_same(written_[i].batch, batch))
                wrong += "\n batch " + std::to_string(i) + " was never written";
            return Result<void>();
        });
        if (!replayed) return "it can't be read: " + replayed.error().to_string();
        for (size_t i = ends.size(); i < written_.size(); ++i)
            if (written_[i].synced == 0) wrong += "\n batch " + std::to_string(i) + " is lost";
        written_.resize(std::min(written_.size(), ends.size()));
        for (Written& one : written_) one.begun = one.synced = 0;
        started_at_ = disk_.journal().size();
        return wrong;
    }

    std::string step() {
        const size_t chance = dice_.below(100);
        if (chance < 60) return append();
        if (chance < 90) return sync();
        if (chance < 96) return outcome(log_->roll(), true);
        return outcome(log_->start_epoch(++epoch_), false);
    }

    /// What must hold if the power fails before event `time`.
    std::vector<Written> known_at(size_t time, const std::vector<Written>& before) const {
        if (time < started_at_) return before;
        std::vector<Written> known;
        for (const Written& one : written_) {
            if (one.begun > time) break;
            known.push_back(one);
            known.back().synced = one.synced <= time ? 0 : std::numeric_limits<size_t>::max();
        }
        return known;
    }

  private:
    static bool is_same(const Bytes& bytes, const MetadataBatch& batch) {
        const auto wanted = parse_metadata_batch(bytes);
        return wanted && wanted->entries.size() == batch.entries.size() &&
               std::equal(wanted->entries.begin(), wanted->entries.end(), batch.entries.begin(),
                          [](const auto& a, const auto& b) {
                              return std::ranges::equal(a.value, b.value);
                          });
    }

    std::string append() {
        std::vector<Bytes> values;
        for (int64_t records = dice_.between(1, 6); records > 0; --records)
            values.emplace_back(dice_.below(700) + 1, static_cast<uint8_t>(dice_.below(256)));
        const Bytes batch =
            build_metadata_batch({log_->end_offset(), epoch_, TimestampMs(5)}, values);
        written_.push_back({batch, log_->end_offset() + static_cast<int64_t>(values.size()),
                            disk_.journal().size()});
        return outcome(log_->append({&batch, 1}, static_cast<int64_t>(values.size())), false);
    }
    std::string sync() { return outcome(log_->active_file()->sync(), true); }
    std::string outcome(Result<void> result, bool syncs) {
        if (!result) return result.error().to_string();
        for (Written& one : written_)
            if (syncs) one.synced = std::min(one.synced, disk_.journal().size());
        return {};
    }

    RecordingFileSystem& disk_;
    Dice dice_;
    std::vector<Written> written_;
    std::unique_ptr<MetadataLog> log_;
    int32_t epoch_ = 1;
    size_t started_at_ = 0;
};

std::string run(const DiskTree& initial, const std::vector<Written>& known, Dice& dice, int again) {
    RecordingFileSystem disk(initial);
    Writer writer(disk, known, dice.seed());
    if (auto wrong = writer.start(); !wrong.empty()) return wrong;
    if (again == 0) return {};
    for (int step = 0; step < kSteps; ++step)
        if (auto wrong = writer.step(); !wrong.empty()) return wrong;
    for (int i = 0; i < kPowerFailures / (3 - again); ++i) {
        const size_t event = dice.below(disk.journal().size() + 1);
        PowerLoss failure(disk);
        failure.advance_to(event);
        auto wrong = run(failure.lose(dice), writer.known_at(event, known), dice, again - 1);
        if (!wrong.empty()) return "\n at event " + std::to_string(event) + ": " + wrong;
    }
    return {};
}

TEST(MetadataPowerTest, WhatWasSyncedIsThere) {
    quieten_log();
    run_seeds(kRounds, [](uint64_t seed) {
        Dice dice(seed);
        DiskTree initial;
        initial.nodes[DiskTree::kRoot].entries["data"] = initial.add(true);
        return run(initial, {}, dice, 2);
    });
}

}  // namespace
}  // namespace milena
