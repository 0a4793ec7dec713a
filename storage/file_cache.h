// SPDX-License-Identifier: Apache-2.0
// Keeps a bounded number of files open, so that a node can have many more files than descriptors.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/published.h"

namespace milena {

class FileCache;

/// The place of one file in the cache: open or not. Forgets its file when destroyed; who still
/// holds the shared_ptr reads on.
class CachedFile {
  public:
    explicit CachedFile(FileCache& cache) : cache_(cache) {}
    ~CachedFile();
    CachedFile(const CachedFile&) = delete;

    /// The open file, opened (and made, if `mode` says so) if need be. Any thread; no lock and no
    /// syscall while it is open. `path` is called only to open: a callable that gives the path.
    template <class Path>
    Result<std::shared_ptr<File>> get(const Path& path, OpenMode mode = OpenMode::kReadWrite);
    /// Opens it for good: it no longer counts among the open files, and is this file whatever
    /// becomes of its name.
    template <class Path>
    Result<void> pin(const Path& path, OpenMode mode);
    template <class Path>
    bool exists(const Path& path) const;
    /// Closes it (when nobody holds it any more).
    void close();

  private:
    friend class FileCache;
    static constexpr int32_t kNotCached = -1;

    FileCache& cache_;
    Published<File> file_;
    std::atomic<bool> recently_used_{false};
    int32_t slot_ = kNotCached;  // guarded by the cache's mutex
};

/// Thread safe. Outlives its CachedFiles.
class FileCache {
  public:
    FileCache(FileSystem& files, int open_files_max)
        : files_(files), open_files_max_(static_cast<size_t>(open_files_max)) {}

    FileSystem& files() { return files_; }
    size_t open_count() const;

  private:
    friend class CachedFile;
    Result<std::shared_ptr<File>> open(CachedFile& place, const std::string& path, OpenMode mode);
    Result<void> pin(CachedFile& place, const std::string& path, OpenMode mode);
    void close(CachedFile& place);
    /// Both give the file, to be let go of without the lock.
    std::shared_ptr<File> evict_one();
    std::shared_ptr<File> take_out(CachedFile& place);

    FileSystem& files_;
    const size_t open_files_max_;
    mutable std::mutex mutex_;
    std::vector<CachedFile*> open_;  // a clock: evicts what was not used since the hand came by
    size_t hand_ = 0;
};

template <class Path>
Result<std::shared_ptr<File>> CachedFile::get(const Path& path, OpenMode mode) {
    if (std::shared_ptr<File> file = file_.load()) {
        if (!recently_used_.load(std::memory_order_relaxed))
            recently_used_.store(true, std::memory_order_relaxed);
        return file;
    }
    return cache_.open(*this, path(), mode);
}

template <class Path>
bool CachedFile::exists(const Path& path) const {
    return cache_.files().exists(path());
}

template <class Path>
Result<void> CachedFile::pin(const Path& path, OpenMode mode) {
    return cache_.pin(*this, path(), mode);
}

}  // namespace milena
