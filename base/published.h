// SPDX-License-Identifier: Apache-2.0
// A shared_ptr that one thread replaces while others read it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

namespace milena {

#ifdef __SANITIZE_THREAD__
// libstdc++ 12 unlocks its atomic<shared_ptr> with relaxed order: harmless on real machines, but
// ThreadSanitizer reports it.
template <class T>
class Published {
  public:
    std::shared_ptr<T> load() const {
        std::lock_guard lock(mutex_);
        return value_;
    }
    void store(std::shared_ptr<T> value) {
        std::lock_guard lock(mutex_);
        value_.swap(value);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};
#else
template <class T>
class Published {
  public:
    std::shared_ptr<T> load() const { return value_.load(std::memory_order_acquire); }
    void store(std::shared_ptr<T> value) {
        value_.store(std::move(value), std::memory_order_release);
    }

  private:
    std::atomic<std::shared_ptr<T>> value_;
};
#endif

}  // namespace milena
