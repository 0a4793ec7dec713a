// SPDX-License-Identifier: Apache-2.0
#include "tests/power/history.h"

#ifdef __SANITIZE_ADDRESS__
// A process that dies frees nothing: logs and those who wait for their syncs keep each other.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

namespace milena {
namespace {

KnownNode copy_of(const KnownNode& known) { return known.at(kNever - 1); }

LogConfig draw_config(size_t topic, Dice& dice) {
    LogConfig config;
    config.segment_bytes = static_cast<int32_t>(dice.between(2600, 6000));
    config.index_interval_bytes = static_cast<int32_t>(dice.between(100, 600));
    config.file_delete_delay_ms = dice.between(0, 60'000);
    config.min_cleanable_dirty_ratio = 0.01;
    if (dice.one_in(3)) config.flush_ms = 1000;
    if (topic < 2) config.flush_messages = 1;
    if (topic == 4) config.flush_messages = 5;
    if (topic == 1 || topic == 3) {
        config.cleanup_delete = false;
        config.cleanup_compact = true;
    } else if (dice.one_in(2)) {
        config.retention_bytes = dice.between(0, 8000);
    }
    return config;
}

}  // namespace

KnownNode History::new_node(Dice& dice, size_t directories) {
    KnownNode node;
    for (const char* path : {"/data", "/second", "/third"})
        if (node.directories.size() < directories) node.directories.push_back(path);
    if (directories > 1) node.move_piece_bytes = dice.between(500, 20'000);
    for (size_t topic = 0; topic < kTopics; ++topic) {
        node.topics.push_back({std::make_shared<LogModel>()});
        node.topics.back().back()->config = draw_config(topic, dice);
    }
    return node;
}

History::History(RecordingFileSystem& disk, KnownNode known, Dice dice)
    : disk_(disk), before_(copy_of(known)), known_(std::move(known)), dice_(dice) {
    clock_.now_ms = known_.now_ms;
}

// ---- Starts and ends

ExpectedLog History::expected(size_t topic) {
    return {name_of(topic), model(topic).topic_id, 0, model(topic).config,
            model(topic).directory()};
}

Result<void> History::lead(size_t topic) {
    auto log = manager_->get_or_create(expected(topic));
    if (!log) return log.error();
    partitions_[topic] = std::make_shared<LocalPartition>(TopicPartition{}, *log);
    PartitionState state;
    state.leader = 1;
    state.leader_epoch = known_.epoch;
    return partitions_[topic]->apply(state, 1);
}

Result<void> History::open_logs() {
    LogManagerOptions options;
    options.directories = known_.directories;
    options.recovery_threads_per_directory = 0;
    options.checkpoint_interval_ms = 2000;
    options.high_watermark_interval_ms = 1000;
    options.open_files_max = 40;
    options.move_piece_bytes = known_.move_piece_bytes;
    options.cleaner.dedupe_buffer_bytes = 1 << 20;
    auto manager = LogManager::open(options, "cluster", 1, disk_, clock_, pool_);
    if (!manager) return manager.error();
    manager_.reset(static_cast<DiskLogManager*>(manager->release()));
    std::vector<ExpectedLog> all;
    for (size_t topic = 0; topic < kTopics; ++topic) all.push_back(expected(topic));
    if (auto loaded = manager_->load(all); !loaded) return loaded;
    assign_found();
    partitions_.resize(kTopics);
    ++known_.epoch;
    for (size_t topic = 0; topic < kTopics; ++topic)
        if (auto led = lead(topic); !led) return led;
    listen_to_manager();
    return {};
}

std::string History::start(bool power_failed) {
    starts_.push_back(now());
    clock_.now_ms += 1000;
    auto opened = open_logs();
    const auto all_online = [&] {
        return opened && manager_->identities().size() == known_.directories.size();
    };
    std::string wrong;
    if (disk_.fault && !all_online()) {
        if (!opened) failed("a start", opened.error());
        disk_.fault = nullptr;  // somebody mends the disk, but first:
        std::set<Offset> lost;
        for (size_t topic = 0; opened && topic < kTopics; ++topic)
            if (is_online(topic)) wrong += check_one(topic, power_failed, lost);
        kill();
        starts_.push_back(now());
        opened = open_logs();
    }
    if (!opened) return wrong + "\n  the start failed: " + opened.error().to_string();
    auto fault = std::exchange(disk_.fault, nullptr);
    wrong += check(power_failed);
    disk_.fault = std::move(fault);
    if (recovered_at_ == kNever) recovered_at_ = now();
    return wrong;
}

std::string History::check_one(size_t topic, bool power_failed, std::set<Offset>& lost) {
    std::string wrong;
    const Offset end = log(topic).log_end_offset();
    if (!power_failed && end != model(topic).end())
        wrong = "\n  " + name_of(topic) + " ends at " + std::to_string(end.value) +
                " after the process died, but was written up to " +
                std::to_string(model(topic).end().value);
    LogCheck check(model(topic).at(now()), log(topic), power_failed);
    wrong += check.run();
    lost = check.lost();
    return wrong;
}

std::string History::check(bool power_failed) {
    std::string wrong;
    for (size_t topic = 0; topic < kTopics; ++topic) {
        std::set<Offset> lost;
        wrong += check_one(topic, power_failed, lost);
        if (power_failed)
            model(topic).forget(lost, log(topic).log_start_offset(), log(topic).log_end_offset());
    }
    return wrong;
}

void History::kill() {
    pool_.drop();
    metadata_.clear();
    committed_.clear();
    partitions_.clear();
    manager_.reset();
    disk_.release_locks();
}

void History::crash() {
    kill();
    problems_ += start(false);
}

/// An error that somebody was told.
void History::failed(const std::string& what, const Error& cause) {
    if (may_fail_ && cause.code() == ErrorCode::KAFKA_STORAGE_ERROR)
        ++failures_;
    else
        problems_ += "\n  " + what + " was refused: " + cause.to_string();
}

void History::end() {
    pool_.run_all();
    std::vector<size_t> online;  // those that a failed directory holds are left as they are
    for (size_t topic = 0; topic < kTopics; ++topic)
        if (is_online(topic)) online.push_back(topic);
    if (auto ended = manager_->shut_down(1)) {
        for (const size_t topic : online) model(topic).promise(model(topic).end(), now());
    } else {
        failed("a shutdown", ended.error());
    }
    kill();
}

// ---- Steps

void History::step() {
    act();
    known_.now_ms = clock_.now_ms;
    if (!problems_.empty()) return;
    for (size_t topic = 0; topic < kTopics; ++topic)
        model(topic).promise(log(topic).recovery_point() - 1, now());
}

void History::act() {
    const size_t topic = dice_.below(kTopics);
    const size_t chance = dice_.below(1000);
    clock_.now_ms += dice_.between(1, 20);
    if (known_.directories.size() > 1 && dice_.one_in(3)) return act_on_moves();
    if (chance < 600) return produce(topic);
    if (chance < 640) return retry_last(topic);
    if (chance < 760) return pool_.run_some(1 + dice_.below(4));
    if (chance < 790) return delete_records(topic);
    if (chance < 880) {
        clock_.now_ms += dice_.between(0, 20'000);
        return retain([this] { manager_->background_round(clock_.steady_now()); });
    }
    if (chance < 900) {
        clock_.now_ms += 300'000;
        return retain([this] { manager_->background_round(clock_.steady_now()); });
    }
    if (chance < 960) return retain([this] { (void)manager_->clean_one(); });
    if (chance < 970) return replace_topic(topic);
    if (chance < 985) return restart();
    crash();
}

/// Work that may move the starts of logs.
void History::retain(const std::function<void()>& work) {
    const size_t begun = now();
    work();
    for (size_t topic = 0; topic < kTopics; ++topic)
        if (log(topic).log_start_offset() > model(topic).at(now()).start_at_most())
            model(topic).deletions.push_back({log(topic).log_start_offset(), begun, kNever});
}

void History::produce(size_t topic) {
    const auto producer = static_cast<int64_t>(dice_.below(kProducers + 1));
    if (producer < kProducers)
        return produce_as(topic, ProducerId(static_cast<int64_t>(topic) * 10 + producer));
    send(topic, make_batch({}), AppendOrigin::kClient, {});
}

void History::produce_as(size_t topic, ProducerId id) {
    const KnownProducer known = model(topic).producers(model(topic).end())[id];
    RecordBatchOptions options;
    options.producer_id = id;
    options.producer_epoch = known.last ? known.last->header.producer_epoch : ProducerEpoch(0);
    options.base_sequence = known.last_data ? known.last_data->header.last_sequence() + 1 : 0;
    options.transactional = id.value % 10 > 0;
    // Where its records are deleted or lost, so may be its sequence: clients go on with an epoch.
    const bool is_forgotten =
        known.last &&
        (!known.last_data || known.last_data->header.base_offset < log(topic).log_start_offset());
    if (options.transactional && known.first_of_open && (is_forgotten || dice_.one_in(2)))
        return end_transaction(topic, id, options.producer_epoch);
    if (is_forgotten) {
        options.producer_epoch =
            ProducerEpoch(static_cast<int16_t>(options.producer_epoch.value + 1));
        options.base_sequence = 0;
    }
    send(topic, make_batch(options), AppendOrigin::kClient, {});
}

void History::end_transaction(size_t topic, ProducerId id, ProducerEpoch epoch) {
    const bool commits = dice_.one_in(2);
    send(topic, make_marker(id, epoch, commits), AppendOrigin::kCoordinator, commits);
}

void History::send(size_t topic, Bytes batch, AppendOrigin origin, std::optional<bool> commits) {
    const size_t begun = now();
    auto info = partitions_[topic]->append_as_leader(batch, -1, origin, nullptr);
    if (!info) {
        return failed("a batch for " + name_of(topic), info.error());
    }
    const BatchHeader header = BatchHeader::load(batch.data());
    const auto model = known_.topics[topic].back();
    if (info->duplicate) {
        if (info->first_offset != model->batches.back().header.base_offset)
            problems_ += "\n  " + name_of(topic) + " took a batch for an older one";
    } else {
        if (info->first_offset != header.base_offset || header.base_offset < model->end())
            problems_ += "\n  " + name_of(topic) + " took a batch where there was one";
        model->batches.push_back({header, std::move(batch), begun, kNever, commits});
    }
    const bool is_promise = info->needs_sync || model->config.flush_messages == 1;
    partitions_[topic]->when_acknowledgeable(
        *info, -1, [this, topic, model, is_promise, last = info->last_offset](Result<void> answer) {
            const bool is_deleted = model != known_.topics[topic].back();
            if (!answer && !is_deleted)
                failed("an acknowledgement", answer.error());
            else if (answer && is_promise)
                model->promise(last, now());
        });
}

/// A producer that got no answer sends its batch again.
void History::retry_last(size_t topic) {
    if (model(topic).batches.empty()) return;
    const KnownBatch& last = model(topic).batches.back();
    if (last.header.producer_id.value < 0 || last.header.is_control()) return;
    // Whether it is known is for the check to say, where its record is deleted.
    if (log(topic).log_start_offset() > last.header.base_offset) return;
    Bytes again = last.bytes;
    BatchHeader::stamp(again.data(), Offset(0), kNoLeaderEpoch);  // as clients send it
    const size_t count = model(topic).batches.size();
    send(topic, std::move(again), AppendOrigin::kClient, {});
    if (model(topic).batches.size() > count)
        problems_ += "\n  " + name_of(topic) + " did not know a batch again";
}

void History::delete_records(size_t topic) {
    if (model(topic).config.cleanup_compact) return;
    const Offset least = log(topic).log_start_offset();
    const Offset to(dice_.between(least.value, log(topic).high_watermark().value));
    if (to <= least) return;
    auto& deletions = known_.topics[topic].back()->deletions;
    deletions.push_back({to, now(), kNever});
    const size_t mine = deletions.size() - 1;
    if (auto deleted = log(topic).delete_records_before(to); !deleted) {
        failed("a deletion", deleted.error());
    } else if (auto saved = manager_->save_log_starts(); !saved) {
        failed("a deletion", saved.error());
    } else {
        deletions[mine].answered = now();
    }
}

void History::replace_topic(size_t topic) {
    auto next = std::make_shared<LogModel>();
    next->config = draw_config(topic, dice_);
    next->born = now();
    known_.topics[topic].push_back(next);
    partitions_[topic]->retire();
    auto replaced = manager_->remove(name_of(topic), 0);
    if (replaced) replaced = lead(topic);
    if (replaced) return assign_later(topic);
    failed("a new topic", replaced.error());
    crash();
}

Bytes History::make_batch(RecordBatchOptions options) {
    if (dice_.one_in(4)) options.compression = CompressionType::kLz4;
    RecordBatchBuilder builder(options);
    for (int64_t records = dice_.between(1, 3); records > 0; --records) {
        const std::string key = "key" + std::to_string(dice_.below(8));
        std::string value =
            std::to_string(++values_made_) + "/" + std::to_string(dice_.below(1000));
        while (value.size() < 400 && dice_.percent(60)) value += value;
        (void)builder.append({TimestampMs(clock_.now_ms), as_bytes(key), as_bytes(value), {}});
    }
    return builder.build().value();
}

Bytes History::make_marker(ProducerId id, ProducerEpoch epoch, bool commits) {
    constexpr int32_t kCoordinatorEpoch = 7;
    return build_marker(id, epoch, {!commits, kCoordinatorEpoch}, TimestampMs(1'700'000'000'000))
        .value();
}

}  // namespace milena
