// SPDX-License-Identifier: Apache-2.0
// milena: reads the settings, runs the node until it is told to stop.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/log.h"
#include "server/api_table.h"
#include "server/command_line.h"
#include "server/node.h"

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

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

int fail(const Error& error) {
    MILENA_LOG(Fatal) << error.message();
    return 1;
}

int run(std::unique_ptr<Settings> settings, const std::string& cluster_id) {
    auto began = std::chrono::steady_clock::now();
    for (const std::string& warning : settings->warnings()) MILENA_LOG(Warn) << warning;
    Node node(std::move(settings));
    if (auto started = node.start(cluster_id); !started) return fail(started.error());
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    MILENA_LOG(Info) << "Milena is ready: cluster " << node.cluster_id() << ", started in "
                     << took.count() << " ms";

    sigset_t signals = stop_signals();
    int signal = 0;
    sigwait(&signals, &signal);
    // The signals stay blocked: a second one would end the process before the logs are closed.
    MILENA_LOG(Info) << "Stopping";
    if (auto stopped = node.stop(); !stopped) return fail(stopped.error());
    MILENA_LOG(Info) << "Stopped";
    return 0;
}

}  // namespace

}  // namespace milena

int main(int argc, char** argv) {
    using namespace milena;
    keep_memory_small();
    raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN);
    // Blocked in all threads, so that main's sigwait gets them.
    sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    auto command = read_command_line(argc, argv, environ);
    if (!command) return fail(command.error());
    if (command->prints_apis) std::cout << api_table_markdown();
    if (!command->output.empty()) std::cout << command->output;
    if (command->prints_apis || !command->output.empty()) return 0;
    auto settings = Settings::make(command->given);
    if (!settings) return fail(settings.error());
    return run(std::move(*settings), command->cluster_id);
}
