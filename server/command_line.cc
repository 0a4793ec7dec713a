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
    "  --topic TOPIC       a topic that is there at start, if it isn't yet:\n"
    "                      NAME[:PARTITIONS[:REPLICAS]][:KEY=VALUE;...]\n"
    "  --version           print the version\n"
    "\n"
    "Environment: KAFKA_LOG_DIRS=... sets log.dirs, and so on; CLUSTER_ID names a new cluster;\n"
    "KAFKA_CREATE_TOPICS=TOPIC,... are topics that are there at start.\n"
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

/// One option and its value; false if `argument` is none.
Result<bool> read_option(const std::vector<std::string>& arguments, size_t& at, Options& options) {
    const std::string argument = arguments[at];
    for (std::string_view name : {"--set", "--data", "--topic"}) {
        if (!is_option(argument, name)) continue;
        auto value = value_of_option(arguments, at, name);
        if (!value) return value.error();
        if (name == "--set") {
            if (auto set = set_option(*value, options.set); !set) return set.error();
        } else if (name == "--data") {
            options.set["log.dirs"] = *value;
        } else {
            auto topic = parse_wanted_topic(*value);
            if (!topic) return topic.error();
            options.topics.push_back(std::move(*topic));
        }
        return true;
    }
    return false;
}

/// Kafka's image does the same: whoever says where clients find the broker wants it to listen
/// there.
std::string listeners_behind(std::string advertised) {
    for (size_t at = 0; (at = advertised.find("://", at)) != std::string::npos;) {
        at += 3;
        const bool is_v6 = advertised[at] == '[';
        const size_t end = advertised.find(':', is_v6 ? advertised.find(']', at) : at);
        if (end == std::string::npos) break;
        advertised.replace(at, end - at, "");
    }
    return advertised;
}

Result<void> add_environment(char** environment, CommandLine& command, bool has_file) {
    std::vector<std::string> variables;
    for (char** one = environment; one && *one; ++one) variables.emplace_back(*one);
    Environment found = read_environment(variables);
    if (!has_file && found.properties.empty()) command.given["listeners"] = kEmbeddedListeners;
    put_all(command.given, found.properties);
    const auto advertised = found.properties.find("advertised.listeners");
    if (advertised != found.properties.end() && !command.given.contains("listeners"))
        command.given["listeners"] = listeners_behind(advertised->second);
    command.cluster_id = found.cluster_id;
    auto topics = parse_wanted_topics(found.topics);
    if (!topics) return topics.error();
    command.topics = std::move(*topics);
    return {};
}

}  // namespace

bool is_option(const std::string& argument, std::string_view name) {
    return argument == name || argument.starts_with(std::string(name) + "=");
}

Result<std::string> value_of_option(const std::vector<std::string>& arguments, size_t& at,
                                    std::string_view name) {
    const std::string& argument = arguments[at];
    if (argument.size() > name.size()) return argument.substr(name.size() + 1);
    if (at + 1 == arguments.size()) return usage_error(std::string(name) + " wants a value");
    return arguments[++at];
}

Result<Options> read_options(const std::vector<std::string>& arguments) {
    Options options;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        auto is_known = read_option(arguments, i, options);
        if (!is_known) return is_known.error();
        if (*is_known) continue;
        if (argument == "--help" || argument == "-h") {
            options.output = std::string(kHelp) + subcommand_help();
        } else if (argument == "--version") {
            options.output = kVersion;
        } else if (argument.starts_with("-")) {
            return usage_error("there is no option " + argument);
        } else {
            if (auto read = read_settings_file(argument, options.file); !read) return read.error();
            options.has_file = true;
        }
    }
    return options;
}

Result<CommandLine> read_command_line(const std::vector<std::string>& arguments,
                                      char** environment) {
    auto options = read_options(arguments);
    if (!options) return options.error();
    CommandLine command;
    command.output = options->output;
    command.given = std::move(options->file);
    if (auto added = add_environment(environment, command, options->has_file); !added)
        return added.error();
    put_all(command.given, options->set);
    command.topics.insert(command.topics.end(), options->topics.begin(), options->topics.end());
    return command;
}

}  // namespace milena
