// SPDX-License-Identifier: Apache-2.0
// Taking possession of the data directories.
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "storage/disk_log_manager.h"

namespace milena {
namespace {

constexpr int kOpenFilesMin = 64;

/// What the descriptor limit leaves for files of logs: half, the other half is for connections.
int open_files_from_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOpenFilesMin;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, 2'000'000);
    return std::max(kOpenFilesMin, static_cast<int>(limit.rlim_cur / 2));
}

Error foreign_directory(const std::string& directory, const std::string& key,
                        const std::string& found, const std::string& wanted) {
    return Error(ErrorCode::INCONSISTENT_CLUSTER_ID,
                 directory + "/meta.properties says " + key + "=" + found + ", but this node is " +
                     key + "=" + wanted + ". Start it with the directory's own " + key +
                     ", or give it another, empty directory (log.dirs).");
}

Result<void> check_identity(const std::string& directory, const DirectoryIdentity& identity,
                            const std::string& cluster_id, int32_t node_id) {
    if (identity.cluster_id != cluster_id)
        return foreign_directory(directory, "cluster.id", identity.cluster_id, cluster_id);
    if (identity.node_id != node_id)
        return foreign_directory(directory, "node.id", std::to_string(identity.node_id),
                                 std::to_string(node_id));
    return {};
}

Result<DirectoryIdentity> identify(FileSystem& files, const std::string& directory,
                                   const std::string& cluster_id, int32_t node_id) {
    auto found = read_identity(files, directory);
    if (!found) return found.error();
    DirectoryIdentity identity{cluster_id, node_id, Uuid{}};
    if (*found) {
        identity = **found;
        if (auto checked = check_identity(directory, identity, cluster_id, node_id); !checked)
            return checked.error();
    }
    if (identity.directory_id.is_zero()) {
        // An earlier start may have made the directory and not got to this.
        const std::string parent = std::filesystem::path(directory).parent_path();
        if (auto synced = files.sync_directory(parent.empty() ? "." : parent); !synced)
            return synced.error();
        identity.directory_id = Uuid::random();
        if (auto written = write_identity(files, directory, identity); !written)
            return written.error();
    }
    return identity;
}

Result<DataDirectory> open_directory(FileSystem& files, const std::string& path,
                                     const std::string& cluster_id, int32_t node_id) {
    DataDirectory directory;
    directory.path = path;
    auto lock = files.lock(path + "/.lock");
    if (!lock && lock.error().is_from_system()) return lock.error();
    if (!lock)
        return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                     path + " is in use by another process: " + lock.error().message());
    directory.lock = std::move(*lock);
    auto identity = identify(files, path, cluster_id, node_id);
    if (!identity) return identity.error();
    directory.identity = *identity;
    // An earlier start may have removed the marker and not got to this. If it came back after the
    // recovery that follows, what that has yet to sync would be trusted.
    if (!read_clean_shutdown(files, path))
        if (auto synced = files.sync_directory(path); !synced) return synced.error();
    for (auto [name, into] : {std::pair{kRecoveryPointCheckpoint, &directory.recovery_points},
                              {kLogStartCheckpoint, &directory.log_starts},
                              {kHighWatermarkCheckpoint, &directory.high_watermarks}}) {
        if (auto offsets = read_offset_checkpoint(files, path + "/" + std::string(name))) {
            *into = std::move(*offsets);
        } else if (offsets.error().is_from_system()) {
            return offsets.error();
        } else {
            MILENA_LOG(Warn) << offsets.error().message() << "; going on without it";
        }
    }
    return directory;
}

/// What is on the device in a new directory is lost with the directory's own name.
Result<void> make_durable_directory(FileSystem& files, const std::filesystem::path& path) {
    if (path.empty() || files.exists(path)) return {};
    const std::filesystem::path parent = path.parent_path();
    if (auto made = make_durable_directory(files, parent); !made) return made;
    if (auto made = files.make_directory(path); !made) return made;
    return files.sync_directory(parent.empty() ? "." : parent);
}

Result<void> check_readable(FileSystem& files, const std::string& path) {
    if (auto made = make_durable_directory(files, path); !made) return made;
    auto names = files.list(path);
    return names ? Result<void>() : names.error();
}

/// A copy of a directory has the id of what it was copied from.
Result<void> check_ids(const std::vector<DataDirectory>& directories) {
    std::map<Uuid, const std::string*> known;
    for (const DataDirectory& directory : directories) {
        if (directory.offline) continue;
        const Uuid& id = directory.identity.directory_id;
        const auto [other, is_new] = known.emplace(id, &directory.path);
        if (is_new) continue;
        return Error(ErrorCode::INVALID_CONFIG,
                     *other->second + " and " + directory.path + " have the same directory.id=" +
                         id.to_string() + " in meta.properties, as if one were a copy of the " +
                         "other: take the copy out of log.dirs");
    }
    return {};
}

DataDirectory offline_directory(const std::string& path, const Error& cause) {
    MILENA_LOG(Error) << path << " goes offline: " << cause.message();
    DataDirectory directory;
    directory.path = path;
    directory.offline = true;
    return directory;
}

bool has_identity(FileSystem& files, const std::string& directory) {
    auto identity = read_identity(files, directory);
    return identity && *identity;
}

bool has_logs(FileSystem& files, const std::string& directory) {
    auto names = files.list(directory);
    return names && std::ranges::any_of(*names, [](const std::string& name) {
               return parse_partition_directory(name).has_value();
           });
}

/// A new meta.properties would make a new cluster, to which none of the logs belong.
Result<void> check_not_anonymous(FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/meta.properties";
    if (files.exists(path) || !has_logs(files, directory)) return {};
    return Error(ErrorCode::INVALID_CONFIG,
                 path +
                     " is missing, though the directory holds logs: put it back, with the lines "
                     "version=1, cluster.id= and node.id= of their cluster and node, or name "
                     "an empty directory (log.dirs)");
}

/// A directory that is not mounted must not be taken for a new one: its partitions would be made
/// anew, empty.
Result<void> check_directories(FileSystem& files, const std::vector<std::string>& paths) {
    const auto used = std::ranges::find_if(paths, [&](const std::string& path) {
        return has_identity(files, path) && has_logs(files, path);
    });
    if (used == paths.end()) {
        for (const std::string& path : paths)
            if (auto known = check_not_anonymous(files, path); !known) return known;
        return {};
    }
    for (const std::string& path : paths) {
        if (files.exists(path) && !files.list(path)) continue;  // that goes offline
        if (!files.exists(path + "/meta.properties"))
            return Error(ErrorCode::INVALID_CONFIG,
                         path + " has no meta.properties, but " + *used +
                             " has: if its disk is not mounted, mount it. If it is to be a new "
                             "data directory, make it and copy " +
                             *used + "/meta.properties into it, without the line directory.id");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<LogManager>> LogManager::open(LogManagerOptions options,
                                                     std::string cluster_id, int32_t node_id,
                                                     FileSystem& files, const Clock& clock,
                                                     BlockingPool& pool) {
    std::vector<DataDirectory> directories;
    std::optional<int64_t> broker_epoch;
    if (auto known = check_directories(files, options.directories); !known) return known.error();
    for (const std::string& path : options.directories) {
        if (auto readable = check_readable(files, path); !readable) {
            if (directories.empty()) return readable.error();  // the metadata is there
            directories.push_back(offline_directory(path, readable.error()));
            continue;
        }
        auto directory = open_directory(files, path, cluster_id, node_id);
        if (!directory && directory.error().is_from_system() && !directories.empty()) {
            directories.push_back(offline_directory(path, directory.error()));
            continue;
        }
        if (!directory) return directory.error();
        auto epoch = read_clean_shutdown(files, path);
        directory->clean_shutdown = epoch.has_value();
        // Only one that all directories agree on is the broker's.
        if (directories.empty()) broker_epoch = epoch.value_or(-1);
        if (broker_epoch != epoch.value_or(-1)) broker_epoch = -1;
        directories.push_back(std::move(*directory));
    }
    if (auto distinct = check_ids(directories); !distinct) return distinct.error();
    if (directories.empty())
        return Error(ErrorCode::INVALID_CONFIG, "there is no data directory (log.dirs is empty)");
    if (options.open_files_max <= 0) options.open_files_max = open_files_from_limit();
    return std::unique_ptr<LogManager>(std::make_unique<DiskLogManager>(
        std::move(options), std::move(directories), broker_epoch.value_or(-1), files, clock, pool));
}

DiskLogManager::DiskLogManager(LogManagerOptions options, std::vector<DataDirectory> directories,
                               int64_t previous_broker_epoch, FileSystem& files, const Clock& clock,
                               BlockingPool& pool)
    : options_(std::move(options)),
      files_(files),
      clock_(clock),
      pool_(pool),
      previous_broker_epoch_(previous_broker_epoch),
      environment_{std::make_shared<FileCache>(files, options_.open_files_max), clock, pool},
      directories_(std::move(directories)),
      new_logs_(std::make_shared<NewLogs>(pool)),
      log_counts_(directories_.size(), 0),
      cleaner_([this] { return cleanable(); }, files, clock, options_.cleaner),
      mover_(clock, options_.move_piece_bytes, move_steps()) {
    environment_.failures->listen(
        [this](const std::string& path, const Error& cause) { end_directory(path, cause); });
}

std::vector<DirectoryIdentity> DiskLogManager::identities() const {
    std::vector<DirectoryIdentity> all;
    for (const DataDirectory& directory : directories_)
        if (!directory.offline) all.push_back(directory.identity);
    return all;
}

std::shared_ptr<Log> DiskLogManager::find(const std::string& topic, int32_t partition) const {
    std::shared_lock lock(mutex_);
    auto found = logs_.find({topic, partition});
    return found == logs_.end() ? nullptr : found->second.log;
}

std::shared_ptr<const Uuid> DiskLogManager::directory_of(const std::string& topic,
                                                         int32_t partition) const {
    std::shared_lock lock(mutex_);
    auto found = logs_.find({topic, partition});
    if (found == logs_.end()) return nullptr;
    return std::make_shared<const Uuid>(directories_[found->second.told].identity.directory_id);
}

std::vector<DirectoryDescription> DiskLogManager::describe() const {
    std::vector<DirectoryDescription> all;
    for (const DataDirectory& directory : directories_) {
        DirectoryDescription description;
        description.path = directory.path;
        description.is_cordoned = directory.cordoned;
        if (directory.offline) {
            description.error = ErrorCode::KAFKA_STORAGE_ERROR;
        } else if (auto bytes = files_.volume_bytes(directory.path)) {
            description.total_bytes = bytes->first;
            description.usable_bytes = bytes->second;
        } else {
            description.error = ErrorCode::KAFKA_STORAGE_ERROR;
        }
        all.push_back(std::move(description));
    }
    std::shared_lock lock(mutex_);
    for (const auto& [name, hosted] : logs_) all[hosted.directory].logs.push_back(hosted.log);
    for (const auto& [name, move] : moves_) {
        const auto target = std::ranges::find(all, move->directory(), &DirectoryDescription::path);
        target->futures.push_back(
            {name.topic, name.partition, move->copied_bytes(), move->offset_lag()});
    }
    return all;
}

}  // namespace milena
