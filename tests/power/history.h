// SPDX-License-Identifier: Apache-2.0
// A node's logs under load, on simulated disks: everything in one thread and by the dice, so that
// a seed tells the whole history.
#pragma once

#include <deque>

#include "base/clock.h"
#include "cluster/local_partition.h"
#include "protocol/record_batch_builder.h"
#include "storage/disk_log_manager.h"
#include "tests/power/log_check.h"
#include "tests/storage/power_loss.h"

namespace milena {

class StillClock final : public Clock {
  public:
    TimestampMs now() const override { return TimestampMs(now_ms); }
    SteadyTime steady_now() const override { return SteadyTime(std::chrono::milliseconds(now_ms)); }
    int64_t now_ms = 1'700'000'000'000;
};

/// Work waits until somebody lets it run.
class QueuedPool final : public BlockingPool {
  public:
    void run(std::function<void()> work) override { waiting_.push_back(std::move(work)); }
    void run_some(size_t most) {
        for (; most > 0 && !waiting_.empty(); --most) {
            auto work = std::move(waiting_.front());
            waiting_.pop_front();
            work();
        }
    }
    void run_all() { run_some(std::numeric_limits<size_t>::max()); }
    void drop() { waiting_.clear(); }

  private:
    std::deque<std::function<void()>> waiting_;
};

/// What outlives the node: what its clients, and the metadata, know.
struct KnownNode {
    /// By topic, then one for each topic of that name; the last one is there.
    std::vector<std::vector<std::shared_ptr<LogModel>>> topics;
    int64_t now_ms = 1'700'000'000'000;
    int32_t epoch = 0;
    /// Of logs; with more than one, logs are moved between them.
    std::vector<std::string> directories = {};
    int64_t move_piece_bytes = 1 << 20;

    /// As LogModel::at.
    KnownNode at(size_t time) const {
        KnownNode past{{}, now_ms, epoch, directories, move_piece_bytes};
        for (const auto& models : topics) {
            auto last = models.begin();
            while (last + 1 != models.end() && (*(last + 1))->born <= time) ++last;
            past.topics.push_back({std::make_shared<LogModel>((*last)->at(time))});
        }
        return past;
    }
};

class History {
  public:
    static constexpr size_t kTopics = 5;

    /// Goes on with what is `known`, on a disk that holds it.
    History(RecordingFileSystem& disk, KnownNode known, Dice dice);
    ~History() { kill(); }

    static KnownNode new_node(Dice& dice, size_t directories = 1);

    /// Opens the logs, recovering them. What is wrong with them then; empty if nothing is.
    /// `power_failed`: what was not promised may be gone.
    std::string start(bool power_failed);
    void step();
    /// The process dies, and starts anew; the page cache stays.
    void crash();
    /// What was found wrong while running.
    const std::string& problems() const { return problems_; }

    /// A clean shutdown.
    void end();
    /// One, and a start.
    void restart() {
        end();
        crash();
    }
    /// All that is under way comes to its end, on disks without faults, also of what a start finds
    /// then. What is wrong after that.
    std::string settle();
    /// Where the metadata, when they have been told all there is to tell, don't name the directory
    /// that a log is in.
    std::string find_misplaced();
    /// From now on requests may be refused with KAFKA_STORAGE_ERROR.
    void allow_failures(bool allowed) { may_fail_ = allowed; }
    int failures() const { return failures_; }

    /// What must hold if the power fails before event `time` of the disk.
    KnownNode known_at(size_t time) const {
        return time < recovered_at_ ? before_.at(time) : known_.at(time);
    }
    /// The first event of each life of the process.
    const std::vector<size_t>& starts() const { return starts_; }
    /// The event with which the first start ended.
    size_t recovered_at() const { return recovered_at_; }

  private:
    static constexpr int kProducers = 3;  // of each topic: the last two are transactional

    LogModel& model(size_t topic) { return *known_.topics[topic].back(); }
    size_t now() const { return disk_.journal().size(); }
    static std::string name_of(size_t topic) { return "topic" + std::to_string(topic); }
    ExpectedLog expected(size_t topic);
    Result<void> open_logs();
    Result<void> lead(size_t topic);
    PartitionLog& log(size_t topic) {
        return static_cast<PartitionLog&>(*partitions_[topic]->log());
    }
    std::string check(bool power_failed);
    std::string check_one(size_t topic, bool power_failed, std::set<Offset>& lost);
    bool is_online(size_t topic) { return manager_->find(name_of(topic), 0) != nullptr; }
    void kill();
    void failed(const std::string& what, const Error& cause);

    // Steps.
    void act();
    void produce(size_t topic);
    void produce_as(size_t topic, ProducerId id);
    void end_transaction(size_t topic, ProducerId id, ProducerEpoch epoch);
    void send(size_t topic, Bytes batch, AppendOrigin origin, std::optional<bool> commits);
    void retry_last(size_t topic);
    void delete_records(size_t topic);
    void replace_topic(size_t topic);
    void retain(const std::function<void()>& work);
    Bytes make_batch(RecordBatchOptions options);
    Bytes make_marker(ProducerId id, ProducerEpoch epoch, bool commits);

    // Moves, and the metadata that know of them (history_moves.cc).
    void listen_to_manager();
    void act_on_moves();
    void begin_move(size_t topic);
    /// As the controller does for all logs when the node starts.
    void assign_found();
    /// As it does for one whose directory was chosen by the node.
    void assign_later(size_t topic);
    LogModel* model_of(const Uuid& topic_id);
    /// The next change of the metadata is on the device; who asked for it hears of it later.
    void commit_metadata();
    void tell_committed();
    /// All that waits, but for moves; with these; and until what was set aside is removed.
    void finish_events();
    void finish_moves();
    /// Copies of logs, and second logs of a name.
    std::string find_leftovers();
    std::string data_directory_of(size_t topic);
    Uuid directory_id(const std::string& path);

    RecordingFileSystem& disk_;
    const KnownNode before_;
    KnownNode known_;
    Dice dice_;
    StillClock clock_;
    QueuedPool pool_;
    std::unique_ptr<DiskLogManager> manager_;
    std::vector<std::shared_ptr<LocalPartition>> partitions_;
    std::deque<std::function<void()>> metadata_;   // changes that wait to be committed
    std::deque<std::function<void()>> committed_;  // who waits to hear of them
    std::vector<size_t> starts_;
    size_t recovered_at_ = kNever;
    int64_t values_made_ = 0;
    bool may_fail_ = false;
    int failures_ = 0;
    std::string problems_;
};

}  // namespace milena
