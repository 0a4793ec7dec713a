// SPDX-License-Identifier: Apache-2.0
#include "storage/retired_files.h"

#include <algorithm>

#include "base/log.h"

namespace milena {

void RetiredFiles::add(std::string path, SteadyTime remove_at) {
    std::lock_guard lock(mutex_);
    entries_.push_back({std::move(path), remove_at});
}

std::vector<std::string> RetiredFiles::take_due(SteadyTime now) {
    std::vector<std::string> due;
    std::lock_guard lock(mutex_);
    auto first_due = std::partition(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.remove_at > now; });
    for (auto entry = first_due; entry != entries_.end(); ++entry)
        due.push_back(std::move(entry->path));
    entries_.erase(first_due, entries_.end());
    return due;
}

void RetiredFiles::remove_due(FileSystem& files, SteadyTime now) {
    for (const std::string& path : take_due(now))
        if (auto removed = files.remove_tree(path); !removed) {
            MILENA_LOG(Warn) << "removal: " << removed.error().message();
        }
}

}  // namespace milena
