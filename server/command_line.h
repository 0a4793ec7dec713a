// SPDX-License-Identifier: Apache-2.0
// What the process is started with.
#pragma once

#include <string>

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
    bool prints_apis = false;
};

/// milena [FILE] [--set KEY=VALUE]... [--data DIRECTORY] [--help] [--version] [api-table].
/// INVALID_CONFIG tells what can't be understood.
Result<CommandLine> read_command_line(int argc, char** argv, char** environment);

}  // namespace milena
