// SPDX-License-Identifier: Apache-2.0
// Logs that move between data directories, and the part of the cluster that is told of it: its
// changes are on the device one after the other, each somewhat later than it was asked for.
#include "tests/power/history.h"

namespace milena {
namespace {

constexpr int64_t kLongMs = 300'000;

}  // namespace

// ---- Metadata

LogModel* History::model_of(const Uuid& topic_id) {
    for (const auto& models : known_.topics)
        if (models.back()->topic_id == topic_id) return models.back().get();
    return nullptr;
}

void History::listen_to_manager() {
    manager_->on_log_moving([this](const TopicPartition& id, const Uuid& directory, auto told) {
        metadata_.push_back([this, id, directory, told = std::move(told)] {
            if (LogModel* moved = model_of(id.topic_id)) moved->assign(directory, now());
            committed_.push_back([told] { told({}); });
        });
    });
    manager_->on_directory_failure([this](const DirectoryFailure& failure) {
        metadata_.push_back([this, lost = failure.directory] {
            for (size_t topic = 0; topic < kTopics; ++topic)
                if (const auto actual = manager_->directory_of(name_of(topic), 0);
                    actual && model(topic).directory() == lost)
                    model(topic).assign(*actual, now());
        });
    });
    if (known_.directories.size() > 1)
        for (size_t topic = 0; topic < kTopics; ++topic) assign_later(topic);
}

void History::assign_found() {
    if (known_.directories.size() == 1) return;
    for (size_t topic = 0; topic < kTopics; ++topic)
        if (const auto directory = manager_->directory_of(name_of(topic), 0))
            model(topic).assign(*directory, now());
}

void History::assign_later(size_t topic) {
    if (known_.directories.size() == 1) return;
    metadata_.push_back([this, id = model(topic).topic_id, name = name_of(topic)] {
        LogModel* made = model_of(id);
        if (const auto directory = manager_->directory_of(name, 0); made && directory)
            made->assign(*directory, now());
    });
}

void History::commit_metadata() {
    if (metadata_.empty()) return;
    const auto change = std::move(metadata_.front());
    metadata_.pop_front();
    change();
}

void History::tell_committed() {
    if (committed_.empty()) return;
    const auto told = std::move(committed_.front());
    committed_.pop_front();
    told();
}

// ---- Steps

void History::act_on_moves() {
    const size_t chance = dice_.below(100);
    if (chance < 20) return begin_move(dice_.below(kTopics));
    if (chance < 40) return commit_metadata();
    if (chance < 55) return tell_committed();
    (void)manager_->advance_one_move();
}

/// Whether the log is there, on its way there or on its way elsewhere.
void History::begin_move(size_t topic) {
    const std::string& to = known_.directories[dice_.below(known_.directories.size())];
    if (auto begun = manager_->move(name_of(topic), 0, to); !begun) failed("a move", begun.error());
}

// ---- The end of it

void History::finish_events() {
    while (!metadata_.empty() || !committed_.empty()) {
        commit_metadata();
        tell_committed();
        pool_.run_all();
    }
}

std::string History::data_directory_of(size_t topic) {
    return milena::data_directory_of(log(topic).directory());
}

Uuid History::directory_id(const std::string& path) {
    const auto identity = read_identity(disk_, path);
    return identity && *identity ? (*identity)->directory_id : Uuid();
}

std::string History::find_misplaced() {
    if (known_.directories.size() == 1) return {};
    pool_.run_all();
    finish_events();
    auto fault = std::exchange(disk_.fault, nullptr);
    std::set<std::string> moving;
    for (const DirectoryDescription& one : manager_->describe())
        for (const FutureLog& future : one.futures) moving.insert(future.topic);
    std::string wrong;
    for (size_t topic = 0; topic < kTopics; ++topic) {
        const std::string path = data_directory_of(topic);
        const Uuid told = model(topic).directory();
        // A directory may fail before the metadata hear of a new log in it.
        const bool is_unheard_of = told == kUnassignedDirectory && !is_online(topic);
        if (moving.contains(name_of(topic)) || is_unheard_of || told == directory_id(path))
            continue;
        wrong += "\n  " + name_of(topic) + " is in " + path + ", but not for the metadata";
    }
    disk_.fault = std::move(fault);
    return wrong;
}

void History::finish_moves() {
    pool_.run_all();
    do finish_events();
    while (manager_->advance_one_move());
    clock_.now_ms += kLongMs;
    retain([this] { manager_->background_round(clock_.steady_now()); });
}

std::string History::settle() {
    finish_moves();
    std::string wrong = find_misplaced();
    restart();
    if (!problems_.empty()) return problems_;
    finish_moves();
    wrong += find_misplaced() + find_leftovers() + check(false);
    return wrong + problems_;
}

std::string History::find_leftovers() {
    std::string wrong;
    for (const std::string& path : known_.directories)
        for (const std::string& name : disk_.list(path).value()) {
            if (name.ends_with(kFutureDirectorySuffix))
                wrong += "\n  a copy is left: " + path + "/" + name;
            for (size_t topic = 0; topic < kTopics; ++topic)
                if (name == name_of(topic) + "-0" && data_directory_of(topic) != path)
                    wrong += "\n  " + name_of(topic) + " is also in " + path;
        }
    return wrong;
}

}  // namespace milena
