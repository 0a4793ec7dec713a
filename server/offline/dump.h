// SPDX-License-Identifier: Apache-2.0
// milena dump: what stands in single files.
#pragma once

#include "base/file.h"
#include "server/offline/arguments.h"
#include "server/offline/decode.h"
#include "server/offline/file_kind.h"
#include "server/offline/report.h"

namespace milena {

/// The exit status. INVALID_CONFIG for arguments that make no sense.
Result<int> run_dump(const ToolArguments& arguments, FileSystem& files, const ToolStreams& streams);

struct DumpOptions {
    bool records = false;
    std::optional<Decoding> decoding;  ///< nothing: by the file's place
    int64_t skip_bytes = 0;
    Offset from{0};
    int64_t limit = -1;  ///< items of a file; -1: all
};

/// Items of one file: counts them, and ends where enough were printed.
class DumpedItems {
  public:
    DumpedItems(Report& report, int64_t limit) : report_(report), left_(limit) {}

    bool is_full() const { return left_ == 0; }
    void put(std::string_view line) {
        if (is_full()) return;
        report_.line(line);
        if (left_ > 0) --left_;
    }

  private:
    Report& report_;
    int64_t left_;
};

// Each: KAFKA_STORAGE_ERROR if the file can't be read at all.
Result<void> dump_segment(FileSystem& files, const std::string& path, const DumpOptions& options,
                          Report& report);
Result<void> dump_table(FileSystem& files, const std::string& path, const NamedFile& named,
                        const DumpOptions& options, Report& report);

}  // namespace milena
