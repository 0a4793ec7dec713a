// SPDX-License-Identifier: Apache-2.0
#include "server/commands/temporary_data.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace milena {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "milena-test-broker-";
/// Another process may take a new directory for one that was left behind, if it looks just then.
constexpr int kAttemptsMax = 100;

/// The directory's lock, if it is this user's and nobody else has it; -1 otherwise.
int lock_directory(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return -1;
    struct stat is{};
    if (fstat(descriptor, &is) == 0 && is.st_uid == geteuid() &&
        flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/// A directory that was removed before it was locked has a lock that protects nothing.
bool still_exists(int descriptor) {
    struct stat is{};
    return fstat(descriptor, &is) == 0 && is.st_nlink > 0;
}

void remove_left_behind(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator one(parent, error), end; !error && one != end;
         one.increment(error)) {
        if (!one->path().filename().string().starts_with(kPrefix)) continue;
        const int lock = lock_directory(one->path());
        if (lock < 0) continue;
        std::error_code ignored;
        fs::remove_all(one->path(), ignored);
        close(lock);
    }
}

}  // namespace

Result<TemporaryData> TemporaryData::make() {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    if (error) return storage_error("find", "$TMPDIR", error.value());
    remove_left_behind(parent);
    const std::string pattern = parent / (std::string(kPrefix) + "XXXXXX");
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        std::string path = pattern;
        if (!mkdtemp(path.data())) return storage_error("make", path, errno);
        const int lock = lock_directory(path);
        if (lock >= 0 && still_exists(lock)) return TemporaryData(std::move(path), lock);
        if (lock >= 0) close(lock);
    }
    return storage_error("lock", pattern, EBUSY);
}

TemporaryData::TemporaryData(TemporaryData&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

TemporaryData::~TemporaryData() {
    if (lock_ < 0) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    close(lock_);
}

}  // namespace milena
