// SPDX-License-Identifier: Apache-2.0
#include "storage/new_logs.h"

#include "base/log.h"

namespace milena {

void NewLogs::add(std::shared_ptr<PartitionLog> log) {
    {
        std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(log));
        if (std::exchange(busy_, true)) return;
    }
    pool_.run([self = shared_from_this()] { self->make_all(); });
}

void NewLogs::make_all() {
    while (auto log = next())
        if (auto made = log->make_directory(); !made) {
            MILENA_LOG(Warn) << made.error().message() << "; its first record will try again";
        }
}

std::shared_ptr<PartitionLog> NewLogs::next() {
    std::lock_guard lock(mutex_);
    busy_ = !waiting_.empty();
    if (!busy_) return nullptr;
    auto log = std::move(waiting_.front());
    waiting_.pop_front();
    return log;
}

}  // namespace milena
