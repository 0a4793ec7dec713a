// SPDX-License-Identifier: Apache-2.0
// The words behind the name of an offline tool.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace milena {

/// What a tool understands: options that want a value, and those that are merely there.
struct ToolOptions {
    std::vector<std::string_view> with_value;
    std::vector<std::string_view> plain;
};

class ToolArguments {
  public:
    /// "--name VALUE" or "--name=VALUE"; all else is a word. INVALID_CONFIG for unknown options.
    static Result<ToolArguments> parse(const std::vector<std::string>& arguments,
                                       const ToolOptions& known);

    const std::vector<std::string>& words() const { return words_; }
    bool has(std::string_view option) const { return values_.contains(option); }
    std::optional<std::string> value(std::string_view option) const;
    /// INVALID_CONFIG unless it is a number that isn't negative.
    Result<std::optional<int64_t>> number(std::string_view option) const;

  private:
    std::vector<std::string> words_;
    std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace milena
