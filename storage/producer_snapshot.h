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

/// Writes <producers.end_offset()>.snapshot into `directory`.
Result<void> write_producer_snapshot(FileSystem& files, const std::string& directory,
                                     const ProducerStates& producers);
/// KAFKA_STORAGE_ERROR if the file is broken: an older one, or the whole log, must do.
Result<ProducerStates> read_producer_snapshot(FileSystem& files, const std::string& path,
                                              Offset end_offset);

}  // namespace milena
