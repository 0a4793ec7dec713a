// SPDX-License-Identifier: Apache-2.0
// How Kafka names what it keeps on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace milena {

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kOffsetIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTransactionIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kDeletedSuffix = ".deleted";
inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

inline constexpr std::string_view kDeletedDirectorySuffix = "-delete";
inline constexpr std::string_view kStrayDirectorySuffix = "-stray";
inline constexpr std::string_view kFutureDirectorySuffix = "-future";

// Of a data directory: "topic partition offset" of each partition in it.
inline constexpr std::string_view kRecoveryPointCheckpoint = "recovery-point-offset-checkpoint";
inline constexpr std::string_view kHighWatermarkCheckpoint = "replication-offset-checkpoint";
inline constexpr std::string_view kLogStartCheckpoint = "log-start-offset-checkpoint";
inline constexpr std::string_view kCleanerCheckpoint = "cleaner-offset-checkpoint";
inline constexpr std::string_view kOffsetCheckpoints[] = {
    kRecoveryPointCheckpoint, kHighWatermarkCheckpoint, kLogStartCheckpoint, kCleanerCheckpoint};

// Of a partition.
inline constexpr std::string_view kLeaderEpochCheckpoint = "leader-epoch-checkpoint";
inline constexpr std::string_view kPartitionMetadata = "partition.metadata";

/// The metadata log: not one of the log manager's.
inline constexpr std::string_view kMetadataDirectory = "__cluster_metadata-0";

/// "00000000000000000042.log"
std::string segment_file_name(Offset base_offset, std::string_view suffix);
/// The offset in front of `suffix`, if `name` is exactly that.
std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix);

struct PartitionName {
    std::string topic;
    int32_t partition = -1;

    std::string directory_name() const { return topic + "-" + std::to_string(partition); }
    auto operator<=>(const PartitionName&) const = default;
};
/// "orders-12" -> {"orders", 12}; nothing for other names (also those of deleted ones).
std::optional<PartitionName> parse_partition_directory(std::string_view name);
/// The directory that holds a log's directory.
std::string data_directory_of(const std::string& log_directory);
/// "orders-12.<32 hex digits>-delete", the topic cut so that the name fits 255 bytes.
std::string retired_directory_name(const PartitionName& name, std::string_view suffix);

}  // namespace milena
