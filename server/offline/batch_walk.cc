// SPDX-License-Identifier: Apache-2.0
#include "server/offline/batch_walk.h"

#include <algorithm>

#include "protocol/record_batch.h"
#include "server/offline/text.h"

namespace milena {
Result<BatchWalk> BatchWalk::open(FileSystem& files, const std::string& path, int64_t position) {
    auto file = files.open(path, OpenMode::kRead);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    return BatchWalk(std::move(*file), *size, position);
}

Result<bool> BatchWalk::have(int64_t count) {
    if (position_ + count > end_) return false;
    const int64_t buffer_end = buffer_start_ + static_cast<int64_t>(buffer_.size());
    if (position_ >= buffer_start_ && position_ + count <= buffer_end) return true;
    const int64_t piece = std::max(count, static_cast<int64_t>(kPieceBytes));
    buffer_.resize(static_cast<size_t>(std::min(piece, end_ - position_)));
    buffer_start_ = position_;
    auto read = file_->read_at(position_, buffer_);
    if (!read) return read.error();
    buffer_.resize(*read);
    return static_cast<int64_t>(*read) >= count;
}

Result<std::optional<BatchHeader>> BatchWalk::whole_batch() {
    auto head = have(BatchHeader::kSize);
    if (!head) return head.error();
    if (!*head) return std::optional<BatchHeader>();
    const BatchHeader header = BatchHeader::load(here());
    if (!header.is_plausible() || position_ + header.size_bytes > end_)
        return std::optional<BatchHeader>();
    auto whole = have(header.size_bytes);
    if (!whole) return whole.error();
    return *whole ? std::optional(header) : std::nullopt;
}

bool BatchWalk::is_crc_right(const BatchHeader& header) const {
    return record_batch_crc({here(), static_cast<size_t>(header.size_bytes)}) == header.crc;
}

Result<bool> BatchWalk::is_border(int64_t position) {
    if (position == end_) return true;
    const int64_t before = std::exchange(position_, position);
    auto next = whole_batch();
    position_ = before;
    if (!next) return next.error();
    return next->has_value();
}

Result<std::optional<WalkStep>> BatchWalk::next() {
    if (position_ >= end_) return std::optional<WalkStep>();
    auto header = whole_batch();
    if (!header) return header.error();
    Result<WalkStep> step = WalkStep();
    if (*header) {
        step = is_crc_right(**header) ? take(**header, true) : broken_batch(**header);
    } else if (end_ - position_ < BatchHeader::kSize) {
        step = skip("a batch is cut short");
    } else {
        const BatchHeader cut = BatchHeader::load(here());
        step = skip(cut.is_plausible()
                        ? "a batch of " + number(cut.size_bytes) + " bytes from offset " +
                              number(cut.base_offset.value) + " is cut short"
                        : "there is no record batch");
    }
    if (!step) return step.error();
    return std::optional(std::move(*step));
}

Result<WalkStep> BatchWalk::broken_batch(const BatchHeader& header) {
    auto follows = is_border(position_ + header.size_bytes);
    if (!follows) return follows.error();
    if (!*follows)
        return skip("the batch from offset " + number(header.base_offset.value) +
                    " has a wrong CRC, or a wrong length");
    auto whole = have(header.size_bytes);  // is_border() looked elsewhere
    if (!whole) return whole.error();
    WalkStep step = take(header, false);
    step.damages.push_back(
        {step.batch->position,
         "the batch from offset " + number(header.base_offset.value) + " has a wrong CRC"});
    return step;
}

WalkStep BatchWalk::take(const BatchHeader& header, bool is_intact) {
    WalkStep step;
    step.batch =
        WalkedBatch{header, position_, {here(), static_cast<size_t>(header.size_bytes)}, is_intact};
    if (header.base_offset < expected_)
        step.damages.push_back({position_, "offsets go back: the batch begins at " +
                                               number(header.base_offset.value) + ", below " +
                                               number(expected_.value)});
    // What a wrong CRC covers is not to be believed.
    if (is_intact) expected_ = std::max(expected_, header.next_offset());
    position_ += header.size_bytes;
    return step;
}

Result<WalkStep> BatchWalk::skip(std::string what) {
    const int64_t begin = position_;
    bool only_zeros = true;
    for (;; ++position_) {
        auto header = whole_batch();
        if (!header) return header.error();
        if (*header && position_ > begin && (*header)->base_offset >= expected_ &&
            is_crc_right(**header))
            break;
        auto more = have(1);
        if (!more) return more.error();
        if (!*more) break;
        only_zeros &= *here() == 0;
    }
    if (only_zeros) what = "there are only zeros";
    WalkStep step;
    const std::string rest = number(position_ - begin) + " bytes are no batch";
    const std::string then =
        position_ < end_ ? "the next one is at " + number(position_) : "up to the end";
    step.damages.push_back({begin, what + "; " + rest + ", " + then});
    return step;
}

}  // namespace milena
