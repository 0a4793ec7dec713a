// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/partition_lookup.h"

namespace milena {

static Error lookup_error(ErrorCode code, std::string_view topic, int32_t index,
                          std::string_view problem) {
    std::string message = "partition ";
    message.append(topic).append("-").append(std::to_string(index)).append(" ").append(problem);
    return Error(code, std::move(message));
}

Result<std::shared_ptr<Partition>> find_partition(const Broker& broker, const MetadataImage& image,
                                                  std::string_view topic, int32_t index) {
    const TopicState* state = image.topic(topic);
    if (!state || index < 0 || static_cast<size_t>(index) >= state->partitions.size())
        return lookup_error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, topic, index, "does not exist");
    auto partition = broker.partitions.find(TopicPartition{state->id, index});
    if (!partition)
        return lookup_error(ErrorCode::NOT_LEADER_OR_FOLLOWER, topic, index,
                            "has no replica on this broker");
    return partition;
}

Result<std::shared_ptr<Partition>> find_led_partition(const Broker& broker,
                                                      const MetadataImage& image,
                                                      std::string_view topic, int32_t index) {
    auto partition = find_partition(broker, image, topic, index);
    if (!partition || (*partition)->is_leader()) return partition;
    auto usable = (*partition)->log()->check_usable();
    if (!usable && usable.error().code() == ErrorCode::KAFKA_STORAGE_ERROR) return usable.error();
    return lookup_error(ErrorCode::NOT_LEADER_OR_FOLLOWER, topic, index,
                        "is not led by this broker");
}

}  // namespace milena
