// SPDX-License-Identifier: Apache-2.0
// What the process is started with.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cluster/metadata_image.h"

namespace milena {

struct CommandLine {
    /// From the configuration file, then the environment, then the options: the later wins. With
    /// neither file nor environment the broker listens on localhost only.
    ConfigMap given;
    std::string cluster_id;  ///< of the environment; may be empty
    /// To be printed instead of running: help or version.
    std::string output;
};

/// `arguments` are [FILE] [--set KEY=VALUE]... [--data DIRECTORY] [--help] [--version].
/// INVALID_CONFIG tells what can't be understood.
Result<CommandLine> read_command_line(const std::vector<std::string>& arguments,
                                      char** environment);

}  // namespace milena
