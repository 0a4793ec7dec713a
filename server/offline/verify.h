// SPDX-License-Identifier: Apache-2.0
// milena verify: looks for damage in data directories, and writes nothing.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/file.h"
#include "cluster/image_state.h"
#include "server/offline/arguments.h"
#include "server/offline/report.h"
#include "storage/file_names.h"

namespace milena {

/// The exit status. INVALID_CONFIG for arguments that make no sense.
Result<int> run_verify(const ToolArguments& arguments, FileSystem& files,
                       const ToolStreams& streams);

/// What a run of the tool shares.
struct Verification {
    FileSystem& files;
    Report& report;
    bool records = false;  ///< also what batches hold

    int64_t partitions = 0;
    int64_t segments = 0;
    int64_t batches = 0;
    int64_t bytes = 0;

    /// What can't be read is damage like any other.
    template <class T>
    bool is_readable(const std::string& path, const Result<T>& result) {
        if (!result) report.damage(path, result.error().message());
        return result.has_value();
    }
};

/// What is found of a partition, for those who know where it should end.
struct VerifiedLog {
    Offset end{0};
    std::optional<Uuid> topic_id;
};

/// What must be known of a partition's log to tell what is wrong with it.
struct LogHistory {
    bool was_stopped = false;   ///< the broker ended as it should: nothing lacks because of a crash
    bool is_compacted = false;  ///< offsets may be missing
};

/// All files of a partition's directory.
VerifiedLog verify_partition(Verification& run, const std::string& directory, LogHistory history);

/// The metadata log and its snapshots in `data_directory`, replayed; null if they can't be.
std::unique_ptr<ImageState> verify_metadata(Verification& run, const std::string& data_directory);

/// One data directory; `image` may be null. Partitions go into `found`, with their ends.
using FoundLogs = std::map<PartitionName, VerifiedLog>;
void verify_data_directory(Verification& run, const std::string& directory, const ImageState* image,
                           FoundLogs& found);
/// What checkpoints and metadata say of partitions that are nowhere.
void verify_expected(Verification& run, const std::vector<std::string>& directories,
                     const ImageState* image, const FoundLogs& found);

}  // namespace milena
