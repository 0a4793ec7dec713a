// SPDX-License-Identifier: Apache-2.0
// Record batches as KRaft writes them: uncompressed, no producer, every timestamp delta 0, either
// metadata records (no key) or control records (key: int16 0, int16 type).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

namespace milena {

enum class ControlType : int16_t {
    kLeaderChange = 2,
    kSnapshotHeader = 3,
    kSnapshotFooter = 4,
    kKRaftVersion = 5,
    kKRaftVoters = 6,
};

/// What a batch is stamped with: its place in the log, and the time.
struct BatchStamp {
    Offset base_offset;
    int32_t epoch = 0;
    TimestampMs timestamp;
};

/// A batch of one record or more. REQUIRES: values not empty.
Bytes build_metadata_batch(const BatchStamp& at, std::span<const Bytes> values);

struct ControlRecord {
    ControlType type;
    Bytes value;
};
Bytes build_control_batch(const BatchStamp& at, std::span<const ControlRecord> records);

/// A parsed batch; borrows from the bytes it was parsed from.
struct MetadataBatch {
    BatchStamp at;
    Offset last_offset;
    bool control = false;
    struct Entry {
        std::optional<ControlType> type;  ///< control batches only
        BytesView value;
    };
    std::vector<Entry> entries;  ///< offsets base_offset, base_offset + 1, ...
};

/// Bytes that a batch needs before its length is known.
inline constexpr size_t kBatchLengthPrefix = 12;
/// Size of the whole batch. REQUIRES: kBatchLengthPrefix bytes.
int64_t batch_size(BytesView prefix);

/// `batch` is exactly one batch. CORRUPT_MESSAGE if its CRC or structure is wrong.
Result<MetadataBatch> parse_metadata_batch(BytesView batch);

}  // namespace milena
