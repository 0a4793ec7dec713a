// SPDX-License-Identifier: Apache-2.0
// How partitions look to a client: which nodes it reaches, which replicas are offline.
#pragma once

#include <vector>

#include "server/broker.h"
#include "server/request.h"

namespace milena {

/// Who asks, and how it sees the cluster. Borrows everything.
struct ClientView {
    const Broker& broker;
    const MetadataImage& image;
    const ConnectionContext& connection;

    /// Whether the node exists, is not fenced and has the client's listener.
    bool reaches(int32_t node_id) const;
};

/// Replicas that can't serve: their node is unknown, fenced or without the client's listener, or
/// lost the directory that holds them.
std::vector<int32_t> offline_replicas(const PartitionState& partition, const ClientView& view);

}  // namespace milena
