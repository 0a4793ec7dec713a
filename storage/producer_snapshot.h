// SPDX-License-Identifier: Apache-2.0
// <end offset>.snapshot: the producers of a log at that offset. Big-endian:
//
//   int16 version = 1, uint32 CRC32C of all that follows, int32 count, then for each producer
//   int64 id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta,
//   int64 timestamp, int32 coordinator epoch, int64 first offset of its open transaction (-1: none)
#pragma once

#include <string>

#include "base/file.h"
#include "storage/producer_state.h"

namespace milena {

/// One producer as it stands there. The last batch is all -1 (its delta 0) if it is not known.
struct ProducerSnapshotRow {
    static constexpr int64_t kSize = 46;

    ProducerId id;
    ProducerEpoch epoch;
    int32_t last_sequence = -1;
    Offset last_offset{-1};
    int32_t offset_delta = 0;
    TimestampMs timestamp;
    int32_t coordinator_epoch = -1;
    Offset transaction_start{-1};

    static ProducerSnapshotRow load(const uint8_t* from);
    void store(uint8_t* to) const;
};

/// Of a snapshot: what stands before the rows.
struct ProducerSnapshotHead {
    static constexpr int64_t kSize = 10;
    static constexpr size_t kCrcPosition = 2;
    static constexpr size_t kCrcEnd = 6;
    static constexpr int16_t kVersion = 1;
};

/// Writes <producers.end_offset()>.snapshot into `directory`.
Result<void> write_producer_snapshot(FileSystem& files, const std::string& directory,
                                     const ProducerStates& producers);
/// KAFKA_STORAGE_ERROR if the file is broken: an older one, or the whole log, must do.
Result<ProducerStates> read_producer_snapshot(FileSystem& files, const std::string& path,
                                              Offset end_offset);
/// Whether the file's size leaves no room for a producer. Says nothing of a file that a crash tore.
bool names_no_producers(FileSystem& files, const std::string& path);

}  // namespace milena
