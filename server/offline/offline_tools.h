// SPDX-License-Identifier: Apache-2.0
// Subcommands that look at files without a broker: dump, verify, records. None of them writes.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace milena {

/// Exit statuses.
inline constexpr int kNothingWrong = 0;
inline constexpr int kDamageFound = 1;
inline constexpr int kWrongUsage = 2;

/// Runs the tool of that name (dump, verify or records) on the words behind it: its exit status.
int run_offline_tool(std::string_view name, const std::vector<std::string>& words,
                     FileSystem& files, std::ostream& out, std::ostream& errors);

}  // namespace milena
