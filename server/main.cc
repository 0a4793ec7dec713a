// SPDX-License-Identifier: Apache-2.0
// milena: a broker, or one of its subcommands.
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>

#include "server/command_line.h"
#include "server/commands/commands.h"
#include "server/commands/serve.h"

namespace milena {

namespace {

/// Each connection and each open segment takes a descriptor.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Threads of their own memory arena each would take megabytes that nobody uses.
void keep_memory_small() { mallopt(M_ARENA_MAX, 4); }

int run(const Arguments& arguments) {
    if (!arguments.empty())
        if (const Subcommand* command = find_subcommand(arguments.front()))
            return command->run({arguments.begin() + 1, arguments.end()});
    auto command = read_command_line(arguments, environ);
    if (!command) return fail(command.error());
    std::cout << command->output;
    if (!command->output.empty()) return 0;
    auto settings = Settings::make(command->given);
    if (!settings) return fail(settings.error());
    Serving serving;
    serving.settings = std::move(*settings);
    serving.cluster_id = command->cluster_id;
    serving.topics = std::move(command->topics);
    return serve(std::move(serving));
}

}  // namespace

}  // namespace milena

int main(int argc, char** argv) {
    milena::keep_memory_small();
    milena::raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN);
    return milena::run({argv + 1, argv + argc});
}
