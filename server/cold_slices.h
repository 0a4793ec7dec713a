// SPDX-License-Identifier: Apache-2.0
// File slices and the page cache: what is in memory may be sent at once, what is not would stop a
// core.
#pragma once

#include "base/file.h"
#include "protocol/message.h"

namespace milena {

/// Slices up to this many bytes together are copied into the answer: one write is cheaper than a
/// sendfile.
inline constexpr int64_t kCopiedSliceBytes = 32 * 1024;

/// Copies the slices of `answer` into its buffer if they are small and in memory.
void copy_small_slices(protocol::ResponseChain& answer);

/// A cheap probe of a few pages. True also where the file system can't tell.
bool is_resident(const FileSlice& slice);

/// Reads the slice into the page cache; blocks on the disk.
void read_ahead(const FileSlice& slice);

}  // namespace milena
