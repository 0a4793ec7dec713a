// SPDX-License-Identifier: Apache-2.0
// Keeps strings alive for messages that only borrow them.
#pragma once

#include <forward_list>
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

}  // namespace milena
