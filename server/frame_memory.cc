// SPDX-License-Identifier: Apache-2.0
#include "server/frame_memory.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <utility>

namespace milena {

namespace {

/// Times what has arrived: few copies while a large frame grows, little memory for one that lies.
/// (Not even that much is touched before bytes arrive.)
constexpr size_t kGrowthFactor = 16;
/// The least that growing is worth.
constexpr size_t kLeastGrowthBytes = 4096;

/// Blocks of one thread that wait to be used again. Of frames up to some 1,000 bytes malloc does
/// that itself; above, it splits and merges chunks for each.
class SpareBlocks {
  public:
    ~SpareBlocks() {
        for (Class& one : classes_)
            for (size_t i = 0; i < one.count; ++i) std::free(one.blocks[i]);
    }

    static size_t size_for(size_t bytes) {
        return bytes > kSmallest / 2 && bytes <= kLargest
                   ? std::max(kSmallest, std::bit_ceil(bytes))
                   : bytes;
    }
    void* take(size_t bytes) {
        const size_t size = size_for(bytes);
        Class* fitting = class_of(size);
        return fitting && fitting->count > 0 ? fitting->blocks[--fitting->count]
                                             : std::malloc(size);
    }
    /// `size` is that of size_for().
    void give(void* block, size_t size) {
        Class* fitting = class_of(size);
        if (kIsInUse && fitting && fitting->count < kBlocksMax)
            fitting->blocks[fitting->count++] = block;
        else
            std::free(block);
    }

  private:
    static constexpr size_t kSmallest = 2048;
    static constexpr size_t kClasses = 5;
    static constexpr size_t kLargest = kSmallest << (kClasses - 1);
    static constexpr size_t kBlocksMax = 16;  // of a class
#ifdef __SANITIZE_ADDRESS__
    static constexpr bool kIsInUse = false;  // so that a use after free is seen
#else
    static constexpr bool kIsInUse = true;
#endif
    struct Class {
        size_t count = 0;
        std::array<void*, kBlocksMax> blocks;
    };

    Class* class_of(size_t size) {
        if (size < kSmallest || size > kLargest) return nullptr;
        return &classes_[static_cast<size_t>(std::countr_zero(size / kSmallest))];
    }

    std::array<Class, kClasses> classes_;
};

thread_local SpareBlocks spare_blocks;

}  // namespace

Frame::~Frame() {
    if (!memory_) return;
    if (data_) spare_blocks.give(data_, capacity_);
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
        // One byte at least: an empty frame is a frame, too.
        target = SpareBlocks::size_for(std::max<size_t>(std::min(target, size_), 1));
        if (!may_grow(target - capacity_)) return {};
        auto* data =
            static_cast<uint8_t*>(data_ ? std::realloc(data_, target) : spare_blocks.take(target));
        if (!data) throw std::bad_alloc();
        memory_->take(static_cast<int64_t>(target - capacity_));
        data_ = data;
        capacity_ = target;
    }
    return {data_ + received_, std::min(capacity_, size_) - received_};
}

}  // namespace milena
