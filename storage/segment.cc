// SPDX-License-Identifier: Apache-2.0
#include "storage/segment.h"

#include <algorithm>
#include <limits>

#include "base/log.h"

namespace milena {

struct Segment::NewEntries {
    std::vector<OffsetIndexEntry> offsets;
    std::vector<TimeIndexEntry> times;
};

Segment::Segment(FileCache& cache, std::shared_ptr<const std::string> directory, Offset base_offset,
                 int64_t size, TimestampMs created, Origin origin)
    : directory_(std::move(directory)),
      base_offset_(base_offset),
      created_(created),
      origin_(origin),
      size_(size),
      times_loaded_(size == 0),
      log_(cache),
      offset_index_(cache),
      time_index_(cache) {}

Segment::~Segment() { delete pinned_aborted_.load(); }

std::string Segment::path(std::string_view suffix) const {
    return *directory_ + "/" + segment_file_name(base_offset_, suffix);
}

Result<std::shared_ptr<File>> Segment::log_file() {
    return log_.get([this] { return path(kLogSuffix); },
                    size() == 0 ? OpenMode::kCreate : OpenMode::kReadWrite);
}

// ---- Reading

Result<std::optional<OffsetIndexEntry>> Segment::entry_before(Offset target) {
    int64_t wanted = target - base_offset_;
    return offset_index_.last_where(offset_index_path(), [&](const OffsetIndexEntry& entry) {
        return entry.relative_offset <= wanted;
    });
}

template <class Visit>
Result<void> Segment::scan(const std::optional<OffsetIndexEntry>& entry, int64_t fallback,
                           const Visit& visit) {
    auto file = log_file();
    if (!file) return file.error();
    BatchScanner scanner(**file, entry ? entry->position : fallback, size());
    bool first = true;
    while (true) {
        auto batch = scanner.next();
        bool misled =
            !batch || !*batch ||
            relative((*batch)->header.last_offset()) != (entry ? entry->relative_offset : 0);
        if (first && entry && misled) {
            MILENA_LOG(Warn) << path(kOffsetIndexSuffix) << " points to no batch at "
                             << entry->position << "; reading without it";
            return scan(std::nullopt, fallback, visit);
        }
        first = false;
        if (!batch) return batch.error();
        if (!*batch || !visit(**batch)) return {};
    }
}

Result<std::optional<BatchPosition>> Segment::find_batch(Offset target) {
    std::optional<BatchPosition> found;
    if (size() == 0) return found;
    auto entry = entry_before(target);
    if (!entry) return entry.error();
    auto scanned = scan(*entry, 0, [&](const BatchPosition& batch) {
        if (batch.header.last_offset() >= target) found = batch;
        return !found;
    });
    if (!scanned) return scanned.error();
    return found;
}

Result<Segment::Border> Segment::border_at_most(int64_t start, int64_t limit) {
    // For less than this, the index costs more reads than it saves.
    constexpr int64_t kScanBytesMax = 32 * 1024;
    Border border{start, kNoOffset};
    if (limit >= size()) return Border{size(), kNoOffset};
    std::optional<OffsetIndexEntry> entry;
    if (limit - start > kScanBytesMax) {
        auto found = offset_index_.last_where(
            offset_index_path(), [&](const OffsetIndexEntry& e) { return e.position <= limit; });
        if (!found) return found.error();
        if (*found && (*found)->position > start) entry = **found;
    }
    auto scanned = scan(entry, start, [&](const BatchPosition& batch) {
        if (batch.end() > limit) {
            border = {batch.position, batch.header.base_offset, batch};
            return false;
        }
        border = {batch.end(), batch.header.next_offset()};
        return true;
    });
    if (!scanned) return scanned.error();
    return border;
}

Result<std::optional<BatchPosition>> Segment::find_batch_by_time(TimestampMs timestamp,
                                                                 Offset from) {
    if (size() == 0) return std::optional<BatchPosition>();
    // Strictly before: the entry's own batch may not be the first with that timestamp.
    auto entry = time_index_.last_where(
        time_index_path(), [&](const TimeIndexEntry& e) { return e.timestamp < timestamp.value; });
    if (!entry) return entry.error();
    Offset target = *entry ? base_offset_ + (*entry)->relative_offset : base_offset_;
    auto start = entry_before(std::max(target, from));
    if (!start) return start.error();
    std::optional<BatchPosition> found;
    auto scanned = scan(*start, 0, [&](const BatchPosition& batch) {
        if (batch.header.max_timestamp >= timestamp && batch.header.last_offset() >= from)
            found = batch;
        return !found;
    });
    if (!scanned) return scanned.error();
    return found;
}

Result<void> Segment::load_times() {
    if (times_loaded_.load(std::memory_order_acquire)) return {};
    auto last = time_index_.last(time_index_path());
    if (!last) return last.error();
    if (*last) {
        last_time_entry_ = **last;
        max_timestamp_.store((*last)->timestamp);
        offset_of_max_timestamp_.store(base_offset_.value + (*last)->relative_offset);
    }
    times_loaded_.store(true, std::memory_order_release);
    return {};
}

Result<TimestampMs> Segment::max_timestamp() {
    if (times_loaded_.load(std::memory_order_acquire)) return TimestampMs(max_timestamp_.load());
    auto last = time_index_.last(time_index_path());
    if (!last) return last.error();
    return TimestampMs(*last ? (*last)->timestamp : -1);
}

Result<Offset> Segment::offset_of_max_timestamp() {
    if (times_loaded_.load(std::memory_order_acquire))
        return Offset(offset_of_max_timestamp_.load());
    auto last = time_index_.last(time_index_path());
    if (!last) return last.error();
    return *last ? base_offset_ + (*last)->relative_offset : kNoOffset;
}

Result<Segment::Tail> Segment::tail() {
    Tail tail{base_offset_, 0};
    if (size() == 0) return tail;
    auto entry = entry_before(Offset(std::numeric_limits<int64_t>::max()));
    if (!entry) return entry.error();
    auto scanned = scan(*entry, 0, [&](const BatchPosition& batch) {
        tail = {batch.header.next_offset(), batch.end()};
        return true;
    });
    if (!scanned) return scanned.error();
    return tail;
}

Result<int64_t> Segment::index_bytes() {
    auto offsets = offset_index_.count(offset_index_path());
    if (!offsets) return offsets.error();
    auto times = time_index_.count(time_index_path());
    if (!times) return times.error();
    return std::max(*offsets * OffsetIndexEntry::kSize, *times * TimeIndexEntry::kSize);
}

Result<std::vector<AbortedTransactionEntry>> Segment::aborted_transactions(
    FileSystem& files) const {
    if (const auto* pinned = pinned_aborted_.load()) return *pinned;
    auto read = read_aborted_transactions(files, path(kTransactionIndexSuffix));
    // Pinned meanwhile: then it may have been another segment's file.
    if (const auto* pinned = pinned_aborted_.load()) return *pinned;
    return read;
}

Result<void> Segment::pin(FileSystem& files) {
    auto aborted = aborted_transactions(files);
    if (!aborted) return aborted.error();
    if (!pinned_aborted_.load())
        pinned_aborted_ = new std::vector<AbortedTransactionEntry>(std::move(*aborted));
    if (size() == 0) return {};
    auto pinned = log_.pin([this] { return path(kLogSuffix); }, OpenMode::kReadWrite);
    if (!pinned) return pinned;
    if (pinned = offset_index_.pin(offset_index_path()); !pinned) return pinned;
    return time_index_.pin(time_index_path());
}

// ---- Writing

Result<TimestampMs> Segment::first_batch_timestamp() {
    if (first_batch_timestamp_.value >= 0) return first_batch_timestamp_;
    auto file = log_file();
    if (!file) return file.error();
    BatchScanner scanner(**file, 0, size());
    auto batch = scanner.next();
    if (!batch) return batch.error();
    if (*batch) first_batch_timestamp_ = (*batch)->header.max_timestamp;
    return first_batch_timestamp_;
}

Result<bool> Segment::index_is_full(const LogConfig& config) {
    auto offsets = offset_index_.appended(offset_index_path());
    if (!offsets) return offsets.error();
    auto times = time_index_.appended(time_index_path());
    if (!times) return times.error();
    // One time entry stays free for the one that seal() adds.
    return *offsets >= config.segment_index_bytes / OffsetIndexEntry::kSize ||
           *times >= config.segment_index_bytes / TimeIndexEntry::kSize - 1;
}

Result<bool> Segment::must_roll(const LogConfig& config, int64_t roll_jitter_ms, int64_t bytes,
                                Offset last, TimestampMs batch_timestamp, TimestampMs now) {
    if (last - base_offset_ > std::numeric_limits<int32_t>::max()) return true;
    if (size() == 0) return false;
    if (size() > config.segment_bytes - bytes) return true;
    auto first = first_batch_timestamp();
    if (!first) return first.error();
    // Kafka's rule: by the records' own time where they have one.
    int64_t age =
        first->value >= 0 ? batch_timestamp.value - first->value : now.value - created_.value;
    if (age > config.roll_ms() - roll_jitter_ms) return true;
    return index_is_full(config);
}

void Segment::note_time_entry(NewEntries& entries) {
    TimeIndexEntry entry{max_timestamp_.load(), relative(Offset(offset_of_max_timestamp_.load()))};
    if (entry.timestamp <= last_time_entry_.timestamp) return;
    last_time_entry_ = entry;
    entries.times.push_back(entry);
}

void Segment::note_batch(const BatchHeader& batch, int64_t position, const LogConfig& config,
                         NewEntries& entries) {
    if (batch.max_timestamp.value > max_timestamp_.load()) {
        offset_of_max_timestamp_.store(batch.last_offset().value);
        max_timestamp_.store(batch.max_timestamp.value);
    }
    if (bytes_since_index_entry_ > config.index_interval_bytes) {
        entries.offsets.push_back({relative(batch.last_offset()), static_cast<int32_t>(position)});
        note_time_entry(entries);
        bytes_since_index_entry_ = 0;
    }
    bytes_since_index_entry_ += batch.size_bytes;
}

Result<void> Segment::write_entries(const NewEntries& entries) {
    auto offsets = offset_index_.append(offset_index_path(), std::span(entries.offsets));
    auto times = time_index_.append(time_index_path(), std::span(entries.times));
    if (!times) last_time_entry_ = {};  // the newest time must get there at last
    return offsets ? times : offsets;
}

Result<void> Segment::flush_entries() {
    if (auto written = offset_index_.flush(offset_index_path()); !written) return written;
    auto times = time_index_.flush(time_index_path());
    if (!times) last_time_entry_ = {};
    return times;
}

Result<void> Segment::append(BytesView batches, const LogConfig& config) {
    if (auto loaded = load_times(); !loaded) return loaded;
    auto file = log_file();
    if (!file) return file.error();
    int64_t start = size();
    modified_ = true;
    if (start == 0) {  // nothing may be left of a segment that was here before
        if (auto made = offset_index_.trim(offset_index_path(), 0); !made) return made;
        if (auto made = time_index_.trim(time_index_path(), 0); !made) return made;
    }
    if (auto written = (*file)->write_at(start, batches); !written) {
        torn_ = !(*file)->truncate(start);
        return written;
    }
    NewEntries entries;
    for (size_t at = 0; at < batches.size();) {
        BatchHeader batch = BatchHeader::load(batches.data() + at);
        note_batch(batch, start + static_cast<int64_t>(at), config, entries);
        at += static_cast<size_t>(batch.size_bytes);
    }
    // The records are in: an index that lacks entries only costs a longer scan.
    if (auto written = write_entries(entries); !written) {
        MILENA_LOG(Warn) << "index of " << path(kLogSuffix) << ": " << written.error().message();
    }
    size_.store(start + static_cast<int64_t>(batches.size()), std::memory_order_release);
    return {};
}

Result<void> Segment::seal() {
    if (size() == 0 || !modified_) return {};
    if (auto loaded = load_times(); !loaded) return loaded;
    NewEntries entries;
    note_time_entry(entries);
    if (auto written = write_entries(entries); !written) return written;
    if (auto written = flush_entries(); !written) return written;
    auto offsets = offset_index_.count(offset_index_path());
    if (!offsets) return offsets.error();
    auto times = time_index_.count(time_index_path());
    if (!times) return times.error();
    if (auto trimmed = offset_index_.trim(offset_index_path(), *offsets); !trimmed) return trimmed;
    if (auto trimmed = time_index_.trim(time_index_path(), *times); !trimmed) return trimmed;
    modified_ = false;
    return {};
}

Result<void> Segment::sync(bool indexes) {
    if (size() == 0) return {};
    auto file = log_file();
    if (!file) return file.error();
    if (auto synced = (*file)->sync(); !synced || !indexes) return synced;
    if (auto synced = offset_index_.sync(offset_index_path()); !synced) return synced;
    return time_index_.sync(time_index_path());
}

Result<int64_t> Segment::recover(const LogConfig& config,
                                 const std::function<void(const BatchReader::Batch&)>& visit) {
    auto file = log_file();
    if (!file) return file.error();
    auto length = (*file)->size();
    if (!length) return length.error();
    modified_ = true;
    last_time_entry_ = {};
    max_timestamp_ = offset_of_max_timestamp_ = -1;
    bytes_since_index_entry_ = 0;
    BatchReader reader(**file, *length);
    NewEntries entries;
    Offset next = base_offset_;
    int64_t valid = 0;
    while (true) {
        auto batch = reader.next();
        if (!batch) return batch.error();
        if (!*batch) break;
        const BatchHeader& header = (*batch)->header;
        if (header.base_offset < next ||
            header.last_offset() - base_offset_ > std::numeric_limits<int32_t>::max())
            break;
        next = header.next_offset();
        valid = reader.position();
        note_batch(header, (*batch)->position, config, entries);
        visit(**batch);
    }
    note_time_entry(entries);  // as of a segment that is sealed: perhaps this one was
    times_loaded_.store(true, std::memory_order_release);
    auto indexed = offset_index_.replace(offset_index_path(), std::span(entries.offsets));
    if (indexed) indexed = time_index_.replace(time_index_path(), std::span(entries.times));
    if (!indexed) return indexed.error();
    if (valid < *length) {
        if (auto cut = (*file)->truncate(valid); !cut) return cut.error();
        // Else what is cut here might be back behind what is written in its place.
        if (auto synced = (*file)->sync(); !synced) return synced.error();
    }
    size_.store(valid, std::memory_order_release);
    return *length - valid;
}

void Segment::close() {
    log_.close();
    offset_index_.close();
    time_index_.close();
}

}  // namespace milena
