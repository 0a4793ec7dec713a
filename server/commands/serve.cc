// SPDX-License-Identifier: Apache-2.0
#include "server/commands/serve.h"

#include <pthread.h>
#include <stdlib.h>

#include <chrono>

#include "base/log.h"

namespace milena {

namespace {

/// A text that is logged when clients are accepted: what somebody who starts the broker looks for.
constexpr const char* kReadyLineVariable = "MILENA_READY_LINE";

void await_end(const Serving& serving, const sigset_t& signals) {
    for (int signal = 0; sigwait(&signals, &signal) == 0;)
        if (signal == SIGTERM || signal == SIGINT || serving.ends()) return;
}

void tell_ready(const Node& node, std::chrono::steady_clock::time_point began) {
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    MILENA_LOG(Info) << "Milena is ready: cluster " << node.cluster_id() << ", started in "
                     << took.count() << " ms";
    if (const char* line = getenv(kReadyLineVariable)) {
        MILENA_LOG(Info) << line;
    }
}

}  // namespace

sigset_t block_signals(const std::vector<int>& more) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    for (int signal : more) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

int fail(const Error& error) {
    MILENA_LOG(Fatal) << error.message();
    return 1;
}

int serve(Serving serving) {
    const sigset_t signals = block_signals(serving.more_signals);
    auto began = std::chrono::steady_clock::now();
    for (const std::string& warning : serving.settings->warnings()) MILENA_LOG(Warn) << warning;
    Node node(std::move(serving.settings));
    auto started = node.start(serving.cluster_id, serving.topics);
    if (started && serving.when_ready) started = serving.when_ready(node);
    if (!started) return fail(started.error());
    tell_ready(node, began);
    await_end(serving, signals);
    MILENA_LOG(Info) << "Stopping";
    if (auto stopped = node.stop(); !stopped) return fail(stopped.error());
    MILENA_LOG(Info) << "Stopped";
    return 0;
}

}  // namespace milena
