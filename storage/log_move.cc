// SPDX-License-Identifier: Apache-2.0
#include "storage/log_move.h"

#include <algorithm>

#include "storage/directory_files.h"

namespace milena {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
/// As much may be copied while appends wait.
constexpr int64_t kRestMax = 1 << 20;
/// Each takes several syncs; from this many on, one sync of the whole volume is sooner done.
constexpr size_t kSyncedOneByOneMax = 8;
constexpr size_t kUnsettledMax = 256;

/// The segment that begins there; null if there is none.
std::shared_ptr<Segment> find_segment(const PartitionLog::SegmentList& segments, Offset base) {
    const auto found = std::ranges::lower_bound(segments, base, {}, &Segment::base_offset);
    return found == segments.end() || (*found)->base_offset() != base ? nullptr : *found;
}

}  // namespace

std::string LogMove::path_of(Offset base, std::string_view suffix) const {
    return future_ + "/" + segment_file_name(base, suffix);
}

LogMove::LogMove(std::shared_ptr<PartitionLog> log, FileSystem& files, std::string directory,
                 std::string future)
    : log_(std::move(log)),
      files_(files),
      directory_(std::move(directory)),
      future_(std::move(future)) {}

int64_t LogMove::offset_lag() const {
    return std::max<int64_t>(0, log_->log_end_offset().value - copied_to_.load());
}

Result<void> LogMove::there(Result<void> result) {
    if (!result) failed_there_ = true;
    return result;
}

Result<void> LogMove::begin() {
    if (auto made = log_->make_directory(); !made) return made;
    if (auto made = there(files_.make_directory(future_)); !made) return made;
    return there(write_topic_id(files_, future_, log_->topic_id()));
}

bool LogMove::is_complete(const std::string& name, const SegmentList& segments) const {
    const auto base = parse_segment_file_name(name, kLogSuffix);
    const auto segment = base ? find_segment(segments, *base) : nullptr;
    if (!segment || segment == segments.back()) return false;
    const auto size = files_.file_size(future_ + "/" + name);
    return size && *size == segment->size();
}

Result<void> LogMove::weigh_leftovers() {
    // A compaction that replaces segments has done so after this, and no other one will.
    log_->pause_maintenance().unlock();
    auto names = files_.list(future_);
    if (!names) return there(names.error());
    const auto segments = log_->segment_list();
    for (const std::string& name : *names) {
        if (is_complete(name, *segments))
            earlier_.insert(*parse_segment_file_name(name, kLogSuffix));
        else if (name != kPartitionMetadata)
            if (auto removed = there(files_.remove(future_ + "/" + name)); !removed) return removed;
    }
    weighed_ = true;
    return {};
}

std::shared_ptr<Segment> LogMove::next_segment(const SegmentList& segments) const {
    const auto next = std::find_if(
        std::ranges::upper_bound(segments, cursor_, {}, &Segment::base_offset), segments.end(),
        [&](const auto& segment) { return !finished_.contains(segment->base_offset()); });
    return next == segments.end() ? nullptr : *next;
}

Result<void> LogMove::open_segment(std::shared_ptr<Segment> segment) {
    auto source =
        segment->size() > 0 ? segment->log_file() : Result<std::shared_ptr<File>>(nullptr);
    if (!source) return source.error();
    segment_ = std::move(segment);
    source_ = std::move(*source);
    compares_ = earlier_.erase(segment_->base_offset()) > 0;
    if (!compares_) return open_copy();
    auto copy = files_.open(path_of(segment_->base_offset(), kLogSuffix), OpenMode::kReadWrite);
    if (!copy) return there(copy.error());
    copy_ = std::move(*copy);
    return {};
}

Result<void> LogMove::open_copy() {
    compares_ = false;
    position_ = 0;
    auto copy =
        files_.open(path_of(segment_->base_offset(), kLogSuffix) + std::string(kTemporarySuffix),
                    OpenMode::kTruncate);
    if (!copy) return there(copy.error());
    copy_ = std::move(*copy);
    return {};
}

Result<void> LogMove::choose_segment(const SegmentList& segments) {
    // Retention may have taken it meanwhile.
    if (segment_ && find_segment(segments, segment_->base_offset()) != segment_) {
        if (auto removed = remove_copy(segment_->base_offset()); !removed) return removed;
        segment_ = nullptr;
        position_ = 0;
    }
    return segment_ ? Result<void>() : open_segment(next_segment(segments));
}

Result<bool> LogMove::is_copied(BytesView chunk) {
    thread_local Bytes buffer(kBufferBytes);
    auto read = copy_->read_at(position_, MutableBytesView(buffer).first(chunk.size()));
    if (!read) {
        failed_there_ = true;
        return read.error();
    }
    return std::ranges::equal(BytesView(buffer).first(*read), chunk);
}

Result<int64_t> LogMove::copy_chunk(int64_t bytes_max) {
    const int64_t left = segment_->size() - position_.load();
    if (left > 0 && !source_) {
        auto source = segment_->log_file();
        if (!source) return source.error();
        source_ = std::move(*source);
    }
    thread_local Bytes buffer(kBufferBytes);  // there may be thousands of moves
    const auto wanted =
        static_cast<size_t>(std::min({left, bytes_max, static_cast<int64_t>(kBufferBytes)}));
    if (wanted == 0) return int64_t{0};
    auto read = source_->read_at(position_, MutableBytesView(buffer).first(wanted));
    if (!read) return read.error();
    if (*read < wanted)
        return Error(ErrorCode::KAFKA_STORAGE_ERROR, source_->path() + " is shorter than it was");
    const BytesView chunk = BytesView(buffer).first(wanted);
    if (compares_) {
        auto same = is_copied(chunk);
        if (!same) return same.error();
        if (!*same) {
            if (auto opened = open_copy(); !opened) return opened.error();
            return int64_t{0};
        }
    } else if (auto written = there(copy_->write_at(position_, chunk)); !written) {
        return written.error();
    }
    position_ += static_cast<int64_t>(wanted);
    return static_cast<int64_t>(wanted);
}

Result<void> LogMove::copy_file(const std::string& name) {
    const std::string from = log_->directory() + "/" + name;
    if (!files_.exists(from)) return {};
    auto content = files_.read_file(from);
    if (!content) return content.error();
    auto copy = files_.open(future_ + "/" + name, OpenMode::kTruncate);
    if (!copy) return there(copy.error());
    return there((*copy)->write_at(0, *content));
}

Result<void> LogMove::copy_side_files(const Segment& segment) {
    for (std::string_view suffix :
         {kOffsetIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix, kSnapshotSuffix})
        if (auto copied = copy_file(segment_file_name(segment.base_offset(), suffix)); !copied)
            return copied;
    return {};
}

Result<void> LogMove::finish_segment() {
    if (auto copied = copy_side_files(*segment_); !copied) return copied;
    cursor_ = segment_->base_offset();
    finished_.insert(cursor_);
    unsettled_.push_back(segment_->base_offset());
    finished_bytes_ += position_.exchange(0);
    segment_ = nullptr;
    source_ = copy_ = nullptr;
    return {};
}

Result<void> LogMove::sync_segment(Offset base) {
    const std::string log = segment_file_name(base, kLogSuffix) + std::string(kTemporarySuffix);
    for (const std::string& name : {log, segment_file_name(base, kOffsetIndexSuffix),
                                    segment_file_name(base, kTimeIndexSuffix),
                                    segment_file_name(base, kTransactionIndexSuffix),
                                    segment_file_name(base, kSnapshotSuffix)}) {
        const std::string path = future_ + "/" + name;
        if (!files_.exists(path)) continue;
        auto file = files_.open(path, OpenMode::kReadWrite);
        if (!file) return file.error();
        if (auto synced = (*file)->sync(); !synced) return synced;
    }
    return {};
}

Result<void> LogMove::settle() {
    // Small segments come faster than they could be synced one by one.
    const bool one_by_one = unsettled_.size() <= kSyncedOneByOneMax;
    if (!one_by_one)
        if (auto synced = there(files_.sync_volume(future_)); !synced) return synced;
    for (const Offset base : unsettled_) {
        if (one_by_one)
            if (auto synced = there(sync_segment(base)); !synced) return synced;
        const std::string name = path_of(base, kLogSuffix);
        const std::string temporary = name + std::string(kTemporarySuffix);
        if (!files_.exists(temporary)) continue;  // it has got its name from an earlier attempt
        if (auto renamed = there(files_.rename(temporary, name)); !renamed) return renamed;
    }
    unsettled_.clear();
    return {};
}

Result<bool> LogMove::copy(int64_t bytes_max) {
    if (!weighed_)
        if (auto weighed = weigh_leftovers(); !weighed) return weighed.error();
    const auto segments = log_->segment_list();
    auto more = copy_segments(*segments, bytes_max);
    if (more || failed_there_ || log_->segment_list()->front() == segments->front()) return more;
    return true;  // retention took the files away: there is less to copy now
}

Result<bool> LogMove::copy_segments(const SegmentList& segments, int64_t bytes_max) {
    while (bytes_max > 0) {
        if (auto chosen = choose_segment(segments); !chosen) return chosen.error();
        copied_to_ = segment_->base_offset().value;
        const bool is_active = segment_ == segments.back();
        auto copied = copy_chunk(bytes_max);
        if (!copied) return copied.error();
        bytes_max -= *copied;
        const int64_t left = segment_->size() - position_.load();
        if (is_active && left < kRestMax) {
            // So that little is left to sync, too.
            if (auto settled = settle(); !settled) return settled.error();
            if (auto synced = there(copy_->sync()); !synced) return synced.error();
            if (left == 0) copied_to_ = log_->log_end_offset().value;
            return false;
        }
        if (!is_active && left == 0)
            if (auto finished = finish_segment(); !finished) return finished.error();
        if (unsettled_.size() >= kUnsettledMax)
            if (auto settled = settle(); !settled) return settled.error();
    }
    return true;
}

Result<void> LogMove::remove_copy(Offset base) {
    const std::string temporary = std::string(kLogSuffix).append(kTemporarySuffix);
    for (std::string_view suffix : {std::string_view(temporary), kLogSuffix, kOffsetIndexSuffix,
                                    kTimeIndexSuffix, kTransactionIndexSuffix, kSnapshotSuffix})
        if (auto removed = there(files_.remove(path_of(base, suffix))); !removed) return removed;
    return {};
}

Result<void> LogMove::remove_dropped(const SegmentList& segments) {
    for (const auto* copied : {&earlier_, &finished_})
        for (const Offset base : *copied)
            if (!find_segment(segments, base))
                if (auto removed = remove_copy(base); !removed) return removed;
    return {};
}

Result<void> LogMove::complete(const SegmentList& segments) {
    if (auto settled = settle(); !settled) return settled;
    if (auto removed = remove_dropped(segments); !removed) return removed;
    while (segment_ || next_segment(segments)) {
        if (auto chosen = choose_segment(segments); !chosen) return chosen;
        while (position_.load() < segment_->size())
            if (auto copied = copy_chunk(kBufferBytes); !copied) return copied.error();
        if (auto finished = finish_segment(); !finished) return finished;
    }
    return settle();
}

Result<std::string> LogMove::finish() {
    const std::string data_directory = data_directory_of(log_->directory());
    const std::string aside =
        data_directory + "/" + retired_directory_name(name(), kDeletedDirectorySuffix);
    const std::string place = directory_ + "/" + name().directory_name();
    Relocation to{future_, place, aside};
    auto relocated =
        log_->relocate(to, [this](const SegmentList& segments) { return complete(segments); });
    if (to.failed_there) failed_there_ = true;
    if (!relocated) return relocated.error();
    return aside;
}

}  // namespace milena
