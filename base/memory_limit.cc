// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

namespace milena {

namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

/// A missing file and the word "max" both mean that there is no limit.
int64_t limit_in(const std::string& path) {
    std::ifstream file(path);
    int64_t bytes = 0;
    return file >> bytes ? bytes : kNoLimit;
}

/// A group's limit holds for the groups in it. Within a container the path may be the host's, and
/// the mount begins at the container's own group: the files at the mount's top are read, too.
int64_t least_limit(const std::string& mount, std::string group, const std::string& file) {
    int64_t least = limit_in(mount + "/" + file);
    for (; group.size() > 1; group.resize(group.rfind('/'))) {
        least = std::min(least, limit_in(mount + group + "/" + file));
        if (group.rfind('/') == std::string::npos) break;
    }
    return least;
}

bool names_memory(std::string_view controllers) {
    return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

}  // namespace

// Lines are "NUMBER:CONTROLLER,...:/GROUP"; version 2 has the number 0 and no controllers.
int64_t cgroup_memory_limit(std::string_view memberships, const std::string& mount) {
    int64_t least = kNoLimit;
    std::istringstream lines{std::string(memberships)};
    for (std::string line; std::getline(lines, line);) {
        const size_t first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string group = line.substr(second + 1);
        if (line.starts_with("0::"))
            least = std::min(least, least_limit(mount, group, "memory.max"));
        else if (names_memory(controllers))
            least = std::min(least, least_limit(mount + "/memory", group, "memory.limit_in_bytes"));
    }
    return least;
}

int64_t usable_memory_bytes() {
    const int64_t machine = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    std::ostringstream memberships;
    if (std::ifstream file("/proc/self/cgroup"); file) memberships << file.rdbuf();
    return std::min(machine, cgroup_memory_limit(memberships.str(), "/sys/fs/cgroup"));
}

}  // namespace milena
