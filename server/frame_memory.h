// SPDX-License-Identifier: Apache-2.0
// The one bound on memory that request frames take in the whole broker, and the frames themselves.
#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>

#include "base/bytes.h"

namespace milena {

/// Bytes that all frames hold together. Thread safe.
///
/// Frames up to kSmallFrameBytes are always let in, so that small requests go on when large ones
/// have filled the bound. When it is full, one large frame at a time (the overdraft) may grow on:
/// else half-read frames could wait for each other for ever. So the true bound is bytes_max + one
/// frame.
class FrameMemory {
  public:
    static constexpr size_t kSmallFrameBytes = 64 * 1024;

    explicit FrameMemory(int64_t bytes_max) : bytes_max_(bytes_max) {}

    void take(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
    void give_back(int64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    int64_t used() const { return used_.load(std::memory_order_relaxed); }
    bool has_room_for(int64_t bytes) const { return used() + bytes <= bytes_max_; }
    /// Whether large frames are held up: then those that stall lose their connection.
    bool is_short() const { return overdraft_.load(std::memory_order_relaxed); }

    bool take_overdraft() { return !overdraft_.exchange(true); }
    void end_overdraft() { overdraft_ = false; }

  private:
    const int64_t bytes_max_;
    std::atomic<int64_t> used_{0};
    std::atomic<bool> overdraft_{false};
};

/// One request's bytes, without the length before them. Memory comes as bytes arrive. Move only.
class Frame {
  public:
    Frame() = default;
    Frame(FrameMemory& memory, size_t size) : memory_(&memory), size_(size) {}
    Frame(Frame&& other) noexcept { swap(other); }
    Frame& operator=(Frame&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Frame();

    /// The length that was announced.
    size_t size() const { return size_; }
    size_t received() const { return received_; }
    bool is_complete() const { return received_ == size_; }
    MutableBytesView bytes() { return {data_, received_}; }

    /// Room for the next bytes, made if there is none: at least `wanted` or what the frame lacks,
    /// if less. Empty if memory is short.
    MutableBytesView space(size_t wanted);
    /// `count` bytes were written into space().
    void advance(size_t count) { received_ += count; }

  private:
    bool may_grow(size_t by);
    void swap(Frame& other) noexcept;

    FrameMemory* memory_ = nullptr;
    uint8_t* data_ = nullptr;  // of malloc, because it grows by realloc
    size_t size_ = 0;
    size_t received_ = 0;
    size_t capacity_ = 0;
    bool has_overdraft_ = false;
};

}  // namespace milena
