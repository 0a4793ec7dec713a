// SPDX-License-Identifier: Apache-2.0
// A few threads for work that blocks on the disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace milena {

/// Tasks start in the order of run(); their queue is bounded, so that run() from outside waits when
/// the disk can't keep up (tasks of the pool itself never wait: they would wait for themselves).
/// stop() (or the destructor) runs what is queued and joins; what comes later never runs.
class ThreadPool final : public BlockingPool {
  public:
    static constexpr size_t kQueuedTasksMax = 65'536;

    explicit ThreadPool(int threads);
    ~ThreadPool() override;
    ThreadPool(const ThreadPool&) = delete;

    void run(std::function<void()> work) override;
    /// Not to be called by a task of the pool.
    void stop();

  private:
    void work();
    bool is_own_thread() const;

    std::mutex mutex_;
    std::condition_variable task_queued_;
    std::condition_variable task_taken_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace milena
