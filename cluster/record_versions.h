// SPDX-License-Identifier: Apache-2.0
// Which version of a metadata record a cluster of a given metadata.version may hold.
#pragma once

#include <cstdint>

namespace milena {

/// Oldest and newest metadata.version this node can work with, and the one it formats with.
inline constexpr int16_t kMetadataVersionMin = 7;
inline constexpr int16_t kMetadataVersionMax = 33;

inline constexpr int16_t kMetadataVersionTransactions = 13;
inline constexpr int16_t kMetadataVersionDirectories = 17;
inline constexpr int16_t kMetadataVersionEligibleReplicas = 23;
inline constexpr int16_t kMetadataVersionCordonedDirectories = 30;

/// PartitionRecord and PartitionChangeRecord.
constexpr int16_t partition_record_version(int16_t metadata_version) {
    if (metadata_version >= kMetadataVersionEligibleReplicas) return 2;
    return metadata_version >= kMetadataVersionDirectories ? 1 : 0;
}

constexpr int16_t register_broker_record_version(int16_t metadata_version) {
    if (metadata_version >= kMetadataVersionCordonedDirectories) return 4;
    if (metadata_version >= kMetadataVersionDirectories) return 3;
    return metadata_version >= 8 ? 2 : 1;
}

}  // namespace milena
