// SPDX-License-Identifier: Apache-2.0
// Help with strings: an owner for those that messages only borrow, and a hash for look-ups.
#pragma once

#include <forward_list>
#include <functional>
#include <string>
#include <string_view>

namespace milena {

/// Views handed out stay valid as long as the arena. One thread at a time.
class StringArena {
  public:
    StringArena() = default;
    StringArena(const StringArena&) = delete;
    std::string_view own(std::string text) { return strings_.emplace_front(std::move(text)); }

  private:
    // Its elements never move, and while there are none it takes no memory.
    std::forward_list<std::string> strings_;
};

/// Hashes std::string and std::string_view alike, so that a map of one is searched with the other.
struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace milena
