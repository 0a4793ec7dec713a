// SPDX-License-Identifier: Apache-2.0
// Topics that come into being because somebody asked about them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/broker.h"
#include "server/request.h"

namespace milena {

/// Asks the controller for topics of these names, internal ones with their own settings, the others
/// with num.partitions and default.replication.factor. `done` runs on the core of `request`, after
/// this node has applied what was created; the image then tells what exists.
void create_missing_topics(Broker& broker, std::shared_ptr<Request> request,
                           const std::vector<std::string_view>& names, std::function<void()> done);

}  // namespace milena
