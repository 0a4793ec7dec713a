// SPDX-License-Identifier: Apache-2.0
// From names, as requests have them, to partitions of this node.
#pragma once

#include <memory>
#include <string_view>

#include "server/broker.h"

namespace milena {

/// UNKNOWN_TOPIC_OR_PARTITION if the cluster doesn't have it, NOT_LEADER_OR_FOLLOWER if only other
/// nodes do.
Result<std::shared_ptr<Partition>> find_partition(const Broker& broker, const MetadataImage& image,
                                                  std::string_view topic, int32_t index);

/// As above, and NOT_LEADER_OR_FOLLOWER unless this node leads it; KAFKA_STORAGE_ERROR if that is
/// because its log directory is offline.
Result<std::shared_ptr<Partition>> find_led_partition(const Broker& broker,
                                                      const MetadataImage& image,
                                                      std::string_view topic, int32_t index);

}  // namespace milena
