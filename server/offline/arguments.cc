// SPDX-License-Identifier: Apache-2.0
#include "server/offline/arguments.h"

#include <algorithm>
#include <charconv>

namespace milena {
namespace {

Error usage(const std::string& what) { return Error(ErrorCode::INVALID_CONFIG, what); }

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<ToolArguments> ToolArguments::parse(const std::vector<std::string>& arguments,
                                           const ToolOptions& known) {
    ToolArguments parsed;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (!word.starts_with("--")) {
            parsed.words_.push_back(word);
            continue;
        }
        const size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (contains(known.plain, name) && equals == std::string::npos) {
            parsed.values_[name] = "";
        } else if (!contains(known.with_value, name)) {
            return usage("there is no option " + word);
        } else if (equals != std::string::npos) {
            parsed.values_[name] = word.substr(equals + 1);
        } else if (i + 1 == arguments.size()) {
            return usage(name + " wants a value");
        } else {
            parsed.values_[name] = arguments[++i];
        }
    }
    return parsed;
}

std::optional<std::string> ToolArguments::value(std::string_view option) const {
    const auto found = values_.find(option);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<int64_t>> ToolArguments::number(std::string_view option) const {
    const auto text = value(option);
    if (!text) return std::optional<int64_t>();
    int64_t number = -1;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number < 0)
        return usage(std::string(option) + " wants a number, not " + *text);
    return std::optional(number);
}

}  // namespace milena
