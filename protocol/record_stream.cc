// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_stream.h"

#include <algorithm>

namespace milena {
namespace {

constexpr size_t kWindowBytes = 64 << 10;

/// A thread reads batch after batch: its window is not allocated and cleared for each.
thread_local Bytes idle_window;

}  // namespace

RecordStream::RecordStream(BytesView bytes, CompressionType compression) {
    if (compression == CompressionType::kNone) {
        begin_ = position_ = bytes.data();
        end_ = begin_ + bytes.size();
        return;
    }
    decompressor_ = take_decompressor(compression);
    window_ = std::move(idle_window);
    begin_ = position_ = end_ = window_.data();
    Result<void> started = decompressor_->start(bytes);
    if (!started) failure_ = started.error();
    ended_ = !started;
}

RecordStream::~RecordStream() {
    if (window_.size() == kWindowBytes) idle_window = std::move(window_);
}

/// Moves what is left to the window's start and lets it hold at least `count` bytes; it doubles
/// at most, so that a length alone takes no memory.
void RecordStream::make_room(size_t count) {
    size_t left = available();
    before_window_ += static_cast<uint64_t>(position_ - begin_);
    if (left > 0 && position_ != begin_) std::memmove(window_.data(), position_, left);
    if (window_.size() < std::max(count, kWindowBytes) && left == window_.size())
        window_.resize(std::max(kWindowBytes, std::min(count, 2 * window_.size())));
    begin_ = position_ = window_.data();
    end_ = begin_ + left;
}

bool RecordStream::grow(size_t count) {
    while (available() < count) {
        if (ended_) return false;
        make_room(count);
        size_t filled = available();
        auto got = decompressor_->read(MutableBytesView(window_).subspan(filled));
        if (!got) failure_ = got.error();
        if (got && before_window_ + filled + *got > kBatchBytesMax)
            failure_ = Error(ErrorCode::INVALID_RECORD, "the batch decompresses to over 2 GiB");
        ended_ = failure_ || *got == 0;
        if (ended_) return false;
        end_ += *got;
    }
    return true;
}

bool RecordStream::skip(size_t count) {
    while (count > available()) {
        count -= available();
        position_ = end_;
        if (!refill()) return count == 0;
    }
    position_ += count;
    return true;
}

}  // namespace milena
