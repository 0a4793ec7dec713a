// SPDX-License-Identifier: Apache-2.0
#include "server/commands/health.h"

#include <unistd.h>

#include <iostream>
#include <thread>

#include "server/command_line.h"
#include "server/commands/probe.h"
#include "server/commands/serve.h"
#include "server/settings/text.h"

namespace milena {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kHelp =
    "Usage: milena health [--wait TIME] [HOST:PORT]\n"
    "\n"
    "Ends with status 0 if a broker answers there, else with 1 and the reason. Without an "
    "address:\n"
    "the first listener that the environment's settings name (localhost:9092 without any), as for "
    "a\n"
    "broker in the same container.\n"
    "\n"
    "  --wait TIME         try again for so long (500ms, 10s, 2m)\n";

/// Of one attempt.
constexpr milliseconds kAnswerMax{5000};
/// Between attempts.
constexpr milliseconds kPause{10};

struct Address {
    std::string host = "localhost";
    uint16_t port = 9092;
};

struct HealthOptions {
    milliseconds wait{0};
    std::optional<Address> address;
    bool wants_help = false;
};

Error usage_error(const std::string& what) {
    return Error(ErrorCode::INVALID_CONFIG, what + "; see milena health --help");
}

/// HOST:PORT, [V6]:PORT or a port alone.
Result<Address> parse_address(std::string_view text) {
    const size_t colon = text.rfind(':');
    std::string_view host = colon == std::string_view::npos ? "" : text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto port =
        parse_integer(colon == std::string_view::npos ? text : text.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535)
        return usage_error("'" + std::string(text) + "' is no HOST:PORT");
    Address address;
    if (!host.empty()) address.host = host;
    address.port = static_cast<uint16_t>(*port);
    return address;
}

Result<HealthOptions> read_health_options(const Arguments& arguments) {
    HealthOptions options;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            options.wants_help = true;
        } else if (is_option(argument, "--wait")) {
            auto text = value_of_option(arguments, i, "--wait");
            if (!text) return text.error();
            const auto wait = parse_duration(*text);
            if (!wait) return usage_error("'" + *text + "' is no time; 10s would be one");
            options.wait = *wait;
        } else if (argument.starts_with("-")) {
            return usage_error("there is no option " + argument);
        } else {
            auto address = parse_address(argument);
            if (!address) return address.error();
            options.address = *address;
        }
    }
    return options;
}

/// Where a broker with this environment listens.
Result<Address> address_of_environment() {
    auto command = read_command_line({}, environ);
    if (!command) return command.error();
    auto settings = Settings::make(std::move(command->given));
    if (!settings) return settings.error();
    const Listener& listener = (*settings)->listeners().brokers.front();
    Address address;
    const bool is_everywhere =
        listener.host.empty() || listener.host == "0.0.0.0" || listener.host == "::";
    if (!is_everywhere) address.host = listener.host;
    address.port = listener.port;
    return address;
}

Result<void> await_health(const Address& address, milliseconds wait) {
    const auto deadline = steady_clock::now() + wait;
    for (;;) {
        auto outcome = probe_broker(address.host, address.port, kAnswerMax);
        if (outcome || steady_clock::now() >= deadline) return outcome;
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    constexpr std::pair<std::string_view, int64_t> kUnits[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"", 1000}};
    for (const auto& [unit, factor] : kUnits) {
        if (!text.ends_with(unit)) continue;
        const auto number = parse_integer(text.substr(0, text.size() - unit.size()));
        if (!number || *number < 0 || *number > 1'000'000'000) return std::nullopt;
        return milliseconds(*number * factor);
    }
    return std::nullopt;
}

int run_health(const Arguments& arguments) {
    auto options = read_health_options(arguments);
    if (options && options->wants_help) {
        std::cout << kHelp;
        return 0;
    }
    Result<Address> address = !options           ? Result<Address>(options.error())
                              : options->address ? Result<Address>(*options->address)
                                                 : address_of_environment();
    if (!address) {
        fail(address.error());
        return kUsageStatus;
    }
    const std::string name = address->host + ":" + std::to_string(address->port);
    auto outcome = await_health(*address, options->wait);
    std::cout << name << (outcome ? " is healthy" : " is not healthy: " + outcome.error().message())
              << std::endl;
    return outcome ? 0 : 1;
}

}  // namespace milena
