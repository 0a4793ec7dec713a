// SPDX-License-Identifier: Apache-2.0
// What Kafka says about the names of topics.
#pragma once

#include <string_view>

#include "base/error.h"

namespace milena {

inline constexpr std::string_view kGroupTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionTopic = "__transaction_state";
inline constexpr std::string_view kShareTopic = "__share_group_state";

/// Kept by the coordinators; clients may read them, and are told that they are internal.
bool is_internal_topic(std::string_view name);

/// INVALID_TOPIC_EXCEPTION, saying why, unless a topic may have this name.
Result<void> check_topic_name(std::string_view name);

}  // namespace milena
