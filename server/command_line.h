// SPDX-License-Identifier: Apache-2.0
// What the process is started with.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "server/wanted_topics.h"

namespace milena {

/// What stands behind `milena`: [FILE] [--set KEY=VALUE]... [--data DIRECTORY] [--topic TOPIC]...
/// [--help] [--version].
struct Options {
    ConfigMap file;  ///< of the configuration file
    bool has_file = false;
    ConfigMap set;  ///< --set and --data
    std::vector<WantedTopic> topics;
    std::string output;  ///< to be printed instead of running: help or version
};

/// INVALID_CONFIG tells what can't be understood.
Result<Options> read_options(const std::vector<std::string>& arguments);

struct CommandLine {
    /// From the configuration file, then the environment, then the options: the later wins. With
    /// neither file nor environment the broker listens on localhost only.
    ConfigMap given;
    std::string cluster_id;  ///< of the environment; may be empty
    std::vector<WantedTopic> topics;
    std::string output;  ///< as in Options
};

/// The options and the environment ("NAME=value", as environ has them; ends with null).
Result<CommandLine> read_command_line(const std::vector<std::string>& arguments,
                                      char** environment);

/// The value of an option: behind '=', or the next argument. Moves `at` to the last one that is
/// used.
Result<std::string> value_of_option(const std::vector<std::string>& arguments, size_t& at,
                                    std::string_view name);
/// Whether `argument` is the option `name`, with or without "=value".
bool is_option(const std::string& argument, std::string_view name);

}  // namespace milena
