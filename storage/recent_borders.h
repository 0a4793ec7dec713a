// SPDX-License-Identifier: Apache-2.0
// Where the newest batches of a log begin and end, so that a read at the tail asks neither an index
// nor the file.
#pragma once

#include <array>
#include <atomic>
#include <optional>

#include "base/ids.h"

namespace milena {

/// One writer (under the log's mutex), any number of readers without a lock. A reader that is
/// overtaken by the writer finds nothing.
class RecentBorders {
  public:
    static constexpr uint64_t kBordersMax = 32;

    /// A batch that starts (or will start) at `offset` stands at `position` of its segment.
    void push(Offset offset, int64_t position) {
        uint64_t head = head_.load(std::memory_order_relaxed);
        Border& border = borders_[head % kBordersMax];
        border.offset.store(offset.value, std::memory_order_release);
        border.position.store(position, std::memory_order_release);
        head_.store(head + 1, std::memory_order_release);
    }

    /// Position of the batch that starts exactly at `offset`, in the segment that holds it.
    std::optional<int64_t> find(Offset offset) const {
        uint64_t head = head_.load(std::memory_order_acquire);
        uint64_t oldest = head > kBordersMax ? head - kBordersMax : 0;
        for (uint64_t i = head; i-- > oldest;) {
            const Border& border = borders_[i % kBordersMax];
            int64_t seen = border.offset.load(std::memory_order_acquire);
            if (seen > offset.value) continue;
            if (seen < offset.value) return {};
            int64_t position = border.position.load(std::memory_order_acquire);
            // The writer reuses this border as number i + kBordersMax.
            if (head_.load(std::memory_order_acquire) - i >= kBordersMax) return {};
            return position;
        }
        return {};
    }

  private:
    struct Border {
        std::atomic<int64_t> offset{-1};
        std::atomic<int64_t> position{0};
    };
    std::atomic<uint64_t> head_{0};
    std::array<Border, kBordersMax> borders_;
};

}  // namespace milena
