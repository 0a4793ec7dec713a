// SPDX-License-Identifier: Apache-2.0
// The broker's log as a resource of DescribeConfigs and IncrementalAlterConfigs: one logger, "root".
#pragma once

#include <optional>
#include <string_view>

#include "base/log.h"

namespace milena {

inline constexpr std::string_view kRootLogger = "root";

/// "TRACE" to "OFF".
std::string_view log_level_name(LogLevel level);
/// None if Kafka has no level of that name; the case of letters doesn't matter.
std::optional<LogLevel> parse_log_level(std::string_view name);

}  // namespace milena
