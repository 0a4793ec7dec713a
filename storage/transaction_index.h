// SPDX-License-Identifier: Apache-2.0
// <base offset>.txnindex: the aborted transactions that ended in a segment, in the order of their
// ends. Absent if there are none. An entry is, big-endian:
//
//   int16 version = 0, int64 producer id, int64 first offset, int64 last offset (of the marker),
//   int64 last stable offset after it
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/ids.h"

namespace milena {

struct AbortedTransactionEntry {
    static constexpr int64_t kSize = 34;

    ProducerId producer_id;
    Offset first_offset;
    Offset last_offset;
    Offset last_stable_offset;
    bool operator==(const AbortedTransactionEntry&) const = default;

    static AbortedTransactionEntry load(const uint8_t* from);
    void store(uint8_t* to) const;
};

/// Returns the size of the file before.
Result<int64_t> append_aborted_transaction(FileSystem& files, const std::string& path,
                                           const AbortedTransactionEntry& entry);
/// Takes back what was appended since it had this size.
Result<void> cut_aborted_transactions(FileSystem& files, const std::string& path, int64_t size);
/// A missing file has no entries; what follows the last whole entry is not read.
Result<std::vector<AbortedTransactionEntry>> read_aborted_transactions(FileSystem& files,
                                                                       const std::string& path);

}  // namespace milena
