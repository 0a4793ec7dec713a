// SPDX-License-Identifier: Apache-2.0
#include "server/commands/serve.h"

#include <pthread.h>

#include <chrono>

#include "base/log.h"
#include "server/node.h"

namespace milena {

AwaitedSignals::AwaitedSignals(std::initializer_list<int> signals) {
    sigemptyset(&signals_);
    for (int signal : signals) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int AwaitedSignals::wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
}

int fail(const Error& error) {
    MILENA_LOG(Fatal) << error.message();
    return 1;
}

int serve(std::unique_ptr<Settings> settings, const std::string& cluster_id) {
    const AwaitedSignals stop_signals{SIGTERM, SIGINT};
    auto began = std::chrono::steady_clock::now();
    for (const std::string& warning : settings->warnings()) MILENA_LOG(Warn) << warning;
    Node node(std::move(settings));
    if (auto started = node.start(cluster_id); !started) return fail(started.error());
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    MILENA_LOG(Info) << "Milena is ready: cluster " << node.cluster_id() << ", started in "
                     << took.count() << " ms";
    stop_signals.wait();
    MILENA_LOG(Info) << "Stopping";
    if (auto stopped = node.stop(); !stopped) return fail(stopped.error());
    MILENA_LOG(Info) << "Stopped";
    return 0;
}

}  // namespace milena
