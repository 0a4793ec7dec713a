// SPDX-License-Identifier: Apache-2.0
// AlterReplicaLogDirs: moves replicas of this broker to other data directories.
//
// Behaviour
// - The answer comes when the move begins; DescribeLogDirs shows its progress. The directory that
//   already holds the replica ends a move to another one.
// - LOG_DIR_NOT_FOUND for a path that is not configured (word by word), KAFKA_STORAGE_ERROR if it,
//   or the one that holds the replica, is offline, INVALID_REPLICA_ASSIGNMENT if it is cordoned.
// - Of a partition that isn't here (UNKNOWN_TOPIC_OR_PARTITION; REPLICA_NOT_AVAILABLE if only this
//   broker lacks it) the directory is remembered until it is made.
// - A partition under several paths goes to the last one.
// All versions are alike but for flexible encoding (v2).
#include <map>

#include "protocol/messages/alter_replica_log_dirs_request.h"
#include "protocol/messages/alter_replica_log_dirs_response.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;

namespace {

bool exists(const MetadataImage& image, std::string_view topic, int32_t partition) {
    const TopicState* state = image.topic(topic);
    return state && partition >= 0 && static_cast<size_t>(partition) < state->partitions.size();
}

ErrorCode move(const Broker& broker, std::string_view topic, int32_t partition,
               std::string_view path) {
    auto moving = broker.logs.move(std::string(topic), partition, std::string(path));
    if (moving) return ErrorCode::NONE;
    const ErrorCode code = moving.error().code();
    const bool is_known = exists(*broker.image(), topic, partition);
    return code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION && is_known
               ? ErrorCode::REPLICA_NOT_AVAILABLE
               : code;
}

void answer(const Broker& broker, const Call<AlterReplicaLogDirsRequest>& call) {
    std::map<std::string_view, std::map<int32_t, std::string_view>> wanted;
    for (const auto& directory : call->dirs)
        for (const auto& topic : directory.topics)
            for (const int32_t partition : topic.partitions)
                wanted[topic.name][partition] = directory.path;
    AlterReplicaLogDirsResponse response;
    for (const auto& [name, partitions] : wanted) {
        auto& topic = response.results.emplace_back();
        topic.topic_name = name;
        for (const auto& [index, path] : partitions) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = index;
            partition.error_code = static_cast<int16_t>(move(broker, name, index, path));
        }
    }
    call.respond(response);
}

}  // namespace

void handle_alter_replica_log_dirs(Broker& broker, Call<AlterReplicaLogDirsRequest> call) {
    broker.pool.run([&broker, call] { answer(broker, call); });  // it makes directories
}

}  // namespace milena
