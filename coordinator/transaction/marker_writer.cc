// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/marker_writer.h"

#include "coordinator/internal_topics.h"
#include "storage/control_record.h"

namespace milena {

namespace {

constexpr int16_t kAcksAll = -1;

/// A group's coordinator that is not there, or not ready, is to the sender a leader that is not.
Result<void> as_leader_would_say(const Result<void>& result) {
    if (result) return result;
    switch (result.error().code()) {
        case ErrorCode::COORDINATOR_NOT_AVAILABLE:
        case ErrorCode::COORDINATOR_LOAD_IN_PROGRESS:
        case ErrorCode::NOT_COORDINATOR:
            return Error(ErrorCode::NOT_LEADER_OR_FOLLOWER, result.error().message());
        default:
            return result;
    }
}

}  // namespace

void MarkerWriter::write(const MetadataImage& image, std::string_view topic, int32_t partition,
                         const EndMarker& marker, Reply done) const {
    const TopicState* state = image.topic(topic);
    const auto found = state ? partitions_.find({state->id, partition}) : nullptr;
    if (!found) return done(Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    const TransactionMarker end{!marker.committed, marker.coordinator_epoch};
    if (topic == kGroupTopic)
        return groups_.end_transaction(partition, marker.producer, end, marker.transaction_version,
                                       [done = std::move(done)](const Result<void>& result) {
                                           done(as_leader_would_say(result));
                                       });
    auto batch = build_marker(marker.producer.id, marker.producer.epoch, end, clock_.now());
    if (!batch) return done(batch.error());
    AppendSource source = AppendOrigin::kCoordinator;
    source.transaction_version = marker.transaction_version;
    auto appended = found->append_as_leader(*batch, kAcksAll, source, nullptr);
    if (!appended) return done(appended.error());
    found->when_acknowledgeable(*appended, kAcksAll, std::move(done));
}

}  // namespace milena
