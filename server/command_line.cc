// SPDX-License-Identifier: Apache-2.0
#include "server/command_line.h"

#include "base/file.h"
#include "server/commands/commands.h"
#include "server/settings/environment.h"
#include "server/settings/properties.h"

namespace milena {

namespace {

constexpr std::string_view kHelp =
    "Usage: milena [FILE] [--set KEY=VALUE]... [--data DIRECTORY]\n"
    "       milena SUBCOMMAND ...\n"
    "\n"
    "A broker for the Apache Kafka protocol. Without arguments: one node on localhost:9092 that\n"
    "keeps its data in ./data.\n"
    "\n"
    "  FILE                a server.properties file\n"
    "  --set KEY=VALUE     a setting, by Kafka's name; over the file and the environment\n"
    "  --data DIRECTORY    the same as --set log.dirs=DIRECTORY\n"
    "  --version           print the version\n"
    "\n"
    "Environment: KAFKA_LOG_DIRS=... sets log.dirs, and so on; CLUSTER_ID names a new cluster.\n"
    "\n"
    "Subcommands (--help behind one tells more):\n";

constexpr std::string_view kVersion = "milena 0.1.0 (Apache Kafka 4.4 protocol)\n";

/// Nobody said who may connect, so only this machine may; with a file or environment Kafka's
/// default holds, which is every interface.
constexpr std::string_view kEmbeddedListeners = "PLAINTEXT://localhost:9092";

void put_all(ConfigMap& into, const ConfigMap& from) {
    for (const auto& [name, value] : from) into[name] = value;
}

Error usage_error(const std::string& what) {
    return Error(ErrorCode::INVALID_CONFIG, what + "; see milena --help");
}

Result<void> read_settings_file(const std::string& path, ConfigMap& into) {
    auto content = posix_file_system().read_file(path);
    if (!content) return Error(ErrorCode::INVALID_CONFIG, content.error().message());
    auto parsed = parse_properties(as_text(*content));
    if (!parsed) return Error(ErrorCode::INVALID_CONFIG, path + ": " + parsed.error().message());
    put_all(into, *parsed);
    return {};
}

Result<void> set_option(std::string_view assignment, ConfigMap& into) {
    size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return usage_error("--set wants KEY=VALUE, not " + std::string(assignment));
    into[std::string(assignment.substr(0, equals))] = assignment.substr(equals + 1);
    return {};
}

/// The value of an option: behind '=' or the next argument.
Result<std::string> value_of(const std::vector<std::string>& arguments, size_t& at,
                             std::string_view name) {
    const std::string& argument = arguments[at];
    if (argument.size() > name.size()) return argument.substr(name.size() + 1);
    if (at + 1 == arguments.size()) return usage_error(std::string(name) + " wants a value");
    return arguments[++at];
}

bool is_option(const std::string& argument, std::string_view name) {
    return argument == name || argument.starts_with(std::string(name) + "=");
}

}  // namespace

Result<CommandLine> read_command_line(const std::vector<std::string>& arguments,
                                      char** environment) {
    CommandLine command;
    ConfigMap options;
    bool has_file = false;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            command.output = std::string(kHelp) + subcommand_help();
        } else if (argument == "--version") {
            command.output = kVersion;
        } else if (is_option(argument, "--set")) {
            auto value = value_of(arguments, i, "--set");
            if (!value) return value.error();
            if (auto set = set_option(*value, options); !set) return set.error();
        } else if (is_option(argument, "--data")) {
            auto value = value_of(arguments, i, "--data");
            if (!value) return value.error();
            options["log.dirs"] = *value;
        } else if (argument.starts_with("-")) {
            return usage_error("there is no option " + argument);
        } else {
            if (auto read = read_settings_file(argument, command.given); !read) return read.error();
            has_file = true;
        }
    }
    std::vector<std::string> variables;
    for (char** one = environment; one && *one; ++one) variables.emplace_back(*one);
    Environment found = read_environment(variables);
    if (!has_file && found.properties.empty()) command.given["listeners"] = kEmbeddedListeners;
    put_all(command.given, found.properties);
    put_all(command.given, options);
    command.cluster_id = found.cluster_id;
    return command;
}

}  // namespace milena
