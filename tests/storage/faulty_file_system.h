// SPDX-License-Identifier: Apache-2.0
// The real file system with a disk that can be made full or broken.
#pragma once

#include <atomic>
#include <cerrno>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace milena {

/// Counts down to a failure. Any thread.
class FaultyFileSystem final : public FileSystem {
  public:
    /// Bytes that can still be written; -1: no end.
    std::atomic<int64_t> room_bytes{-1};
    /// Nothing can be written below it; empty: no such directory. Set while nobody writes.
    std::string full_directory;
    std::atomic<bool> syncs_fail{false};
    std::atomic<bool> truncates_fail{false};
    std::atomic<int> syncs{0};
    std::atomic<int> volume_syncs{0};
    /// Runs once, before the next sync of a file. Set while nobody syncs.
    std::function<void()> before_sync;
    /// Runs before each renaming.
    std::function<void()> before_each_rename;
    /// Runs before each listing of a directory, on whatever thread.
    std::function<void(const std::string&)> before_each_list;
    /// Runs once, before the next file is set aside as .deleted.
    std::function<void()> before_set_aside;
    /// Directories that were synced. Read while nobody syncs.
    std::vector<std::string> synced_directories;

    Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
        auto file = real_.open(path, mode);
        if (!file) return file.error();
        return std::shared_ptr<File>(std::make_shared<FaultyFile>(*this, *file));
    }
    bool exists(const std::string& path) override { return real_.exists(path); }
    Result<int64_t> file_size(const std::string& path) override { return real_.file_size(path); }
    Result<void> rename(const std::string& from, const std::string& to) override {
        if (before_each_rename) before_each_rename();
        if (to.ends_with(".deleted"))
            if (auto act = std::exchange(before_set_aside, nullptr)) act();
        return real_.rename(from, to);
    }
    Result<void> remove(const std::string& path) override { return real_.remove(path); }
    Result<void> remove_tree(const std::string& path) override { return real_.remove_tree(path); }
    Result<void> make_directory(const std::string& path) override {
        return real_.make_directory(path);
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        if (before_each_list) before_each_list(path);
        return real_.list(path);
    }
    Result<void> sync_directory(const std::string& path) override {
        {
            std::lock_guard lock(mutex_);
            synced_directories.push_back(path);
        }
        return real_.sync_directory(path);
    }
    Result<void> sync_volume(const std::string& path) override {
        ++volume_syncs;
        if (syncs_fail) return storage_error("sync the volume of", path, EIO);
        return {};
    }
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        return real_.lock(path);
    }
    Result<std::pair<int64_t, int64_t>> volume_bytes(const std::string& path) override {
        return real_.volume_bytes(path);
    }

  private:
    class FaultyFile final : public File {
      public:
        FaultyFile(FaultyFileSystem& files, std::shared_ptr<File> real)
            : files_(files), real_(std::move(real)) {}
        Result<size_t> read_at(int64_t position, MutableBytesView into) const override {
            return real_->read_at(position, into);
        }
        Result<void> write_at(int64_t position, std::span<const BytesView> parts) override {
            const std::string& full = files_.full_directory;
            if (!full.empty() && path().starts_with(full))
                return storage_error("write to", path(), ENOSPC);
            for (BytesView part : parts) {
                int64_t room = files_.room_bytes.load();
                BytesView fitting = part;
                if (room >= 0)
                    fitting = part.first(std::min(part.size(), static_cast<size_t>(room)));
                // What fits is written, as a disk does that gets full.
                if (auto written = real_->write_at(position, fitting); !written) return written;
                if (room >= 0) files_.room_bytes -= static_cast<int64_t>(fitting.size());
                if (fitting.size() < part.size()) return storage_error("write to", path(), ENOSPC);
                position += static_cast<int64_t>(part.size());
            }
            return {};
        }
        Result<void> sync() override {
            ++files_.syncs;
            if (auto act = std::exchange(files_.before_sync, nullptr)) act();
            if (files_.syncs_fail) return storage_error("sync", path(), EIO);
            return real_->sync();
        }
        Result<void> truncate(int64_t size) override {
            if (files_.truncates_fail) return storage_error("truncate", path(), EIO);
            return real_->truncate(size);
        }
        Result<int64_t> size() const override { return real_->size(); }
        int descriptor() const override { return real_->descriptor(); }
        const std::string& path() const override { return real_->path(); }

      private:
        FaultyFileSystem& files_;
        std::shared_ptr<File> real_;
    };

    FileSystem& real_ = posix_file_system();
    std::mutex mutex_;
};

}  // namespace milena
