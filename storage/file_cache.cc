// SPDX-License-Identifier: Apache-2.0
#include "storage/file_cache.h"

namespace milena {

CachedFile::~CachedFile() { close(); }

void CachedFile::close() { cache_.close(*this); }

size_t FileCache::open_count() const {
    std::lock_guard lock(mutex_);
    return open_.size();
}

Result<std::shared_ptr<File>> FileCache::open(CachedFile& place, const std::string& path,
                                              OpenMode mode) {
    // Neither opening nor closing is done under the lock: they are slow, and logs load in parallel.
    auto opened = files_.open(path, mode);
    if (!opened) return opened;
    std::shared_ptr<File> evicted;
    std::lock_guard lock(mutex_);
    if (std::shared_ptr<File> file = place.file_.load()) return file;  // another thread was faster
    if (open_.size() >= open_files_max_) evicted = evict_one();
    place.slot_ = static_cast<int32_t>(open_.size());
    place.recently_used_.store(true, std::memory_order_relaxed);
    place.file_.store(*opened);
    open_.push_back(&place);
    return opened;
}

Result<void> FileCache::pin(CachedFile& place, const std::string& path, OpenMode mode) {
    std::lock_guard lock(mutex_);
    std::shared_ptr<File> file = place.file_.load();
    if (!file) {
        auto opened = files_.open(path, mode);
        if (!opened) return opened.error();
        file = *opened;
    }
    if (place.slot_ != CachedFile::kNotCached) take_out(place);
    place.file_.store(std::move(file));
    return {};
}

void FileCache::close(CachedFile& place) {
    std::shared_ptr<File> closed;  // let go of after the lock: the descriptor's close may be slow
    std::lock_guard lock(mutex_);
    closed = place.file_.load();
    if (place.slot_ != CachedFile::kNotCached)
        take_out(place);
    else if (closed)
        place.file_.store(nullptr);
}

std::shared_ptr<File> FileCache::evict_one() {
    while (!open_.empty()) {
        if (hand_ >= open_.size()) hand_ = 0;
        CachedFile* candidate = open_[hand_];
        if (!candidate->recently_used_.exchange(false, std::memory_order_relaxed))
            return take_out(*candidate);
        ++hand_;
    }
    return nullptr;
}

std::shared_ptr<File> FileCache::take_out(CachedFile& place) {
    std::shared_ptr<File> file = place.file_.load();
    auto slot = static_cast<size_t>(place.slot_);
    open_[slot] = open_.back();
    open_[slot]->slot_ = place.slot_;
    open_.pop_back();
    place.slot_ = CachedFile::kNotCached;
    place.file_.store(nullptr);
    return file;
}

}  // namespace milena
