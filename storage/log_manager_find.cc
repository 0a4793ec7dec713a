// SPDX-License-Identifier: Apache-2.0
// Which logs there are when a node starts, and what becomes of those that should not be there.
#include <algorithm>

#include "base/log.h"
#include "storage/disk_log_manager.h"

namespace milena {

/// A partition's directory.
struct DiskLogManager::Found {
    PartitionName name;
    Expectation* expected = nullptr;
    std::optional<Uuid> id;  ///< its topic's, if it is expected
};

Result<std::vector<DiskLogManager::LoadTask>> DiskLogManager::find_logs(Expectations& expected) {
    std::vector<LoadTask> tasks;
    for (const size_t index : online_directories()) {
        auto found = find_logs_in(index, expected, tasks);
        if (found) continue;
        if (found.error().code() != ErrorCode::KAFKA_STORAGE_ERROR) return found.error();
        take_offline(index, found.error());
        std::erase_if(futures_, [&](const Future& one) { return one.directory == index; });
    }
    adopt_futures(expected, tasks);
    std::erase_if(tasks, [&](const LoadTask& task) { return is_offline(task.directory); });
    return tasks;
}

Result<void> DiskLogManager::find_logs_in(size_t index, Expectations& expected,
                                          std::vector<LoadTask>& tasks) {
    auto all = list_logs(index, expected);
    if (!all) return all.error();
    auto identified = run_on_threads(all->size(), [&](size_t i) -> Result<void> {
        Found& found = (*all)[i];
        if (!found.expected) return {};
        auto id =
            read_topic_id(files_, directories_[index].path + "/" + found.name.directory_name());
        if (!id) return id.error();
        found.id = *id;
        return {};
    });
    if (!identified) return identified;
    for (const Found& found : *all)
        if (auto settled = settle(index, found, tasks); !settled) return settled;
    return {};
}

Result<std::vector<DiskLogManager::Found>> DiskLogManager::list_logs(size_t index,
                                                                     Expectations& expected) {
    const std::string& directory = directories_[index].path;
    auto names = files_.list(directory);
    if (!names) return names.error();
    std::vector<Found> all;
    for (const std::string& entry : *names) {
        if (entry.ends_with(kDeletedDirectorySuffix)) {
            environment_.retired->add(directory + "/" + entry, clock_.steady_now());
        } else if (entry.ends_with(kFutureDirectorySuffix)) {
            if (auto noted = note_future(index, entry, expected); !noted) return noted.error();
        } else if (auto name = parse_partition_directory(entry);
                   name && entry != kMetadataDirectory) {
            Expectation* const wanted = expected.find(*name);
            all.push_back({std::move(*name), wanted, {}});
        }
    }
    return all;
}

Result<void> DiskLogManager::settle(size_t index, const Found& found,
                                    std::vector<LoadTask>& tasks) {
    const std::string& directory = directories_[index].path;
    if (!found.expected || (found.id ? *found.id != found.expected->log->topic_id
                                     : may_be_namesake(directories_[index], found.name)))
        return make_stray(directory, found.name);
    if (!found.id) {
        auto written = write_topic_id(files_, directory + "/" + found.name.directory_name(),
                                      found.expected->log->topic_id);
        if (!written) return written;
    }
    auto wins = check_holder(index, found, tasks);
    if (!wins) return wins.error();
    if (*wins) tasks.push_back({index, found.expected->log});
    return {};
}

/// A crash while a log changed its directory may leave it in both; what the cluster says then
/// holds. Before it says anything, that is the log of a topic whose namesake was just deleted: of
/// these, only one has had its id synced, the other one is empty.
Result<bool> DiskLogManager::check_holder(size_t index, const Found& found,
                                          std::vector<LoadTask>& tasks) {
    Expectation& expected = *found.expected;
    if (!expected.holder) {
        expected.holder = index;
        expected.is_identified = found.id.has_value();
        return true;
    }
    const PartitionName name = expected.name();
    const auto told = directory_index(expected.log->directory);
    if (is_offline(*expected.holder)) {
        if (told == index) expected.holder = index;
        return told == index;
    }
    const bool is_undecided = told != index && told != expected.holder;
    const bool wins = told == index || (is_undecided && !expected.is_identified);
    const size_t loser = wins ? *expected.holder : index;
    const bool is_loser_identified = wins ? expected.is_identified : found.id.has_value();
    if (is_undecided && (is_loser_identified || has_records(directories_[loser].path, name)))
        return Error(ErrorCode::INVALID_CONFIG,
                     name.directory_name() + " is in two data directories, " +
                         directories_[*expected.holder].path + " and " + directories_[index].path +
                         ": move the one that is not wanted away");
    if (wins) expected.holder = index;
    std::erase_if(tasks, [&](const LoadTask& task) {
        return task.directory == loser && task.log == expected.log;
    });
    if (auto moved = make_stray(directories_[loser].path, name); !moved) return moved.error();
    removed_.erase(name);  // the other one is there
    if (wins) expected.is_identified = found.id.has_value();
    return wins;
}

/// A power failure leaves partition.metadata empty where nothing of the log was synced yet. If
/// there are records all the same, they may be those of a deleted topic.
bool DiskLogManager::may_be_namesake(const DataDirectory& directory, const PartitionName& name) {
    const auto known = directory.recovery_points.find(name);
    const bool is_synced = known != directory.recovery_points.end() && known->second > Offset(0);
    if (directory.clean_shutdown || is_synced || directory.log_starts.contains(name)) return false;
    return has_records(directory.path, name);
}

bool DiskLogManager::has_records(const std::string& directory, const PartitionName& name) const {
    const std::string path = directory + "/" + name.directory_name();
    const auto names = files_.list(path);
    return names && std::ranges::any_of(*names, [&](const std::string& file) {
               const auto base = parse_segment_file_name(file, kLogSuffix);
               if (!base || *base > Offset(0)) return base.has_value();
               const auto size = files_.file_size(path + "/" + file);
               return size && *size > 0;
           });
}

Result<void> DiskLogManager::make_stray(const std::string& directory, const PartitionName& name) {
    const std::string from = directory + "/" + name.directory_name();
    const std::string to = directory + "/" + retired_directory_name(name, kStrayDirectorySuffix);
    removed_.insert(name);
    MILENA_LOG(Warn) << from << " belongs to no topic of the cluster; it is now " << to;
    return files_.rename(from, to);
}

/// A copy that the log was about to become.
Result<void> DiskLogManager::note_future(size_t index, const std::string& entry,
                                         Expectations& expected) {
    const std::string path = directories_[index].path + "/" + entry;
    const auto name = parse_partition_directory(entry.substr(0, entry.rfind('.')));
    const auto id = read_topic_id(files_, path);
    if (!id) return id.error();
    // Of a long topic, the directory's name has only the beginning.
    const Expectation* log = name && *id ? expected.find(**id, name->partition) : nullptr;
    if (log)
        futures_.push_back({log->name(), index, path});
    else
        environment_.retired->add(path, clock_.steady_now());
    return {};
}

/// Those without a log: if the cluster knows the log there, it was complete. Unless the log is in a
/// directory that is offline: what nobody looked at may be the whole of it.
void DiskLogManager::adopt_futures(Expectations& expected, std::vector<LoadTask>& tasks) {
    for (const Future& future : std::exchange(futures_, {})) {
        Expectation& wanted = *expected.find(future.name);
        if (wanted.holder) {
            futures_.push_back(future);
            continue;
        }
        const DataDirectory& directory = directories_[future.directory];
        if (wanted.log->directory != directory.identity.directory_id) continue;
        if (online_directories().size() < directories_.size()) {
            std::unique_lock lock(mutex_);
            offline_.insert(future.name);
            continue;
        }
        const std::string name = future.name.directory_name();
        MILENA_LOG(Info) << future.path << " was about to be " << name << ", and is now";
        auto renamed = files_.rename(future.path, directory.path + "/" + name);
        if (!renamed) {
            take_offline(future.directory, renamed.error());
            continue;
        }
        wanted.holder = future.directory;
        tasks.push_back({future.directory, wanted.log});
    }
}

}  // namespace milena
