// SPDX-License-Identifier: Apache-2.0
// The sparse indexes of a segment: sorted entries of fixed size, without head or checksum.
//
//   .index      int32 last offset of a batch - base offset, int32 file position of that batch
//   .timeindex  int64 largest timestamp so far, int32 offset of it - base offset
//
// They are derived: what is missing or broken is made anew from the segment.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "storage/file_cache.h"

namespace milena {

struct OffsetIndexEntry {
    static constexpr int64_t kSize = 8;
    int32_t relative_offset = 0;
    int32_t position = 0;

    static OffsetIndexEntry load(const uint8_t* from) {
        return {load_big_endian<int32_t>(from), load_big_endian<int32_t>(from + 4)};
    }
    void store(uint8_t* to) const {
        store_big_endian(to, relative_offset);
        store_big_endian(to + 4, position);
    }
    bool operator==(const OffsetIndexEntry&) const = default;
};

struct TimeIndexEntry {
    static constexpr int64_t kSize = 12;
    int64_t timestamp = -1;
    int32_t relative_offset = 0;

    static TimeIndexEntry load(const uint8_t* from) {
        return {load_big_endian<int64_t>(from), load_big_endian<int32_t>(from + 8)};
    }
    void store(uint8_t* to) const {
        store_big_endian(to, timestamp);
        store_big_endian(to + 8, relative_offset);
    }
    bool operator==(const TimeIndexEntry&) const = default;
};

/// One writer; any thread may search, without a lock. Reads with pread rather than a map: a broken
/// disk is then an error and not a signal, and there is nothing to keep mapped. Files that a crash
/// or Apache Kafka left longer than their entries are trimmed by whoever opens the segment.
template <class Entry>
class SparseIndex {
  public:
    explicit SparseIndex(FileCache& cache) : file_(cache) {}

    /// Entries that can be read. Taken from the size of the file when first asked.
    template <class Path>
    Result<int64_t> count(const Path& path) {
        int64_t known = count_.load(std::memory_order_acquire);
        if (known >= 0) return known;
        auto file = file_.get(path, OpenMode::kReadWrite);
        // Not made by who only looks: the segment may be dropped already.
        if (!file && !file_.exists(path)) return int64_t{0};
        if (!file) return file.error();
        auto size = (*file)->size();
        if (!size) return size.error();
        int64_t expected = kUnknown;
        count_.compare_exchange_strong(expected, *size / Entry::kSize);
        return count_.load(std::memory_order_acquire);
    }

    /// What the file's size says, for who has asked for it before. Before any other use.
    void expect(int64_t file_bytes) {
        count_.store(file_bytes / Entry::kSize, std::memory_order_release);
        known_empty_ = file_bytes == 0;
    }

    /// Entries that were appended, whether they can be read or still wait. For the writer.
    template <class Path>
    Result<int64_t> appended(const Path& path) {
        auto known = count(path);
        if (!known) return known;
        return *known + static_cast<int64_t>(waiting_.size());
    }

    /// Up to kWaitingMax entries wait in memory, as one write costs what several do: until then
    /// searches end at an earlier entry. What a crash takes of them recovery makes anew.
    template <class Path>
    Result<void> append(const Path& path, std::span<const Entry> entries) {
        waiting_.insert(waiting_.end(), entries.begin(), entries.end());
        return waiting_.size() <= kWaitingMax ? Result<void>() : flush(path);
    }

    /// Writes the entries that wait. Those that could not be written are lost: an index may lack
    /// some.
    template <class Path>
    Result<void> flush(const Path& path) {
        if (waiting_.empty()) return {};
        const auto entries = std::exchange(waiting_, {});
        known_empty_ = false;
        auto known = count(path);
        if (!known) return known.error();
        auto file = file_.get(path, OpenMode::kCreate);
        if (!file) return file.error();
        const Bytes bytes = bytes_of(entries);
        if (auto written = (*file)->write_at(*known * Entry::kSize, BytesView(bytes)); !written)
            return written;
        count_.store(*known + static_cast<int64_t>(entries.size()), std::memory_order_release);
        return {};
    }

    template <class Path>
    Result<std::optional<Entry>> last(const Path& path) {
        return last_where(path, [](const Entry&) { return true; });
    }

    /// The last entry for which `holds`; it holds for the first n entries and for no later one.
    template <class Path, class Predicate>
    Result<std::optional<Entry>> last_where(const Path& path, const Predicate& holds);

    /// The file has these entries and no others. They are written over what is there, as ext4
    /// hurries to the device what is written to a file after it was cut to nothing.
    template <class Path>
    Result<void> replace(const Path& path, std::span<const Entry> entries) {
        waiting_.clear();
        if (entries.empty() && known_empty_) return {};
        auto file = file_.get(path, OpenMode::kCreate);
        if (!file) return file.error();
        auto size = (*file)->size();
        if (!size) return size.error();
        const Bytes bytes = bytes_of(entries);
        if (!bytes.empty())
            if (auto written = (*file)->write_at(0, BytesView(bytes)); !written) return written;
        known_empty_ = bytes.empty();
        count_.store(static_cast<int64_t>(entries.size()), std::memory_order_release);
        const auto length = static_cast<int64_t>(bytes.size());
        return *size > length ? (*file)->truncate(length) : Result<void>();
    }

    /// Forgets what is beyond `entries` and cuts the file there, so that it is what Kafka expects
    /// of a segment that is not written any more.
    template <class Path>
    Result<void> trim(const Path& path, int64_t entries) {
        if (entries == 0 && known_empty_) {
            waiting_.clear();
            return {};
        }
        auto file = file_.get(path, OpenMode::kCreate);
        if (!file) return file.error();
        waiting_.clear();
        count_.store(entries, std::memory_order_release);
        return (*file)->truncate(entries * Entry::kSize);
    }
    template <class Path>
    Result<void> sync(const Path& path) {
        auto file = file_.get(path, OpenMode::kCreate);
        if (!file) return file.error();
        return (*file)->sync();
    }
    /// What it says from now on is not changed by what becomes of the file's name.
    template <class Path>
    Result<void> pin(const Path& path) {
        auto known = count(path);
        if (!known) return known.error();
        if (*known == 0) {
            count_.store(0);  // whatever file takes its name
            return {};
        }
        return file_.pin(path, OpenMode::kReadWrite);
    }
    void close() { file_.close(); }

  private:
    static constexpr int64_t kUnknown = -1;
    static constexpr int64_t kBlockEntries = 64;
    static constexpr size_t kWaitingMax = 7;

    static Bytes bytes_of(std::span<const Entry> entries) {
        Bytes bytes(entries.size() * Entry::kSize);
        for (size_t i = 0; i < entries.size(); ++i)
            entries[i].store(bytes.data() + i * Entry::kSize);
        return bytes;
    }

    CachedFile file_;
    std::atomic<int64_t> count_{kUnknown};
    std::vector<Entry> waiting_;  // the writer's
    bool known_empty_ = false;    // the file is there, without a byte; the writer's
};

template <class Entry>
template <class Path, class Predicate>
Result<std::optional<Entry>> SparseIndex<Entry>::last_where(const Path& path,
                                                            const Predicate& holds) {
    auto known = count(path);
    if (!known) return known.error();
    if (*known == 0) return std::optional<Entry>();
    auto file = file_.get(path, OpenMode::kReadWrite);
    if (!file) return file.error();
    std::array<uint8_t, kBlockEntries * Entry::kSize> block;
    // Invariant: it holds for all before `low`, and for none from `high` on.
    int64_t low = 0, high = *known;
    while (high - low > kBlockEntries) {
        int64_t middle = low + (high - low) / 2;
        auto read =
            (*file)->read_at(middle * Entry::kSize, MutableBytesView(block).first(Entry::kSize));
        if (!read) return read.error();
        (holds(Entry::load(block.data())) ? low : high) = middle;
    }
    auto read = (*file)->read_at(
        low * Entry::kSize,
        MutableBytesView(block).first(static_cast<size_t>((high - low) * Entry::kSize)));
    if (!read) return read.error();
    std::optional<Entry> found;
    for (size_t at = 0; at + Entry::kSize <= *read; at += Entry::kSize) {
        Entry entry = Entry::load(block.data() + at);
        if (!holds(entry)) break;
        found = entry;
    }
    return found;
}

using OffsetIndex = SparseIndex<OffsetIndexEntry>;
using TimeIndex = SparseIndex<TimeIndexEntry>;

}  // namespace milena
