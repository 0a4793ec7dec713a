// SPDX-License-Identifier: Apache-2.0
// From a request to what the group coordinator wants to know of it.
#pragma once

#include "coordinator/group/group_coordinator.h"
#include "server/request.h"

namespace milena {

/// `host` as Java prints an address: behind a slash, and all eight groups of IPv6.
std::string java_address(const std::string& host);

/// Lives as long as the request.
template <class Body>
GroupCall group_call(const Call<Body>& call) {
    StringArena& strings = call.strings();
    return {call.version(), call.request->client_id(),
            strings.own(java_address(call.request->connection().remote_host)), strings};
}

}  // namespace milena
