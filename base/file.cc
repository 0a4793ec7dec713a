// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace milena {
namespace {

class PosixFile final : public File {
  public:
    PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    ~PosixFile() override { ::close(descriptor_); }

    Result<size_t> read_at(int64_t position, MutableBytesView into) const override {
        size_t done = 0;
        while (done < into.size()) {
            ssize_t n = ::pread(descriptor_, into.data() + done, into.size() - done,
                                position + static_cast<int64_t>(done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_error("read", path_, errno);
            if (n == 0) break;
            done += static_cast<size_t>(n);
        }
        return done;
    }

    Result<void> write_at(int64_t position, std::span<const BytesView> parts) override {
        if (parts.size() == 1) return write_one(position, parts.front());
        std::vector<iovec> left;
        left.reserve(parts.size());
        for (BytesView part : parts)
            if (!part.empty()) left.push_back({const_cast<uint8_t*>(part.data()), part.size()});
        for (size_t first = 0; first < left.size();) {
            int count = static_cast<int>(std::min<size_t>(left.size() - first, IOV_MAX));
            ssize_t n = ::pwritev(descriptor_, left.data() + first, count, position);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_error("write to", path_, errno);
            position += n;
            for (size_t rest = static_cast<size_t>(n); rest > 0 && first < left.size();) {
                size_t taken = std::min(rest, left[first].iov_len);
                left[first].iov_base = static_cast<uint8_t*>(left[first].iov_base) + taken;
                left[first].iov_len -= taken;
                rest -= taken;
                if (left[first].iov_len == 0) ++first;
            }
        }
        return {};
    }

    Result<void> sync() override {
        if (::fdatasync(descriptor_) != 0) return storage_error("sync", path_, errno);
        return {};
    }

    Result<void> truncate(int64_t size) override {
        if (::ftruncate(descriptor_, size) != 0) return storage_error("truncate", path_, errno);
        return {};
    }

    Result<int64_t> size() const override {
        struct stat status{};
        if (::fstat(descriptor_, &status) != 0) return storage_error("stat", path_, errno);
        return status.st_size;
    }

    int descriptor() const override { return descriptor_; }
    const std::string& path() const override { return path_; }

  private:
    Result<void> write_one(int64_t position, BytesView bytes) {
        while (!bytes.empty()) {
            ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), position);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_error("write to", path_, errno);
            position += n;
            bytes = bytes.subspan(static_cast<size_t>(n));
        }
        return {};
    }

    int descriptor_;
    std::string path_;
};

class PosixFileLock final : public FileLock {
  public:
    explicit PosixFileLock(int descriptor) : descriptor_(descriptor) {}
    ~PosixFileLock() override { ::close(descriptor_); }

  private:
    int descriptor_;
};

int open_flags(OpenMode mode) {
    switch (mode) {
        case OpenMode::kRead:
            return O_RDONLY;
        case OpenMode::kReadWrite:
            return O_RDWR;
        case OpenMode::kCreate:
            return O_RDWR | O_CREAT;
        case OpenMode::kTruncate:
            return O_RDWR | O_CREAT | O_TRUNC;
    }
    __builtin_unreachable();
}

/// Of the directory's own descriptor.
Result<void> sync_with(int (*call)(int), const char* what, const std::string& directory) {
    int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return storage_error("open directory", directory, errno);
    int failure = call(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (failure != 0) return storage_error(what, directory, failure);
    return {};
}

class PosixFileSystem final : public FileSystem {
  public:
    Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
        int descriptor = ::open(path.c_str(), open_flags(mode) | O_CLOEXEC, 0644);
        if (descriptor < 0) return storage_error("open", path, errno);
        return std::shared_ptr<File>(std::make_shared<PosixFile>(descriptor, path));
    }

    /// What can't be looked at is there: to take it for missing could cost what it holds.
    bool exists(const std::string& path) override {
        return ::access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
    }

    Result<int64_t> file_size(const std::string& path) override {
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) return storage_error("stat", path, errno);
        if (S_ISDIR(status.st_mode)) return storage_error("read", path, EISDIR);
        return status.st_size;
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return storage_error("rename", from, errno);
        return {};
    }

    Result<void> remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT)
            return storage_error("remove", path, errno);
        return {};
    }

    Result<void> remove_tree(const std::string& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error) return storage_error("remove", path, error.value());
        return {};
    }

    Result<void> make_directory(const std::string& path) override {
        if (::mkdir(path.c_str(), 0777) == 0) return {};  // most often its parent is there
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return storage_error("make directory", path, error.value());
        return {};
    }

    Result<std::vector<std::string>> list(const std::string& path) override {
        DIR* directory = ::opendir(path.c_str());
        if (directory == nullptr) return storage_error("list", path, errno);
        std::vector<std::string> names;
        while (true) {
            errno = 0;
            dirent* entry = ::readdir(directory);
            if (entry == nullptr) break;
            std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        int failure = errno;
        ::closedir(directory);
        // Half a list would be taken for a log with fewer segments.
        if (failure != 0) return storage_error("list", path, failure);
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<void> sync_directory(const std::string& path) override {
        return sync_with(::fsync, "sync directory", path);
    }

    Result<void> sync_volume(const std::string& path) override {
        return sync_with(::syncfs, "sync the volume of", path);
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (descriptor < 0) return storage_error("open", path, errno);
        // A POSIX record lock, as the JVM takes it: Apache Kafka and Milena exclude each other.
        struct flock whole{};
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        if (::fcntl(descriptor, F_SETLK, &whole) != 0) {
            int failure = errno;
            ::close(descriptor);
            if (failure == EAGAIN || failure == EACCES)
                return Error(ErrorCode::KAFKA_STORAGE_ERROR, "another process has locked " + path);
            return storage_error("lock", path, failure);
        }
        return std::unique_ptr<FileLock>(std::make_unique<PosixFileLock>(descriptor));
    }

    Result<std::pair<int64_t, int64_t>> volume_bytes(const std::string& path) override {
        struct statvfs status{};
        if (::statvfs(path.c_str(), &status) != 0) return storage_error("stat", path, errno);
        auto unit = static_cast<int64_t>(status.f_frsize);
        return std::pair<int64_t, int64_t>(unit * static_cast<int64_t>(status.f_blocks),
                                           unit * static_cast<int64_t>(status.f_bavail));
    }
};

std::string parent_of(const std::string& path) {
    size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

}  // namespace

Result<Bytes> FileSystem::read_file(const std::string& path) {
    auto file = open(path, OpenMode::kRead);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    Bytes content(static_cast<size_t>(*size));
    auto read = (*file)->read_at(0, content);
    if (!read) return read.error();
    content.resize(*read);
    return content;
}

Result<void> FileSystem::replace_file(const std::string& path, std::string_view content) {
    const std::string temporary = path + ".tmp";
    auto file = open(temporary, OpenMode::kTruncate);
    if (!file) return file.error();
    if (auto written = (*file)->write_at(0, as_bytes(content)); !written) return written;
    if (auto synced = (*file)->sync(); !synced) {
        (void)remove(temporary);  // whatever is written to it next, its syncs are worth nothing
        return synced;
    }
    if (auto renamed = rename(temporary, path); !renamed) return renamed;
    return sync_directory(parent_of(path));
}

FileSystem& posix_file_system() {
    static PosixFileSystem file_system;
    return file_system;
}

}  // namespace milena
