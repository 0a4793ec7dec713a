// SPDX-License-Identifier: Apache-2.0
// How much memory this process may take, which in a container is less than the machine has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace milena {

/// Bytes: the machine's memory, or the limit of this process's control group (version 1 or 2) or of
/// one above it, whichever is least. Reads files; to be asked at start.
int64_t usable_memory_bytes();

/// The part that reads files, for tests. `memberships` is what /proc/self/cgroup holds, `mount`
/// where control groups are mounted. INT64_MAX if there is no limit.
int64_t cgroup_memory_limit(std::string_view memberships, const std::string& mount);

}  // namespace milena
