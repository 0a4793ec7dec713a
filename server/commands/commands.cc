// SPDX-License-Identifier: Apache-2.0
#include "server/commands/commands.h"

#include <algorithm>
#include <iostream>

#include "server/api_table.h"
#include "server/commands/health.h"
#include "server/commands/test_broker.h"
#include "server/offline/offline_tools.h"

namespace milena {

namespace {

int print_api_table(const Arguments&) {
    std::cout << api_table_markdown();
    return 0;
}

int run_offline(std::string_view tool, const Arguments& words) {
    return run_offline_tool(tool, words, posix_file_system(), std::cout, std::cerr);
}

constexpr Subcommand kSubcommands[] = {
    {"health", "tell whether a broker answers", run_health},
    {"test-broker", "a broker for tests: free port, temporary data", run_test_broker},
    {"api-table", "print the table of APIs that are served", print_api_table},
    {"dump", "print what stands in a file of a stopped broker",
     [](const Arguments& words) { return run_offline("dump", words); }},
    {"records", "print the records of a topic or partition of a stopped broker",
     [](const Arguments& words) { return run_offline("records", words); }},
    {"verify", "look for damage in data directories of a stopped broker",
     [](const Arguments& words) { return run_offline("verify", words); }},
};

/// Of the names in the help.
constexpr size_t kNameWidth = 20;

}  // namespace

const Subcommand* find_subcommand(std::string_view name) {
    auto found = std::find_if(std::begin(kSubcommands), std::end(kSubcommands),
                              [&](const Subcommand& one) { return one.name == name; });
    return found == std::end(kSubcommands) ? nullptr : found;
}

std::string subcommand_help() {
    std::string text;
    for (const Subcommand& one : kSubcommands) {
        std::string name(one.name);
        name.resize(std::max(name.size() + 1, kNameWidth), ' ');
        text += "  " + name + std::string(one.summary) + "\n";
    }
    return text;
}

}  // namespace milena
