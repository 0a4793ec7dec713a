// SPDX-License-Identifier: Apache-2.0
// The topics that the coordinators keep their state in.
#pragma once

#include <string_view>

namespace milena {

inline constexpr std::string_view kGroupTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionTopic = "__transaction_state";
inline constexpr std::string_view kShareTopic = "__share_group_state";

/// Clients may read them, are told that they are internal, and may neither write to them nor delete
/// records of them.
constexpr bool is_internal_topic(std::string_view name) {
    return name == kGroupTopic || name == kTransactionTopic || name == kShareTopic;
}

}  // namespace milena
