// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/topic_description.h"

#include <algorithm>

#include "server/handlers/addresses.h"

namespace milena {

bool ClientView::reaches(int32_t node_id) const {
    const auto address = address_of(broker, image, node_id, connection);
    return address && !address->fenced;
}

// Ids that Kafka reserves instead of a directory's own.
static bool is_reserved(const Uuid& directory, uint8_t number) {
    Uuid reserved;
    reserved.bytes[15] = number;
    return directory == reserved;
}

static bool is_online(const Uuid& directory, const BrokerState& node) {
    constexpr uint8_t kMigrating = 0, kUnassigned = 1, kLost = 2;
    if (is_reserved(directory, kUnassigned) || is_reserved(directory, kMigrating)) return true;
    if (is_reserved(directory, kLost)) return false;
    return node.log_directories.empty() ||
           std::ranges::find(node.log_directories, directory) != node.log_directories.end();
}

std::vector<int32_t> offline_replicas(const PartitionState& partition, const ClientView& view) {
    std::vector<int32_t> offline;
    for (size_t i = 0; i < partition.replicas.size(); ++i) {
        const int32_t id = partition.replicas[i];
        const auto node = view.image.brokers().find(id);
        const bool online = view.reaches(id) && (i >= partition.directories.size() ||
                                                 is_online(partition.directories[i], node->second));
        if (!online) offline.push_back(id);
    }
    return offline;
}

}  // namespace milena
