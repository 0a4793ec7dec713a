// SPDX-License-Identifier: Apache-2.0
// What Produce and Fetch add to "not the leader": who is, and where it listens.
#pragma once

#include <algorithm>

#include "server/handlers/addresses.h"

namespace milena {

inline bool wants_leader_hint(ErrorCode error) {
    return error == ErrorCode::NOT_LEADER_OR_FOLLOWER || error == ErrorCode::FENCED_LEADER_EPOCH;
}

/// Fills `current_leader` of a partition's answer, and the leader's row in `node_endpoints`.
template <class Response, class PartitionAnswer>
void add_leader_hint(const Broker& broker, const MetadataImage& image,
                     const ConnectionContext& connection, const PartitionState& state,
                     Response& response, PartitionAnswer& answer) {
    answer.current_leader.leader_id = state.leader;
    answer.current_leader.leader_epoch = state.leader_epoch;
    auto& known = response.node_endpoints;
    auto is_leader = [&](const auto& node) { return node.node_id == state.leader; };
    if (std::ranges::any_of(known, is_leader)) return;
    auto address = address_of(broker, image, state.leader, connection);
    if (!address) return;
    auto& node = known.emplace_back();
    node.node_id = state.leader;
    node.host = address->host;
    node.port = address->port;
    node.rack = address->rack;
}

}  // namespace milena
