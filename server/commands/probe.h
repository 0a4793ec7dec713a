// SPDX-License-Identifier: Apache-2.0
// Asks a broker, as a client would, whether it serves.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace milena {

/// Connects, asks for Metadata, and is content if the answer names a broker. Blocks for `limit` at
/// most (and as long as the name is looked up). The error tells what is amiss.
Result<void> probe_broker(const std::string& host, uint16_t port, std::chrono::milliseconds limit);

}  // namespace milena
