// SPDX-License-Identifier: Apache-2.0
// What must be right before a node touches its data directories.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "server/settings/broker_settings.h"

namespace milena {

/// INVALID_CONFIG unless a quorum of this node alone is what controller.quorum.voters asks for.
Result<void> check_voters(const BrokerSettings& settings);
/// INVALID_CONFIG if two paths lead to one directory.
Result<void> check_distinct(const std::vector<std::string>& directories);

}  // namespace milena
