// SPDX-License-Identifier: Apache-2.0
// Runs a state machine as the runtime does, in one thread, with a clock of its own and without a
// log.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "coordinator/runtime/state_machine.h"
#include "coordinator/runtime/timers.h"

namespace milena::testing {

class ManualClock final : public Clock {
  public:
    TimestampMs now() const override { return now_; }
    SteadyTime steady_now() const override {
        return SteadyTime() + std::chrono::milliseconds(now_.value);
    }
    void advance(std::chrono::milliseconds by) { now_.value += by.count(); }

  private:
    TimestampMs now_{1'700'000'000'000};
};

template <class Machine>
class Harness {
  public:
    using Make = std::function<std::unique_ptr<Machine>(TimerQueue&)>;

    /// What was written, with the ends of transactions in their places.
    struct Entry {
        std::vector<CoordinatorRecord> records;
        std::optional<ProducerIdentity> transaction;
        std::optional<bool> end_of_transaction;  ///< committed?
    };

    explicit Harness(Make make, MetadataImagePtr image = nullptr)
        : make_(std::move(make)), image_(std::move(image)) {
        load();
    }

    Machine& machine() { return *machine_; }
    ManualClock& clock() { return clock_; }
    const std::vector<Entry>& history() const { return history_; }
    /// Values and tombstones of the last event.
    const std::vector<CoordinatorRecord>& last_records() const { return last_records_; }

    /// Replays the records of an event, then sends its answers, then does what follows.
    void run(Effects effects) {
        last_records_.clear();
        take(std::move(effects));
    }
    /// The next records don't fit into a batch.
    void refuse_next() { refuses_next_ = true; }
    /// What would run on the pool is kept until then.
    void hold_background() { holds_background_ = true; }
    size_t held() const { return held_.size(); }
    void release_background() {
        holds_background_ = false;
        for (BackgroundWork& work : std::exchange(held_, {})) run(work()());
    }
    void end_transaction(ProducerIdentity producer, bool committed) {
        history_.push_back({{}, producer, committed});
        machine_->end_transaction(producer.id, committed);
        next_offset_ = next_offset_ + 1;  // of the marker
    }
    /// Time passes; timers run in their order, each at its time.
    void advance(std::chrono::milliseconds by) {
        const SteadyTime end = clock_.steady_now() + by;
        for (auto next = timers_->next(); next && *next <= end; next = timers_->next()) {
            if (*next > clock_.steady_now())
                clock_.advance(
                    std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.steady_now()));
            timers_->expire([this](Effects effects) { run(std::move(effects)); });
        }
        clock_.advance(
            std::chrono::duration_cast<std::chrono::milliseconds>(end - clock_.steady_now()));
    }
    void publish(MetadataImagePtr image) {
        image_ = std::move(image);
        run(machine_->on_image(image_));
    }
    /// The same state, made from the records alone.
    void restart() {
        machine_->on_unloaded(Error(ErrorCode::NOT_COORDINATOR));
        machine_.reset();
        load();
    }
    /// Another machine with the same history, to be compared.
    std::unique_ptr<Machine> replica(TimerQueue& timers) const {
        auto copy = make_(timers);
        Offset offset{0};
        for (const Entry& entry : history_) {
            for (const CoordinatorRecord& record : entry.records) {
                copy->replay(replayed(offset, record, entry.transaction));
                offset = offset + 1;
            }
            if (entry.end_of_transaction) {
                copy->end_transaction(entry.transaction->id, *entry.end_of_transaction);
                offset = offset + 1;
            }
        }
        return copy;
    }

  private:
    void take(Effects effects) {
        if (!effects.records.empty() && std::exchange(refuses_next_, false)) return refuse(effects);
        last_records_.insert(last_records_.end(), effects.records.begin(), effects.records.end());
        if (!effects.records.empty())
            history_.push_back({effects.records, effects.transaction, {}});
        for (const CoordinatorRecord& record : effects.records)
            replay(*machine_, record, effects.transaction);
        for (const Reply& reply : effects.replies) reply({});
        for (BackgroundWork& work : effects.background) {
            if (holds_background_)
                held_.push_back(std::move(work));
            else
                take(work()());
        }
        if (effects.then) take(effects.then());
    }
    void refuse(const Effects& effects) {
        const Error refusal(ErrorCode::UNKNOWN_SERVER_ERROR, "too large");
        if (effects.otherwise) return take(effects.otherwise(refusal));
        for (const Reply& reply : effects.replies) reply(refusal);
    }
    static ReplayedRecord replayed(Offset offset, const CoordinatorRecord& record,
                                   const std::optional<ProducerIdentity>& transaction) {
        ReplayedRecord replayed{offset, record.key, {}, transaction};
        if (record.value) replayed.value = BytesView(*record.value);
        return replayed;
    }
    void replay(Machine& machine, const CoordinatorRecord& record,
                const std::optional<ProducerIdentity>& transaction) {
        machine.replay(replayed(next_offset_, record, transaction));
        next_offset_ = next_offset_ + 1;
    }
    void load() {
        timers_ = std::make_unique<TimerQueue>(clock_);
        machine_ = replica(*timers_);
        if (image_) run(machine_->on_image(image_));
        run(machine_->on_loaded());
    }

    const Make make_;
    MetadataImagePtr image_;
    ManualClock clock_;
    std::unique_ptr<TimerQueue> timers_;
    std::unique_ptr<Machine> machine_;  // before its timers
    std::vector<Entry> history_;
    std::vector<CoordinatorRecord> last_records_;
    Offset next_offset_{0};
    bool refuses_next_ = false;
    bool holds_background_ = false;
    std::vector<BackgroundWork> held_;
};

}  // namespace milena::testing
