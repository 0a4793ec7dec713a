// SPDX-License-Identifier: Apache-2.0
// What a file of a data directory is, by its name.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"

namespace milena {

enum class FileKind {
    kSegment,           ///< .log; also .checkpoint, the snapshots of the metadata
    kOffsetIndex,       ///< .index
    kTimeIndex,         ///< .timeindex
    kTransactionIndex,  ///< .txnindex
    kSnapshot,          ///< .snapshot: producers
    kEpochs,            ///< leader-epoch-checkpoint
    kOffsets,           ///< the data directory's checkpoints
    kText,              ///< properties and JSON
    kUnknown,
};

struct NamedFile {
    FileKind kind = FileKind::kUnknown;
    /// Of a segment and what belongs to it; 0 for others.
    Offset base_offset{0};
    /// .deleted, .cleaned or .swap, or empty.
    std::string leftover;
};

NamedFile name_file(const std::string& path);

}  // namespace milena
