// SPDX-License-Identifier: Apache-2.0
#include "storage/cleaned_segment.h"

#include "base/log.h"
#include "storage/file_times.h"

namespace milena {
namespace {

template <class Entry>
void append_entry(Bytes& to, const Entry& entry) {
    to.resize(to.size() + Entry::kSize);
    entry.store(to.data() + to.size() - Entry::kSize);
}

}  // namespace

CleanedSegment::CleanedSegment(FileSystem& files, std::string directory, Offset base_offset,
                               int32_t index_interval_bytes, size_t buffer_bytes)
    : files_(files),
      directory_(std::move(directory)),
      base_offset_(base_offset),
      index_interval_bytes_(index_interval_bytes),
      buffer_bytes_(buffer_bytes) {}

CleanedSegment::~CleanedSegment() {
    for (const std::string& name : names_)
        for (const std::string_view suffix : {kCleanedSuffix, kSwapSuffix})
            if (auto removed = files_.remove(directory_ + "/" + name + std::string(suffix));
                !removed) {
                MILENA_LOG(Warn) << removed.error().message();
            }
}

Result<std::shared_ptr<File>> CleanedSegment::make(std::string_view suffix) {
    names_.push_back(segment_file_name(base_offset_, suffix));
    return files_.open(directory_ + "/" + names_.back() + std::string(kCleanedSuffix),
                       OpenMode::kTruncate);
}

void CleanedSegment::note_time() {
    if (newest_.timestamp <= last_time_entry_.timestamp) return;
    last_time_entry_ = newest_;
    append_entry(time_entries_, newest_);
}

void CleanedSegment::note_batch(const BatchHeader& batch, int64_t position) {
    const auto last = static_cast<int32_t>(batch.last_offset() - base_offset_);
    if (batch.max_timestamp.value > newest_.timestamp) newest_ = {batch.max_timestamp.value, last};
    if (bytes_since_index_entry_ > index_interval_bytes_) {
        append_entry(offset_entries_, OffsetIndexEntry{last, static_cast<int32_t>(position)});
        note_time();
        bytes_since_index_entry_ = 0;
    }
    bytes_since_index_entry_ += batch.size_bytes;
}

Result<void> CleanedSegment::append(BytesView batch) {
    // Records can take more room than before, if another program has packed them better.
    if (size() + static_cast<int64_t>(batch.size()) > kBytesMax)
        return Error(ErrorCode::RECORD_LIST_TOO_LARGE,
                     directory_ + ": segment " + std::to_string(base_offset_.value) +
                         " would be larger than positions in its index can tell");
    note_batch(BatchHeader::load(batch.data()), size());
    buffer_.insert(buffer_.end(), batch.begin(), batch.end());
    return buffer_.size() >= buffer_bytes_ ? flush() : Result<void>();
}

void CleanedSegment::add_aborted(const std::vector<AbortedTransactionEntry>& transactions) {
    aborted_.insert(aborted_.end(), transactions.begin(), transactions.end());
}

Result<void> CleanedSegment::flush() {
    if (!log_) {
        auto made = make(kLogSuffix);
        if (!made) return made.error();
        log_ = *made;
    }
    if (auto written = log_->write_at(written_, buffer_); !written) return written;
    written_ += static_cast<int64_t>(buffer_.size());
    buffer_.clear();
    return {};
}

Result<void> CleanedSegment::write_index(std::string_view suffix, BytesView bytes) {
    auto file = make(suffix);
    if (!file) return file.error();
    if (auto written = (*file)->write_at(0, bytes); !written) return written;
    return (*file)->sync();
}

Result<void> CleanedSegment::finish() {
    if (auto flushed = flush(); !flushed) return flushed;
    if (auto synced = log_->sync(); !synced) return synced;
    note_time();
    if (auto written = write_index(kOffsetIndexSuffix, offset_entries_); !written) return written;
    if (auto written = write_index(kTimeIndexSuffix, time_entries_); !written) return written;
    if (aborted_.empty()) return {};
    Bytes entries;
    for (const AbortedTransactionEntry& entry : aborted_) append_entry(entries, entry);
    return write_index(kTransactionIndexSuffix, entries);
}

void CleanedSegment::take_age_of(const File& old) {
    if (const auto time = modified_time(old)) set_modified_time(*log_, *time);
}

}  // namespace milena
