// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace milena {
namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};

constexpr std::string_view kNames[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"};

std::string prefix(LogLevel level) {
    auto now = std::chrono::system_clock::now();
    std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    std::tm local{};
    localtime_r(&seconds, &local);
    char stamp[32];
    size_t length = std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    char text[64];
    std::snprintf(text, sizeof text, "%.*s,%03d ", static_cast<int>(length), stamp,
                  static_cast<int>(millis.count() % 1000));
    return text + std::string(kNames[static_cast<int>(level)]) + " ";
}

}  // namespace

void set_log_level(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }
LogLevel log_level() { return current_level.load(std::memory_order_relaxed); }

LogLine::~LogLine() {
    std::string line = prefix(level_) + text_.str() + "\n";
    // A log that can't be written has nowhere to say so.
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace milena
