// SPDX-License-Identifier: Apache-2.0
// The files that identify a data directory and a partition's directory.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/ids.h"

namespace milena {

/// Ids that stand where a data directory's own is not known: not told (by an older cluster), not
/// chosen yet, not there any more.
inline constexpr Uuid kMigratingDirectory{};
inline constexpr Uuid kUnassignedDirectory{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Uuid kLostDirectory{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

/// meta.properties of one data directory.
struct DirectoryIdentity {
    std::string cluster_id;
    int32_t node_id = -1;
    Uuid directory_id;
};

/// What a data directory says of itself; nothing if it has no meta.properties yet.
Result<std::optional<DirectoryIdentity>> read_identity(FileSystem& files,
                                                       const std::string& directory);
Result<void> write_identity(FileSystem& files, const std::string& directory,
                            const DirectoryIdentity& identity);

/// Whether `id` may be a data directory's own.
constexpr bool is_directory_id(const Uuid& id) {
    return id != kMigratingDirectory && id != kUnassignedDirectory && id != kLostDirectory;
}

/// .kafka_cleanshutdown: the broker epoch of a clean shutdown. Nothing after a crash.
std::optional<int64_t> read_clean_shutdown(FileSystem& files, const std::string& directory);
Result<void> write_clean_shutdown(FileSystem& files, const std::string& directory,
                                  int64_t broker_epoch);
Result<void> remove_clean_shutdown(FileSystem& files, const std::string& directory);

/// partition.metadata: the topic id. Nothing if the file is missing or cut short; an error if it
/// can't be read.
Result<std::optional<Uuid>> read_topic_id(FileSystem& files,
                                          const std::string& partition_directory);
/// Not durable by itself: a log syncs it before it first promises anything.
Result<void> write_topic_id(FileSystem& files, const std::string& partition_directory,
                            Uuid topic_id);
std::string topic_id_path(const std::string& partition_directory);

}  // namespace milena
