// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/config_resources.h"

#include "server/settings/text.h"

namespace milena {

Result<void> check_names_this_node(std::string_view name, int32_t node_id) {
    const auto id = parse_integer(name);
    if (id && *id == node_id) return {};
    const std::string told = "'" + std::string(name) + "' is ";
    return Error(ErrorCode::INVALID_REQUEST, told + (id ? "another broker" : "no broker id") +
                                                 "; this one is " + std::to_string(node_id) +
                                                 ", and each must be asked itself.");
}

}  // namespace milena
