// SPDX-License-Identifier: Apache-2.0
// Keeps strings alive for messages that only borrow them.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace milena {

/// Views handed out stay valid as long as the arena. One thread at a time.
class StringArena {
  public:
    StringArena() = default;
    StringArena(const StringArena&) = delete;
    std::string_view own(std::string text) { return strings_.emplace_back(std::move(text)); }

  private:
    std::deque<std::string> strings_;  // its elements never move
};

}  // namespace milena
