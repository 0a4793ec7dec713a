// SPDX-License-Identifier: Apache-2.0
#include "server/frame_memory.h"

#include <algorithm>
#include <new>
#include <utility>

namespace milena {

namespace {

/// Times what has arrived: few copies while a large frame grows, little memory for one that lies.
constexpr size_t kGrowthFactor = 4;
/// The least that growing is worth.
constexpr size_t kLeastGrowthBytes = 4096;

}  // namespace

Frame::~Frame() {
    if (!memory_) return;
    std::free(data_);
    memory_->give_back(static_cast<int64_t>(capacity_));
    if (has_overdraft_) memory_->end_overdraft();
}

void Frame::swap(Frame& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(received_, other.received_);
    std::swap(capacity_, other.capacity_);
    std::swap(has_overdraft_, other.has_overdraft_);
}

bool Frame::may_grow(size_t by) {
    if (size_ <= FrameMemory::kSmallFrameBytes || has_overdraft_) return true;
    if (memory_->has_room_for(static_cast<int64_t>(by))) return true;
    return has_overdraft_ = memory_->take_overdraft();
}

MutableBytesView Frame::space(size_t wanted) {
    wanted = std::min(wanted, size_ - received_);
    if (capacity_ - received_ < wanted || capacity_ == received_) {
        size_t target = std::max(
            {received_ + wanted, received_ * kGrowthFactor, capacity_ + kLeastGrowthBytes});
        target = std::min(target, size_);
        if (!may_grow(target - capacity_)) return {};
        // One byte at least: an empty frame is a frame, too.
        auto* data = static_cast<uint8_t*>(std::realloc(data_, std::max<size_t>(target, 1)));
        if (!data) throw std::bad_alloc();
        memory_->take(static_cast<int64_t>(target - capacity_));
        data_ = data;
        capacity_ = target;
    }
    return {data_ + received_, capacity_ - received_};
}

}  // namespace milena
