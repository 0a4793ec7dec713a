// SPDX-License-Identifier: Apache-2.0
// The one seam to the operating system's files. Everything that storage/ and cluster/ keep on disk
// goes through it, so that tests can record, fail or lose any call.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace milena {

/// One open regular file. Any thread may read; who writes is the owner's business.
/// Errors are KAFKA_STORAGE_ERROR and name the path and the cause.
class File {
  public:
    virtual ~File() = default;

    /// Reads at `position` until `into` is full or the file ends; returns how many bytes.
    virtual Result<size_t> read_at(int64_t position, MutableBytesView into) const = 0;
    /// Writes all `parts`, one after the other, at `position`, in one gather write where the system
    /// allows.
    virtual Result<void> write_at(int64_t position, std::span<const BytesView> parts) = 0;
    /// Data, and the size that is needed to read it, are on the device after this (fdatasync).
    /// After a failure nothing written before may be trusted.
    virtual Result<void> sync() = 0;
    virtual Result<void> truncate(int64_t size) = 0;
    virtual Result<int64_t> size() const = 0;
    /// For sendfile and mmap. -1 where there is no file behind it.
    virtual int descriptor() const = 0;
    virtual const std::string& path() const = 0;

    Result<void> write_at(int64_t position, BytesView bytes) {
        return write_at(position, std::span<const BytesView>(&bytes, 1));
    }
};

/// A run of bytes of a file, sent without being read. Holds the file open, also after it was
/// deleted.
struct FileSlice {
    std::shared_ptr<const File> file;
    int64_t position = 0;
    int64_t length = 0;

    bool operator==(const FileSlice&) const = default;
};

enum class OpenMode {
    kRead,       ///< must exist
    kReadWrite,  ///< must exist
    kCreate,     ///< read and write, made if missing
    kTruncate,   ///< read and write, made if missing, emptied
};

/// Held as long as the object lives; the kernel frees it when the process dies.
class FileLock {
  public:
    virtual ~FileLock() = default;
};

class FileSystem {
  public:
    virtual ~FileSystem() = default;

    virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual bool exists(const std::string& path) = 0;
    /// An Error for a directory.
    virtual Result<int64_t> file_size(const std::string& path) = 0;
    /// Replaces `to`. Durable only after sync_directory.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// A missing file is no error.
    virtual Result<void> remove(const std::string& path) = 0;
    /// A directory and all in it; missing is no error.
    virtual Result<void> remove_tree(const std::string& path) = 0;
    /// Parents included; existing is no error.
    virtual Result<void> make_directory(const std::string& path) = 0;
    /// Names (no paths) of what is in the directory, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    virtual Result<void> sync_directory(const std::string& path) = 0;
    /// All that was written to the volume that holds `path`, by whomever, is on the device after
    /// this: for when there are thousands of files to sync.
    virtual Result<void> sync_volume(const std::string& path) = 0;
    /// Fails at once if another process holds it.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
    /// Bytes of the volume that holds `path`: {total, usable}.
    virtual Result<std::pair<int64_t, int64_t>> volume_bytes(const std::string& path) = 0;

    Result<Bytes> read_file(const std::string& path);
    /// Written beside, synced, renamed over, directory synced: after a crash the old or the new,
    /// never a mixture.
    Result<void> replace_file(const std::string& path, std::string_view content);
};

/// The real thing. Lives for the whole process.
FileSystem& posix_file_system();

}  // namespace milena
