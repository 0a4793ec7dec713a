// SPDX-License-Identifier: Apache-2.0
#include "storage/batch_scanner.h"

#include <algorithm>

#include "protocol/record_batch.h"

namespace milena {
namespace {

Error not_a_batch(ErrorCode code, const File& file, int64_t position) {
    return Error(code,
                 file.path() + " has no record batch at position " + std::to_string(position));
}

}  // namespace

Result<std::optional<BatchPosition>> BatchScanner::next() {
    if (position_ >= end_) return std::optional<BatchPosition>();
    if (end_ - position_ < BatchHeader::kSize) return std::optional<BatchPosition>();
    if (position_ < buffer_start_ || position_ + BatchHeader::kSize > buffer_end_) {
        size_t wanted = std::min(buffer_.size(), static_cast<size_t>(end_ - position_));
        auto read = file_.read_at(position_, MutableBytesView(buffer_).first(wanted));
        if (!read) return read.error();
        buffer_start_ = position_;
        buffer_end_ = position_ + static_cast<int64_t>(*read);
        if (*read < BatchHeader::kSize)
            return not_a_batch(ErrorCode::KAFKA_STORAGE_ERROR, file_, position_);
    }
    BatchPosition found{BatchHeader::load(buffer_.data() + (position_ - buffer_start_)), position_};
    if (!found.header.is_plausible())
        return not_a_batch(ErrorCode::CORRUPT_MESSAGE, file_, position_);
    if (found.end() > end_) return std::optional<BatchPosition>();
    position_ = found.end();
    return std::optional<BatchPosition>(found);
}

Result<bool> BatchReader::have(int64_t bytes) {
    if (position_ + bytes > end_) return false;
    int64_t buffer_end = buffer_start_ + static_cast<int64_t>(buffer_.size());
    if (position_ + bytes <= buffer_end) return true;
    auto piece = std::max(bytes, static_cast<int64_t>(piece_bytes_));
    buffer_.resize(static_cast<size_t>(std::min(piece, end_ - position_)));
    buffer_start_ = position_;
    auto read = file_.read_at(position_, buffer_);
    if (!read) return read.error();
    buffer_.resize(*read);
    return static_cast<int64_t>(*read) >= bytes;
}

Result<std::optional<BatchReader::Batch>> BatchReader::next() {
    const std::optional<Batch> stop;
    auto head = have(BatchHeader::kSize);
    if (!head) return head.error();
    if (!*head) return stop;
    Batch batch;
    batch.position = position_;
    batch.header = BatchHeader::load(buffer_.data() + (position_ - buffer_start_));
    if (!batch.header.is_plausible()) return stop;
    auto whole = have(batch.header.size_bytes);
    if (!whole) return whole.error();
    if (!*whole) return stop;
    batch.bytes = BytesView(buffer_).subspan(static_cast<size_t>(position_ - buffer_start_),
                                             static_cast<size_t>(batch.header.size_bytes));
    if (check_ == CrcCheck::kYes && record_batch_crc(batch.bytes) != batch.header.crc) return stop;
    position_ += batch.header.size_bytes;
    return std::optional<Batch>(batch);
}

}  // namespace milena
