// SPDX-License-Identifier: Apache-2.0
// When files were last written to: what Apache Kafka takes for the age of records that don't tell.
#pragma once

#include <sys/stat.h>

#include <optional>

#include "base/file.h"
#include "base/ids.h"

namespace milena {

/// Nothing for a file that only a test knows.
inline std::optional<TimestampMs> modified_time(const File& file) {
    struct stat status{};
    if (::fstat(file.descriptor(), &status) != 0) return {};
    return TimestampMs(status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000);
}

/// A hint: a failure, or a power failure afterwards, leaves the time of the last write.
inline void set_modified_time(File& file, TimestampMs time) {
    const timespec both{time.value / 1000, time.value % 1000 * 1'000'000};
    const timespec times[] = {both, both};
    (void)::futimens(file.descriptor(), times);
}

}  // namespace milena
