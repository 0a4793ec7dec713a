// SPDX-License-Identifier: Apache-2.0
#include "server/commands/test_broker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <iostream>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "server/command_line.h"
#include "server/commands/serve.h"
#include "server/commands/temporary_data.h"

namespace milena {

namespace {

constexpr std::string_view kHelp =
    "Usage: milena test-broker [--topic TOPIC]... [--set KEY=VALUE]... [--port-file FILE]\n"
    "                          [--data DIRECTORY] [--stay] [--verbose] [FILE]\n"
    "\n"
    "A broker for tests. It listens on a free port of localhost, which it prints as one line when\n"
    "it is ready; its data is temporary; it ends with the process that started it.\n"
    "\n"
    "  --topic TOPIC       a topic: NAME[:PARTITIONS[:REPLICAS]][:KEY=VALUE;...]\n"
    "  --set KEY=VALUE     a setting, by Kafka's name; FILE may hold more of them\n"
    "  --port-file FILE    the port is written there, too, all at once\n"
    "  --data DIRECTORY    keep the data there\n"
    "  --stay              go on when the process that started it has ended\n"
    "  --verbose           log more than warnings\n"
    "\n"
    "Variables of the environment are no settings here.\n";

/// What suits tests better than Kafka's defaults; options win.
const ConfigMap kDefaults = {
    {"listeners", "PLAINTEXT://localhost:0"},
    {"group.initial.rebalance.delay.ms", "0"},
    {"offsets.topic.num.partitions", "1"},
    {"transaction.state.log.num.partitions", "1"},
};

struct TestOptions {
    Options broker;
    std::string port_file;
    bool stays = false;
    bool is_verbose = false;
    bool wants_help = false;
};

Result<TestOptions> read_test_options(const Arguments& arguments) {
    TestOptions options;
    std::vector<std::string> others;
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (is_option(arguments[i], "--port-file")) {
            auto file = value_of_option(arguments, i, "--port-file");
            if (!file) return file.error();
            options.port_file = *file;
        } else if (arguments[i] == "--stay") {
            options.stays = true;
        } else if (arguments[i] == "--verbose") {
            options.is_verbose = true;
        } else if (arguments[i] == "--help" || arguments[i] == "-h") {
            options.wants_help = true;
        } else {
            others.push_back(arguments[i]);
        }
    }
    auto broker = read_options(others);
    if (!broker) return broker.error();
    options.broker = std::move(*broker);
    return options;
}

ConfigMap settings_of(const Options& options) {
    ConfigMap given = kDefaults;
    for (const ConfigMap* more : {&options.file, &options.set})
        for (const auto& [name, value] : *more) given[name] = value;
    return given;
}

/// Knows when the process that started this one has ended.
class Parent {
  public:
    /// The signal comes also when only the thread that started this process has ended.
    Parent() : id_(getppid()), signal_(SIGRTMIN) {
        block_signals({signal_});
        prctl(PR_SET_PDEATHSIG, signal_);
    }

    int signal() const { return signal_; }
    bool has_ended() const { return getppid() != id_; }

  private:
    const pid_t id_;
    const int signal_;
};

Result<void> tell_port(uint16_t port, const std::string& file) {
    const std::string line = std::to_string(port) + "\n";
    if (!file.empty())
        if (auto written = posix_file_system().replace_file(file, line); !written) return written;
    // Nobody reads: whoever started this has ended, maybe too early to be seen ending.
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0)
        return storage_error("write", "standard output", errno);
    return {};
}

int run_with(TestOptions options, const Parent& parent) {
    ConfigMap given = settings_of(options.broker);
    std::optional<TemporaryData> temporary;
    if (!given.contains("log.dirs") && !given.contains("log.dir")) {
        auto made = TemporaryData::make();
        if (!made) return fail(made.error());
        temporary.emplace(std::move(*made));
        given["log.dirs"] = temporary->path();
    }
    auto settings = Settings::make(std::move(given));
    if (!settings) return fail(settings.error());
    Serving serving;
    serving.settings = std::move(*settings);
    serving.topics = std::move(options.broker.topics);
    serving.when_ready = [&](const Node& node) {
        return tell_port(node.addresses().front().port, options.port_file);
    };
    serving.more_signals = {parent.signal()};
    serving.ends = [&] { return !options.stays && parent.has_ended(); };
    return serve(std::move(serving));
}

}  // namespace

int run_test_broker(const Arguments& arguments) {
    const Parent parent;
    auto options = read_test_options(arguments);
    if (!options) {
        fail(options.error());
        return kUsageStatus;
    }
    if (options->wants_help) {
        std::cout << kHelp;
        return 0;
    }
    if (!options->is_verbose) set_log_level(LogLevel::kWarn);
    return run_with(std::move(*options), parent);
}

}  // namespace milena
