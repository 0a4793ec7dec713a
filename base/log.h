// SPDX-License-Identifier: Apache-2.0
// The broker's own log: one line an event on standard error, "2026-01-02 03:04:05,678 INFO text".
#pragma once

#include <sstream>
#include <string_view>

namespace milena {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kFatal, kOff };

/// Lines below `level` are dropped. Any thread.
void set_log_level(LogLevel level);
LogLevel log_level();

/// Collects one line and writes it, in one write, at the end of the statement.
class LogLine {
  public:
    explicit LogLine(LogLevel level) : level_(level) {}
    LogLine(const LogLine&) = delete;
    ~LogLine();
    template <class T>
    LogLine& operator<<(const T& value) {
        text_ << value;
        return *this;
    }

  private:
    LogLevel level_;
    std::ostringstream text_;
};

}  // namespace milena

/// One line, written only if its level is wanted. A statement: safe also under a bare `if`.
#define MILENA_LOG(level)                                           \
    switch (0)                                                      \
    case 0:                                                         \
    default:                                                        \
        if (::milena::LogLevel::k##level < ::milena::log_level()) { \
        } else                                                      \
            ::milena::LogLine(::milena::LogLevel::k##level)
