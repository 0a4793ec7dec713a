// SPDX-License-Identifier: Apache-2.0
// Sockets that listen: addresses, options, accepting.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "server/request.h"

namespace milena {

/// Binds and listens on `host`:`port`, on every address that the name has (localhost: 127.0.0.1 and
/// ::1); an empty host or 0.0.0.0 is every interface, both families. With `port` 0 the system picks
/// one, the same for all addresses. Returns non-blocking descriptors, owned by the caller. The
/// Error says which address failed and why.
Result<std::vector<int>> listen_on(const std::string& host, uint16_t port, int backlog);

/// The port a descriptor is bound to.
uint16_t local_port(int descriptor);

/// Both ends of an accepted connection, as text.
ConnectionContext describe_connection(int descriptor, std::string listener);

/// Options of an accepted connection. Sizes of buffers: -1 leaves them to the system, which adapts
/// them to the traffic.
void prepare_connection(int descriptor, int send_buffer_bytes, int receive_buffer_bytes);

}  // namespace milena
