// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/topic_names.h"

#include <algorithm>

namespace milena {

static constexpr size_t kTopicNameLengthMax = 249;  // with "-<partition>" a file name

bool is_internal_topic(std::string_view name) {
    return name == kGroupTopic || name == kTransactionTopic || name == kShareTopic;
}

static bool is_legal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static Error invalid(std::string_view name, std::string_view reason) {
    std::string message = "'";
    message.append(name).append("' can't be the name of a topic: ").append(reason);
    return Error(ErrorCode::INVALID_TOPIC_EXCEPTION, std::move(message));
}

Result<void> check_topic_name(std::string_view name) {
    if (name.empty()) return invalid(name, "it is empty");
    if (name == "." || name == "..") return invalid(name, "it names a directory");
    if (name.size() > kTopicNameLengthMax) return invalid(name, "it has more than 249 characters");
    if (!std::ranges::all_of(name, is_legal))
        return invalid(name, "only a-z, A-Z, 0-9, '.', '_' and '-' are allowed");
    return {};
}

}  // namespace milena
