// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/addresses.h"

#include <algorithm>

#include "server/settings/settings.h"

namespace milena {

static BrokerAddress describe(const BrokerState& node, std::string_view host, int32_t port) {
    return BrokerAddress{node.id, host, port, node.rack, node.fenced};
}

std::optional<BrokerAddress> address_of(const Broker& broker, const BrokerState& node,
                                        const ConnectionContext& connection) {
    if (node.id == broker.node_id && broker.settings.listeners().advertised.empty())
        return describe(node, connection.local_host, connection.local_port);
    const auto endpoint =
        std::ranges::find(node.endpoints, connection.listener, &BrokerEndpoint::listener);
    if (endpoint == node.endpoints.end()) return std::nullopt;
    return describe(node, endpoint->host, endpoint->port);
}

std::optional<BrokerAddress> address_of(const Broker& broker, const MetadataImage& image,
                                        int32_t node_id, const ConnectionContext& connection) {
    const auto node = image.brokers().find(node_id);
    if (node == image.brokers().end()) return std::nullopt;
    return address_of(broker, node->second, connection);
}

std::vector<BrokerAddress> broker_addresses(const Broker& broker, const MetadataImage& image,
                                            const ConnectionContext& connection, bool with_fenced) {
    std::vector<BrokerAddress> addresses;
    for (const auto& [id, node] : image.brokers()) {
        if (node.fenced && !with_fenced) continue;
        if (auto address = address_of(broker, node, connection)) addresses.push_back(*address);
    }
    return addresses;
}

int32_t controller_for_clients(const Broker& broker, const MetadataImage& image) {
    const auto alive = [](const auto& entry) { return !entry.second.fenced; };
    const auto self = image.brokers().find(broker.node_id);
    if (self != image.brokers().end() && alive(*self)) return self->first;
    const auto other = std::ranges::find_if(image.brokers(), alive);
    return other == image.brokers().end() ? -1 : other->first;
}

}  // namespace milena
