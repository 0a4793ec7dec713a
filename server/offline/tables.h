// SPDX-License-Identifier: Apache-2.0
// The files of fixed entries, read leniently: what is wrong is told, what is left is given.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "server/offline/report.h"
#include "storage/producer_snapshot.h"
#include "storage/sparse_index.h"
#include "storage/text_checkpoint.h"
#include "storage/transaction_index.h"

namespace milena {

template <class Row>
struct Table {
    std::vector<Row> rows;
    std::vector<Damage> damages;
    /// Bytes of zeros at the end: room that a broker keeps ahead in an index that it writes.
    int64_t room_bytes = 0;
};

/// A line of words of a checkpoint, and where it begins.
struct CheckpointRow {
    int64_t position = 0;
    std::string text;
};

// Errors: KAFKA_STORAGE_ERROR where a file can't be read at all.

/// Rows that don't ascend are damage; they are given all the same.
Result<Table<OffsetIndexEntry>> read_offset_index(FileSystem& files, const std::string& path);
Result<Table<TimeIndexEntry>> read_time_index(FileSystem& files, const std::string& path);
Result<Table<AbortedTransactionEntry>> read_transaction_index(FileSystem& files,
                                                              const std::string& path);
Result<Table<ProducerSnapshotRow>> read_snapshot_rows(FileSystem& files, const std::string& path);
/// Version and number of entries are checked.
Result<Table<CheckpointRow>> read_checkpoint_rows(FileSystem& files, const std::string& path);

}  // namespace milena
