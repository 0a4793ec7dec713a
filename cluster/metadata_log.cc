// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_log.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>

#include "base/log.h"
#include "storage/batch_header.h"
#include "storage/directory_files.h"
#include "storage/file_names.h"
#include "storage/leader_epochs.h"

namespace milena {
namespace {

constexpr std::string_view kPartitionFileContent = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ";
constexpr size_t kReadBytes = 1 << 20;

bool is_derived(std::string_view name) {
    return name.ends_with(kOffsetIndexSuffix) || name.ends_with(kTimeIndexSuffix) ||
           name.ends_with(kTransactionIndexSuffix) || name.ends_with(kSnapshotSuffix) ||
           name.ends_with(kDeletedSuffix);
}

/// Hands out a file's batches; `batch` stays valid until the next call.
class BatchScanner {
  public:
    BatchScanner(const File& file, int64_t size) : file_(file), size_(size) {}

    int64_t position() const { return position_; }
    bool at_end() const { return position_ == size_; }

    /// Bytes of the next batch; CORRUPT_MESSAGE if the file ends within it.
    Result<BytesView> next() {
        auto prefix = window(kBatchLengthPrefix);
        if (!prefix) return prefix.error();
        const int64_t length = batch_size(*prefix);
        if (length < static_cast<int64_t>(kBatchLengthPrefix) || length > size_ - position_)
            return Error(ErrorCode::CORRUPT_MESSAGE, "batch with a wrong length");
        auto batch = window(static_cast<size_t>(length));
        if (batch) position_ += length;
        return batch;
    }

  private:
    Result<BytesView> window(size_t length) {
        if (position_ + static_cast<int64_t>(length) > size_)
            return Error(ErrorCode::CORRUPT_MESSAGE, "the file ends within a batch");
        const auto offset = static_cast<size_t>(position_ - buffered_from_);
        if (offset + length > buffered_) {
            buffer_.resize(
                std::max(length, std::min(kReadBytes, static_cast<size_t>(size_ - position_))));
            auto read = file_.read_at(position_, buffer_);
            if (!read) return read.error();
            buffered_ = *read;
            buffered_from_ = position_;
            if (buffered_ < length) return storage_error("read", file_.path(), EIO);
            return BytesView(buffer_).first(length);
        }
        return BytesView(buffer_).subspan(offset, length);
    }

    const File& file_;
    const int64_t size_;
    int64_t position_ = 0;
    Bytes buffer_;
    int64_t buffered_from_ = 0;
    size_t buffered_ = 0;
};

/// Where a sound batch begins behind `position`, if there is one.
Result<std::optional<int64_t>> find_batch_behind(const File& file, int64_t position, int64_t size) {
    Bytes bytes(static_cast<size_t>(size - position));
    auto read = file.read_at(position, bytes);
    if (!read) return read.error();
    const auto end = static_cast<int64_t>(*read);
    for (int64_t at = 1; at + BatchHeader::kSize <= end; ++at) {
        const BatchHeader header = BatchHeader::load(bytes.data() + at);
        if (!header.is_plausible() || header.size_bytes > end - at) continue;
        const BytesView batch(bytes.data() + at, static_cast<size_t>(header.size_bytes));
        if (parse_metadata_batch(batch)) return std::optional(position + at);
    }
    return std::optional<int64_t>();
}

}  // namespace

std::string MetadataLog::segment_path(Offset base) const {
    char name[32];
    std::snprintf(name, sizeof name, "/%020lld.log", static_cast<long long>(base.value));
    return directory_ + name;
}

Result<std::unique_ptr<MetadataLog>> MetadataLog::open(FileSystem& files, std::string directory) {
    std::unique_ptr<MetadataLog> log(new MetadataLog(files, std::move(directory)));
    if (auto done = log->prepare_directory(); !done) return done.error();
    if (auto done = log->load_epochs(); !done) return done.error();
    return log;
}

Result<void> MetadataLog::prepare_directory() {
    if (!files_.exists(directory_)) {
        if (auto made = files_.make_directory(directory_); !made) return made;
        auto synced = files_.sync_directory(data_directory_of(directory_));
        if (!synced) return synced;
    }
    auto names = files_.list(directory_);
    if (!names) return names.error();
    for (const std::string& name : *names) {
        int64_t base = 0;
        if (is_derived(name)) {
            if (auto removed = files_.remove(directory_ + "/" + name); !removed) return removed;
        } else if (name.ends_with(kLogSuffix) &&
                   std::from_chars(name.data(), name.data() + name.size(), base).ec ==
                       std::errc()) {
            auto size = files_.file_size(directory_ + "/" + name);
            if (!size) return size.error();
            segments_[Offset(base)] = *size;
        }
    }
    if (segments_.empty()) segments_[Offset(0)] = 0;
    end_ = start_offset();
    if (files_.exists(topic_id_path(directory_))) return {};
    return files_.replace_file(topic_id_path(directory_), kPartitionFileContent);
}

Result<void> MetadataLog::load_epochs() {
    const std::string path = LeaderEpochs::file_path(directory_);
    if (!files_.exists(path)) return {};
    auto content = files_.read_file(path);
    if (!content) return content.error();
    std::istringstream text{std::string(as_text(*content))};
    int64_t version = 0;
    int64_t count = 0;
    int32_t epoch = 0;
    int64_t first = 0;
    text >> version >> count;
    // What is missing or damaged comes back from the batches themselves.
    while (count-- > 0 && text >> epoch >> first) epochs_[epoch] = Offset(first);
    return {};
}

Result<void> MetadataLog::save_epochs() {
    std::string content = "0\n" + std::to_string(epochs_.size()) + "\n";
    for (const auto& [epoch, first] : epochs_)
        content += std::to_string(epoch) + " " + std::to_string(first.value) + "\n";
    return files_.replace_file(LeaderEpochs::file_path(directory_), content);
}

Result<void> MetadataLog::replay(Offset from, const Visit& visit) {
    for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
        const auto next = std::next(segment);
        const bool last = next == segments_.end();
        end_ = segment->first;
        if (!last && next->first <= from) continue;
        if (auto done = replay_segment(segment->first, last, from, visit); !done) return done;
        if (!last && end_ != next->first)
            return Error(ErrorCode::CORRUPT_MESSAGE,
                         segment_path(segment->first) + " ends at offset " +
                             std::to_string(end_.value) + ", but the next file starts at " +
                             std::to_string(next->first.value));
    }
    if (end_ == Offset(0) && from == Offset(0) && was_stopped())
        return Error(ErrorCode::CORRUPT_MESSAGE,
                     directory_ +
                         " has no records, though a broker was stopped here: the topics "
                         "and all else that the cluster knew is gone. Restore it");
    std::erase_if(epochs_, [&](const auto& epoch) { return epoch.second >= end_; });
    return open_active();
}

Result<void> MetadataLog::replay_segment(Offset base, bool last, Offset from, const Visit& visit) {
    const std::string path = segment_path(base);
    auto file = files_.open(path, last ? OpenMode::kCreate : OpenMode::kRead);
    if (!file) return file.error();
    BatchScanner scanner(**file, segments_[base]);
    while (!scanner.at_end()) {
        const int64_t position = scanner.position();
        auto bytes = scanner.next();
        if (!bytes && bytes.error().code() == ErrorCode::KAFKA_STORAGE_ERROR) return bytes.error();
        Result<MetadataBatch> batch = bytes ? parse_metadata_batch(*bytes) : bytes.error();
        if (batch && batch->at.base_offset < end_)
            batch = Error(ErrorCode::CORRUPT_MESSAGE, "offsets run backwards");
        if (!batch) {
            const std::string why = batch.error().message();
            if (last) return cut_tail(**file, position, why);
            return Error(ErrorCode::CORRUPT_MESSAGE,
                         path + " is damaged at byte " + std::to_string(position) + ": " + why);
        }
        if (batch->at.epoch > last_epoch()) epochs_[batch->at.epoch] = batch->at.base_offset;
        end_ = batch->last_offset + 1;
        if (batch->last_offset < from) continue;
        if (auto done = visit(*batch); !done) return done;
    }
    return {};
}

bool MetadataLog::was_stopped() {
    return read_clean_shutdown(files_, data_directory_of(directory_)).has_value();
}

/// A crash tears what was written last. What is damaged though the broker was stopped, and in front
/// of what is sound, is not for us to throw away.
Result<void> MetadataLog::cut_tail(File& file, int64_t position, const std::string& why) {
    auto sound = was_stopped() ? find_batch_behind(file, position, segments_.rbegin()->second)
                               : std::optional<int64_t>();
    if (!sound) return sound.error();
    if (*sound)
        return Error(ErrorCode::CORRUPT_MESSAGE,
                     file.path() + " is damaged at byte " + std::to_string(position) + " (" + why +
                         "), and sound from byte " + std::to_string(**sound) +
                         " on. Restore it, or cut it there to go on without what follows");
    MILENA_LOG(Warn) << file.path() << ": " << why << "; cut at byte " << position;
    segments_.rbegin()->second = position;
    if (auto cut = file.truncate(position); !cut) return cut;
    // Else what is cut here might be back behind what is written in its place.
    return file.sync();
}

Result<void> MetadataLog::open_active() {
    auto file = files_.open(segment_path(segments_.rbegin()->first), OpenMode::kCreate);
    if (!file) return file.error();
    active_ = *file;
    return files_.sync_directory(directory_);
}

Result<void> MetadataLog::restart_at(Offset offset) {
    for (const auto& [base, size] : segments_)
        if (auto removed = files_.remove(segment_path(base)); !removed) return removed;
    segments_ = {{offset, 0}};
    end_ = offset;
    return open_active();
}

int64_t MetadataLog::bytes() const {
    int64_t sum = 0;
    for (const auto& [base, size] : segments_) sum += size;
    return sum;
}

Result<void> MetadataLog::append(std::span<const Bytes> batches, int64_t record_count) {
    if (broken_) return storage_error("append to", active_->path(), EIO);
    int64_t& size = segments_.rbegin()->second;
    const std::vector<BytesView> parts(batches.begin(), batches.end());
    if (auto written = active_->write_at(size, parts); !written) {
        if (!active_->truncate(size)) broken_ = true;
        return written;
    }
    for (const BytesView part : parts) size += static_cast<int64_t>(part.size());
    end_ = end_ + record_count;
    return {};
}

Result<void> MetadataLog::take_back(int64_t bytes, int64_t record_count) {
    int64_t& size = segments_.rbegin()->second;
    auto cut = active_->truncate(size - bytes);
    if (!cut) {
        broken_ = true;
        return cut;
    }
    size -= bytes;
    end_ = end_ - record_count;
    return {};
}

Result<void> MetadataLog::start_epoch(int32_t epoch) {
    epochs_[epoch] = end_;
    return save_epochs();
}

Result<void> MetadataLog::roll() {
    if (segments_.rbegin()->second == 0) return {};
    Result<void> rolled = active_->sync();
    if (rolled) {
        segments_[end_] = 0;
        rolled = open_active();
    }
    // What was not synced can't be trusted; and without the new file the next batch would be
    // written over the beginning of the old one.
    if (!rolled) broken_ = true;
    return rolled;
}

Result<void> MetadataLog::delete_before(Offset offset) {
    while (segments_.size() > 1 && std::next(segments_.begin())->first <= offset) {
        if (auto removed = files_.remove(segment_path(start_offset())); !removed) return removed;
        segments_.erase(segments_.begin());
    }
    return {};
}

}  // namespace milena
