// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>

namespace milena {
namespace {

thread_local const ThreadPool* pool_of_this_thread = nullptr;

}  // namespace

ThreadPool::ThreadPool(int threads) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    task_queued_.notify_all();
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

bool ThreadPool::is_own_thread() const { return pool_of_this_thread == this; }

void ThreadPool::run(std::function<void()> work) {
    {
        std::unique_lock lock(mutex_);
        if (!is_own_thread())
            task_taken_.wait(lock, [this] { return stopping_ || queue_.size() < kQueuedTasksMax; });
        queue_.push_back(std::move(work));
    }
    task_queued_.notify_one();
}

void ThreadPool::work() {
    pool_of_this_thread = this;
    std::unique_lock lock(mutex_);
    while (true) {
        task_queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        std::function<void()> task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task_taken_.notify_one();
        task();
        task = nullptr;  // what it holds is freed outside the lock
        lock.lock();
    }
}

}  // namespace milena
