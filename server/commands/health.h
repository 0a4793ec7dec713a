// SPDX-License-Identifier: Apache-2.0
// milena health: is there a broker that answers?
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "server/commands/commands.h"

namespace milena {

int run_health(const Arguments& arguments);

/// "500ms", "10s", "2m", or a number of seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace milena
