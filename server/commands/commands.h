// SPDX-License-Identifier: Apache-2.0
// What the binary does besides serving: `milena NAME ARGUMENT...`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milena {

/// Arguments are those behind the name. The result is the process's exit status: 0 for success, 1
/// for a failure, 2 for arguments that can't be understood.
using Arguments = std::vector<std::string>;
constexpr int kUsageStatus = 2;

struct Subcommand {
    std::string_view name;
    std::string_view summary;  ///< one line of `milena --help`
    int (*run)(const Arguments& arguments);
};

/// Null if nothing is called that.
const Subcommand* find_subcommand(std::string_view name);
/// Lines for `milena --help`: each name with its summary.
std::string subcommand_help();

}  // namespace milena
