// SPDX-License-Identifier: Apache-2.0
// Where clients reach brokers: what Metadata, FindCoordinator and DescribeCluster tell.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/broker.h"
#include "server/request.h"

namespace milena {

struct BrokerAddress {
    int32_t id = -1;
    std::string_view host;
    int32_t port = -1;
    std::optional<std::string_view> rack;
    bool fenced = false;
};

/// Where a client of this connection reaches `node`, on the listener that it uses itself; nothing
/// if `node` doesn't have that listener. This node without advertised.listeners is where the client
/// dialled. Borrows from the image and the connection.
std::optional<BrokerAddress> address_of(const Broker& broker, const BrokerState& node,
                                        const ConnectionContext& connection);

/// As above, by id; nothing too if there is no such node.
std::optional<BrokerAddress> address_of(const Broker& broker, const MetadataImage& image,
                                        int32_t node_id, const ConnectionContext& connection);

/// Every broker that is reachable on the connection's listener; fenced ones only if wanted.
std::vector<BrokerAddress> broker_addresses(const Broker& broker, const MetadataImage& image,
                                            const ConnectionContext& connection, bool with_fenced);

/// What clients are told as controller: any broker that is alive will do, as each passes requests
/// on. This one, if clients can reach it.
int32_t controller_for_clients(const Broker& broker, const MetadataImage& image);

}  // namespace milena
