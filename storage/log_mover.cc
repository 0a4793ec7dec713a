// SPDX-License-Identifier: Apache-2.0
#include "storage/log_mover.h"

#include <algorithm>

namespace milena {

void LogMover::add(std::shared_ptr<LogMove> move) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(move));
    match_threads();
    wake_.notify_one();
}

void LogMover::start(int threads) {
    std::lock_guard lock(mutex_);
    threads_max_ = static_cast<size_t>(std::max(threads, 1));
    match_threads();
}

void LogMover::match_threads() {
    while (!stopping_ && threads_.size() < std::min(threads_max_, waiting_.size()))
        threads_.emplace_back([this] { work(); });
}

void LogMover::stop() {
    std::vector<std::thread> threads;
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void LogMover::set_rate(double bytes_per_second) {
    const auto most = static_cast<double>(piece_bytes_max_);
    const double least = std::min(4096.0, most);
    throttle_.set_rate(bytes_per_second);
    std::lock_guard lock(mutex_);
    // About a second's worth, so that the bound holds all the time.
    piece_bytes_ = static_cast<int64_t>(std::clamp(bytes_per_second, least, most));
    ++rate_changes_;
    wake_.notify_all();
}

bool LogMover::await_turn() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || has_turn(); });
    return !stopping_;
}

std::shared_ptr<LogMove> LogMover::take() {
    std::lock_guard lock(mutex_);
    if (stopping_ || !has_turn()) return nullptr;
    const bool begins = may_begin();
    if (begins) ++under_way_;
    auto& queue = begins ? waiting_ : begun_;
    auto move = std::move(queue.front());
    queue.pop_front();
    return move;
}

bool LogMover::advance_one() {
    const auto move = take();
    if (move) advance(move);
    return move != nullptr;
}

void LogMover::work() {
    while (await_turn()) advance_one();
}

void LogMover::come_again(std::shared_ptr<LogMove> move) {
    std::lock_guard lock(mutex_);
    begun_.push_back(std::move(move));
    wake_.notify_one();
}

void LogMover::end(const std::shared_ptr<LogMove>& move, const Result<void>& finished) {
    if (!finished) steps_.fail(*move, finished.error());
    std::lock_guard lock(mutex_);
    --under_way_;
    wake_.notify_one();
}

void LogMover::advance(const std::shared_ptr<LogMove>& move) {
    if (move->is_cancelled()) return end(move, {});
    std::unique_lock lock(mutex_);
    const int64_t piece = piece_bytes_;
    lock.unlock();
    const int64_t before = move->copied_bytes();
    auto more = move->copy(piece);
    if (!more) return end(move, more.error());
    if (!pace(move->copied_bytes() - before)) return;
    if (*more) return come_again(move);
    if (!move->is_announced()) return announce(move);
    end(move, steps_.finish(*move));
}

void LogMover::announce(const std::shared_ptr<LogMove>& move) {
    steps_.announce(*move, [this, move](Result<void> told) {
        if (!told) return end(move, told);
        move->set_announced();
        come_again(move);
    });
}

bool LogMover::pace(int64_t bytes) {
    const SteadyTime now = clock_.steady_now();
    const SteadyTime until = throttle_.charge(std::max<int64_t>(bytes, 0), now);
    std::unique_lock lock(mutex_);
    const int64_t changes = rate_changes_;
    if (until > now)
        wake_.wait_for(lock, until - now, [&] { return stopping_ || rate_changes_ != changes; });
    return !stopping_;
}

}  // namespace milena
