// SPDX-License-Identifier: Apache-2.0
// DeleteRecords: moves the start of a log, so that records before an offset are gone.
//
// Behaviour
// - Offset -1 means the high watermark; offsets above it, or otherwise negative, are
//   OFFSET_OUT_OF_RANGE. Below the log's start nothing changes.
// - Internal topics are INVALID_TOPIC_EXCEPTION; topics that are compacted only (cleanup.policy
//   without delete) POLICY_VIOLATION.
// - The low watermark is the least log start of all replicas; with an error it is -1.
// - What is answered stays deleted, also after a crash; Apache Kafka writes it down once a minute.
// All versions are alike but for flexible encoding (v2).
#include <map>

#include "coordinator/internal_topics.h"
#include "protocol/messages/delete_records_request.h"
#include "protocol/messages/delete_records_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/partition_lookup.h"

namespace milena {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

static constexpr int64_t kToHighWatermark = -1;

static Result<Offset> delete_before(const Broker& broker, const MetadataImage& image,
                                    std::string_view topic, int32_t index, int64_t offset) {
    const TopicState* state = image.topic(topic);
    if (state && is_internal_topic(topic))
        return Error(ErrorCode::INVALID_TOPIC_EXCEPTION, "internal topics keep their records");
    auto partition = find_led_partition(broker, image, topic, index);
    if (!partition) return partition.error();
    Log& log = *(*partition)->log();
    if (!log.config().cleanup_delete)
        return Error(ErrorCode::POLICY_VIOLATION, "cleanup.policy does not contain delete");
    const Offset before = offset == kToHighWatermark ? log.high_watermark() : Offset(offset);
    if (before.value < 0) return Error(ErrorCode::OFFSET_OUT_OF_RANGE, "the offset is negative");
    return log.delete_records_before(before);
}

static void fail(DeleteRecordsResponse& response, ErrorCode code) {
    for (auto& topic : response.topics)
        for (auto& partition : topic.partitions) {
            if (partition.error_code != 0) continue;
            partition.error_code = static_cast<int16_t>(code);
            partition.low_watermark = -1;
        }
}

static void answer(const Broker& broker, const Call<DeleteRecordsRequest>& call) {
    const MetadataImagePtr image = broker.image();
    // By name and index: what is listed twice is done once, with the offset listed last.
    std::map<std::string_view, std::map<int32_t, int64_t>> wanted;
    for (const auto& topic : call->topics)
        for (const auto& asked : topic.partitions)
            wanted[topic.name][asked.partition_index] = asked.offset;

    DeleteRecordsResponse response;
    bool moved = false;
    for (const auto& [name, partitions] : wanted) {
        auto& topic = response.topics.emplace_back();
        topic.name = name;
        for (const auto& [index, offset] : partitions) {
            const auto low_watermark = delete_before(broker, *image, name, index, offset);
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = index;
            partition.low_watermark = low_watermark ? low_watermark->value : -1;
            moved |= low_watermark.has_value();
            if (!low_watermark)
                partition.error_code = static_cast<int16_t>(low_watermark.error().code());
        }
    }
    if (moved)
        if (auto saved = broker.logs.save_log_starts(); !saved)
            fail(response, saved.error().code());
    call.respond(response);
}

void handle_delete_records(Broker& broker, Call<DeleteRecordsRequest> call) {
    // An append may hold the log for long.
    broker.pool.run([&broker, call] { answer(broker, call); });
}

}  // namespace milena
