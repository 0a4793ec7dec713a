// SPDX-License-Identifier: Apache-2.0
// What a compaction leaves in a log's directory when its broker dies. It replaces segments in
// steps:
//
//   1. <new>.log.cleaned, .index.cleaned, ...   written; incomplete until all are renamed
//   2. <new>.log.swap, .index.swap, ...         complete: from here on the new segments count
//   3. <old>.log.deleted, ...                   the old ones, renamed one after the other
//   4. <new>.log, .index, ...                   the new ones take their names
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace milena {

/// Completes a replacement that reached step 2 and undoes one that did not; removes what was
/// deleted. To be called before the segments are opened. Returns the names that are left, sorted.
Result<std::vector<std::string>> finish_compaction(FileSystem& files, const std::string& directory);

}  // namespace milena
