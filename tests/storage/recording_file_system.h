// SPDX-License-Identifier: Apache-2.0
// A file system in memory that keeps a record of every call that changes it, in order, so that a
// test can lay out what a power failure leaves (power_loss.h), and that fails the calls it is told
// to.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "tests/storage/simulated_disk.h"

namespace milena {

enum class DiskCall {
    kRead,
    kWrite,
    kSync,
    kTruncate,
    kOpen,
    kMake,
    kStat,
    kRename,
    kRemove,
    kList,
    kSyncDirectory,
    kSyncVolume,
};

/// How a call fails. A short write leaves half of its bytes behind.
struct DiskFailure {
    int error = EIO;
    bool is_short = false;
};

/// Any thread.
class RecordingFileSystem final : public FileSystem {
  public:
    /// `initial` is on the device.
    explicit RecordingFileSystem(DiskTree initial = {})
        : initial_(std::move(initial)), now_(initial_) {}

    const DiskTree& initial() const { return initial_; }
    const DiskTree& now() const { return now_; }
    const std::vector<DiskEvent>& journal() const { return journal_; }
    /// Asked before every call but exists(). Set while nobody uses the file system.
    std::function<std::optional<DiskFailure>(DiskCall, const std::string& path)> fault;
    /// What a process that died held is free again.
    void release_locks() { locks_.clear(); }

    Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
    bool exists(const std::string& path) override {
        std::lock_guard lock(mutex_);
        return find(path).has_value();
    }
    Result<int64_t> file_size(const std::string& path) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> remove_tree(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> sync_volume(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
    Result<std::pair<int64_t, int64_t>> volume_bytes(const std::string& path) override {
        if (auto failure = fails(DiskCall::kStat, path))
            return storage_error("stat", path, failure->error);
        return std::pair<int64_t, int64_t>(1 << 30, 1 << 29);
    }

  private:
    class RecordedFile;
    class Lock;
    using Kind = DiskEvent::Kind;

    std::optional<DiskFailure> fails(DiskCall call, const std::string& path) const {
        return fault ? fault(call, path) : std::nullopt;
    }
    static std::pair<std::string, std::string> split(const std::string& path) {
        const size_t slash = path.rfind('/');
        return {path.substr(0, slash), path.substr(slash + 1)};
    }
    // REQUIRES: mutex_ held, for all that follows.
    std::optional<NodeId> find(const std::string& path) const;
    /// The directory that holds `path`.
    std::optional<NodeId> parent(const std::string& path) const {
        const auto found = find(split(path).first);
        return found && now_.nodes[*found].is_directory ? found : std::nullopt;
    }
    void note(DiskEvent event) {
        if (event.changes_names() || event.changes_content()) now_.apply(event);
        journal_.push_back(std::move(event));
    }
    NodeId make(NodeId directory, const std::string& name, bool is_directory) {
        const NodeId child = now_.add(is_directory);
        note({Kind::kMake, directory, 0, {}, name, {}, child, is_directory});
        return child;
    }
    void unlink_all(NodeId directory);

    mutable std::mutex mutex_;
    const DiskTree initial_;
    DiskTree now_;
    std::vector<DiskEvent> journal_;
    std::set<std::string> locks_;
};

class RecordingFileSystem::RecordedFile final : public File {
  public:
    RecordedFile(RecordingFileSystem& disk, NodeId node, std::string path)
        : disk_(disk), node_(node), path_(std::move(path)) {}

    Result<size_t> read_at(int64_t position, MutableBytesView into) const override {
        if (auto failure = disk_.fails(DiskCall::kRead, path_))
            return storage_error("read", path_, failure->error);
        std::lock_guard lock(disk_.mutex_);
        const Bytes& content = disk_.now_.nodes[node_].content;
        const auto start = std::min(static_cast<size_t>(position), content.size());
        const size_t count = std::min(into.size(), content.size() - start);
        std::copy_n(content.begin() + static_cast<ptrdiff_t>(start), count, into.begin());
        return count;
    }
    Result<void> write_at(int64_t position, std::span<const BytesView> parts) override {
        Bytes bytes;
        for (BytesView part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
        const auto failure = disk_.fails(DiskCall::kWrite, path_);
        if (failure) bytes.resize(failure->is_short ? bytes.size() / 2 : 0);
        if (!bytes.empty()) note({Kind::kWrite, node_, position, std::move(bytes)});
        if (failure) return storage_error("write to", path_, failure->error);
        return {};
    }
    Result<void> sync() override {
        const auto failure = disk_.fails(DiskCall::kSync, path_);
        note({failure ? Kind::kSyncFailed : Kind::kSync, node_});
        if (failure) return storage_error("sync", path_, failure->error);
        return {};
    }
    Result<void> truncate(int64_t size) override {
        if (auto failure = disk_.fails(DiskCall::kTruncate, path_))
            return storage_error("truncate", path_, failure->error);
        note({Kind::kResize, node_, size});
        return {};
    }
    Result<int64_t> size() const override {
        if (auto failure = disk_.fails(DiskCall::kStat, path_))
            return storage_error("stat", path_, failure->error);
        std::lock_guard lock(disk_.mutex_);
        return static_cast<int64_t>(disk_.now_.nodes[node_].content.size());
    }
    int descriptor() const override { return -1; }
    const std::string& path() const override { return path_; }

  private:
    void note(DiskEvent event) {
        std::lock_guard lock(disk_.mutex_);
        disk_.note(std::move(event));
    }

    RecordingFileSystem& disk_;
    const NodeId node_;
    const std::string path_;
};

class RecordingFileSystem::Lock final : public FileLock {
  public:
    Lock(RecordingFileSystem& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    ~Lock() override { disk_.locks_.erase(path_); }

  private:
    RecordingFileSystem& disk_;
    const std::string path_;
};

inline std::optional<NodeId> RecordingFileSystem::find(const std::string& path) const {
    NodeId at = DiskTree::kRoot;
    for (size_t start = 1; start < path.size();) {
        const size_t end = std::min(path.find('/', start), path.size());
        const auto& entries = now_.nodes[at].entries;
        const auto found = entries.find(path.substr(start, end - start));
        if (found == entries.end()) return {};
        at = found->second;
        start = end + 1;
    }
    return at;
}

inline Result<std::shared_ptr<File>> RecordingFileSystem::open(const std::string& path,
                                                               OpenMode mode) {
    if (auto failure = fails(DiskCall::kOpen, path))
        return storage_error("open", path, failure->error);
    std::lock_guard lock(mutex_);
    auto node = find(path);
    const bool may_make = mode == OpenMode::kCreate || mode == OpenMode::kTruncate;
    const auto directory = parent(path);
    if (!directory || (!node && !may_make)) return storage_error("open", path, ENOENT);
    if (node && now_.nodes[*node].is_directory) return storage_error("open", path, EISDIR);
    if (!node) node = make(*directory, split(path).second, false);
    if (mode == OpenMode::kTruncate && !now_.nodes[*node].content.empty())
        note({Kind::kResize, *node, 0});
    return std::shared_ptr<File>(std::make_shared<RecordedFile>(*this, *node, path));
}

inline Result<int64_t> RecordingFileSystem::file_size(const std::string& path) {
    if (auto failure = fails(DiskCall::kStat, path))
        return storage_error("stat", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(path);
    if (!node) return storage_error("stat", path, ENOENT);
    if (now_.nodes[*node].is_directory) return storage_error("read", path, EISDIR);
    return static_cast<int64_t>(now_.nodes[*node].content.size());
}

inline Result<void> RecordingFileSystem::rename(const std::string& from, const std::string& to) {
    if (auto failure = fails(DiskCall::kRename, from))
        return storage_error("rename", from, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(from);
    const auto directory = parent(to);
    if (!node || !directory) return storage_error("rename", from, ENOENT);
    if (directory != parent(from)) return storage_error("rename", from, EXDEV);  // nobody does
    note({Kind::kRename, *directory, 0, {}, split(from).second, split(to).second, *node});
    return {};
}

inline Result<void> RecordingFileSystem::remove(const std::string& path) {
    if (auto failure = fails(DiskCall::kRemove, path))
        return storage_error("remove", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(path);
    if (!node) return {};
    if (now_.nodes[*node].is_directory) return storage_error("remove", path, EISDIR);
    note({Kind::kUnlink, *parent(path), 0, {}, split(path).second, {}, *node});
    return {};
}

inline void RecordingFileSystem::unlink_all(NodeId directory) {
    const auto entries = now_.nodes[directory].entries;
    for (const auto& [name, child] : entries) {
        if (now_.nodes[child].is_directory) unlink_all(child);
        note({Kind::kUnlink, directory, 0, {}, name, {}, child});
    }
}

inline Result<void> RecordingFileSystem::remove_tree(const std::string& path) {
    if (auto failure = fails(DiskCall::kRemove, path))
        return storage_error("remove", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(path);
    if (!node) return {};
    if (now_.nodes[*node].is_directory) unlink_all(*node);
    note({Kind::kUnlink, *parent(path), 0, {}, split(path).second, {}, *node});
    return {};
}

inline Result<void> RecordingFileSystem::make_directory(const std::string& path) {
    if (auto failure = fails(DiskCall::kMake, path))
        return storage_error("make directory", path, failure->error);
    std::lock_guard lock(mutex_);
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (!find(part)) make(*parent(part), split(part).second, true);
        if (end == std::string::npos) return {};
    }
}

inline Result<std::vector<std::string>> RecordingFileSystem::list(const std::string& path) {
    if (auto failure = fails(DiskCall::kList, path))
        return storage_error("list", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(path);
    if (!node || !now_.nodes[*node].is_directory) return storage_error("list", path, ENOENT);
    std::vector<std::string> names;
    for (const auto& [name, child] : now_.nodes[*node].entries) names.push_back(name);
    return names;
}

inline Result<void> RecordingFileSystem::sync_directory(const std::string& path) {
    if (auto failure = fails(DiskCall::kSyncDirectory, path))
        return storage_error("sync directory", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto node = find(path);
    if (!node) return storage_error("open directory", path, ENOENT);
    note({Kind::kSyncDirectory, *node});
    return {};
}

inline Result<void> RecordingFileSystem::sync_volume(const std::string& path) {
    if (auto failure = fails(DiskCall::kSyncVolume, path))
        return storage_error("sync the volume of", path, failure->error);
    std::lock_guard lock(mutex_);
    const auto volume = find(path.substr(0, path.find('/', 1)));
    if (!volume) return storage_error("open directory", path, ENOENT);
    note({Kind::kSyncVolume, *volume});
    return {};
}

inline Result<std::unique_ptr<FileLock>> RecordingFileSystem::lock(const std::string& path) {
    if (auto opened = open(path, OpenMode::kCreate); !opened) return opened.error();
    if (!locks_.insert(path).second) return storage_error("lock", path, EAGAIN);
    return std::unique_ptr<FileLock>(std::make_unique<Lock>(*this, path));
}

}  // namespace milena
