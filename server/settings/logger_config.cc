// SPDX-License-Identifier: Apache-2.0
#include "server/settings/logger_config.h"

#include <array>

#include "server/settings/text.h"

namespace milena {

static constexpr std::array<std::string_view, 7> kLevels = {"TRACE", "DEBUG", "INFO", "WARN",
                                                            "ERROR", "FATAL", "OFF"};

std::string_view log_level_name(LogLevel level) { return kLevels[static_cast<size_t>(level)]; }

std::optional<LogLevel> parse_log_level(std::string_view name) {
    for (size_t i = 0; i < kLevels.size(); ++i)
        if (equals_any_case(kLevels[i], name)) return static_cast<LogLevel>(i);
    return std::nullopt;
}

}  // namespace milena
