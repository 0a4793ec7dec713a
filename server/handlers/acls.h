// SPDX-License-Identifier: Apache-2.0
// What the APIs of access control lists share while there is no authorizer: no list exists, and
// none can be made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace milena {

inline constexpr auto kSecurityDisabled = static_cast<int16_t>(ErrorCode::SECURITY_DISABLED);
inline constexpr std::string_view kNoAuthorizer =
    "There is no authorizer, and so there are no ACLs.";

/// Kafka reads no request with a code that stands for "unknown" in Kafka itself.
template <class... Code>
bool any_unknown(Code... codes) {
    return ((codes == 0) || ...);
}

/// `count` rows of an answer, each refused.
template <class Row>
std::vector<Row> refused_rows(size_t count) {
    Row refused;
    refused.error_code = kSecurityDisabled;
    refused.error_message = kNoAuthorizer;
    return std::vector<Row>(count, refused);
}

}  // namespace milena
