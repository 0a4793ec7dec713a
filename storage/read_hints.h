// SPDX-License-Identifier: Apache-2.0
// Where earlier reads began and ended, so that a reader who goes on from there needs no index.
#pragma once

#include <array>
#include <atomic>
#include <optional>

#include "base/ids.h"

namespace milena {

/// Any thread, no lock: who finds a slot busy goes without. A hint is always true, as batches don't
/// move; a log that truncates starts over with new hints.
class ReadHints {
  public:
    static constexpr size_t kHintsMax = 8;

    /// The batch that holds `offset` stands at `position` of its segment.
    void put(Offset offset, int64_t position) {
        Hint& hint = slot(offset);
        uint32_t version = hint.version.load(std::memory_order_relaxed);
        if (version % 2 != 0 || !hint.version.compare_exchange_strong(version, version + 1)) return;
        hint.offset.store(offset.value, std::memory_order_release);
        hint.position.store(position, std::memory_order_release);
        hint.version.store(version + 2, std::memory_order_release);
    }
    std::optional<int64_t> find(Offset offset) const {
        const Hint& hint = slot(offset);
        uint32_t version = hint.version.load(std::memory_order_acquire);
        if (version % 2 != 0 || hint.offset.load(std::memory_order_acquire) != offset.value)
            return {};
        int64_t position = hint.position.load(std::memory_order_acquire);
        if (hint.version.load(std::memory_order_acquire) != version) return {};
        return position;
    }

  private:
    struct Hint {
        std::atomic<uint32_t> version{0};
        std::atomic<int64_t> offset{-1};
        std::atomic<int64_t> position{0};
    };
    static size_t index(Offset offset) {
        return (static_cast<uint64_t>(offset.value) * 0x9E3779B97F4A7C15u) >> 61;
    }
    Hint& slot(Offset offset) { return hints_[index(offset)]; }
    const Hint& slot(Offset offset) const { return hints_[index(offset)]; }

    std::array<Hint, kHintsMax> hints_;
};

}  // namespace milena
