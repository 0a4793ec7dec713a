// SPDX-License-Identifier: Apache-2.0
// milena records: the records of partitions, from the directory of a broker that is stopped.
#pragma once

#include "base/file.h"
#include "server/offline/arguments.h"
#include "server/offline/report.h"

namespace milena {

/// The exit status; damage is told on the error stream. INVALID_CONFIG for arguments that make no
/// sense.
Result<int> run_records(const ToolArguments& arguments, FileSystem& files,
                        const ToolStreams& streams);

}  // namespace milena
