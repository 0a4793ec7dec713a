// SPDX-License-Identifier: Apache-2.0
// OffsetCommit, TxnOffsetCommit and OffsetDelete: what changes offsets.
#include "coordinator/group/offset_store.h"
#include "coordinator/runtime/partitioning.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"

namespace milena {

using namespace protocol;

namespace {

/// Values with an expiry of their own are written as clients meant that set one.
constexpr int16_t kVersionWithExpiry = 1, kValueVersion = OffsetCommitValue::kMaxVersion;
/// Requests from these on may be told that their group does not exist.
constexpr int16_t kGroupIdNotFoundOfCommit = 9, kGroupIdNotFoundOfTransaction = 6;
constexpr int16_t kStaleEpochOfTransaction = 6;

template <class Topic, class Partition>
CoordinatorRecord offset_record(std::string_view group, const Topic& topic,
                                const Partition& partition, TimestampMs committed_at,
                                TimestampMs expires_at) {
    OffsetCommitKey key;
    key.group = group;
    key.topic = topic.name;
    key.partition = partition.partition_index;
    OffsetCommitValue value;
    value.offset = partition.committed_offset;
    value.leader_epoch = partition.committed_leader_epoch;
    value.metadata = partition.committed_metadata.value_or("");
    value.commit_timestamp = committed_at.value;
    value.expire_timestamp = expires_at.value;
    value.topic_id = topic.topic_id;
    return make_record(key, value, expires_at == kNoTimestamp ? kValueVersion : kVersionWithExpiry);
}

/// Version 1 of OffsetCommit names the time; it is now otherwise.
template <class Partition>
TimestampMs commit_time(const Partition& partition, TimestampMs now) {
    if constexpr (requires { partition.commit_timestamp; })
        if (partition.commit_timestamp != kNoTimestamp.value)
            return TimestampMs(partition.commit_timestamp);
    return now;
}

/// The answer `response` if the records are committed, else one error for all.
template <class Request, class Response>
Reply reply_with(const Request& request, Response response, std::function<void(Response)> done) {
    return [&request, response = std::move(response),
            done = std::move(done)](const Result<void>& committed) mutable {
        done(committed ? std::move(response) : refused(request, committed.error().code()));
    };
}

template <class Request, class Response>
Effects refusal(const Request& request, const Error& error, std::function<void(Response)> done) {
    Effects effects;
    effects.replies.push_back(reply_with(request, refused(request, error.code()), std::move(done)));
    return effects;
}

template <class Response, class Request>
Response refused_partitions(const Request& request, ErrorCode error) {
    Response response;
    response.topics.reserve(request.topics.size());
    for (const auto& asked : request.topics) {
        auto& topic = response.topics.emplace_back();
        topic.name = asked.name;
        topic.topic_id = asked.topic_id;
        topic.partitions.reserve(asked.partitions.size());
        for (const auto& partition : asked.partitions) {
            auto& answer = topic.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            answer.error_code = static_cast<int16_t>(error);
        }
    }
    return response;
}

}  // namespace

OffsetCommitResponse refused(const OffsetCommitRequest& request, ErrorCode error) {
    return refused_partitions<OffsetCommitResponse>(request, error);
}
TxnOffsetCommitResponse refused(const TxnOffsetCommitRequest& request, ErrorCode error) {
    return refused_partitions<TxnOffsetCommitResponse>(request, error);
}
OffsetDeleteResponse refused(const OffsetDeleteRequest&, ErrorCode error) {
    OffsetDeleteResponse response;
    response.error_code = static_cast<int16_t>(error);
    return response;
}

template <class Request>
Result<void> OffsetStore::check_commit(const Request& request, const OffsetCaller& caller,
                                       int16_t first_version_of_unknown_groups) const {
    Group* group = groups_.find(request.group_id);
    if (!group) {
        if (caller.generation_or_epoch < 0) return {};
        return Error(caller.version >= first_version_of_unknown_groups
                         ? ErrorCode::GROUP_ID_NOT_FOUND
                         : ErrorCode::ILLEGAL_GENERATION);
    }
    if (auto checked = group->check_offset_commit(caller); !checked) return checked;
    for (const auto& topic : request.topics)
        for (const auto& partition : topic.partitions) {
            if (is_metadata_too_large(partition.committed_metadata)) continue;
            auto checked =
                group->check_partition_commit(caller, {topic.topic_id, partition.partition_index});
            if (!checked) return checked;
        }
    return {};
}

bool OffsetStore::is_metadata_too_large(std::optional<std::string_view> metadata) const {
    const auto length_max = static_cast<size_t>(options_.offset_metadata_max_bytes);
    return metadata && metadata->size() > length_max && java_length(*metadata) > length_max;
}

template <class Topic, class Response>
void OffsetStore::commit_topic(std::string_view group, const Topic& topic, TimestampMs expires_at,
                               Response& response, Effects& effects) const {
    const TimestampMs now = timers_.clock().now();
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    answers.topic_id = topic.topic_id;
    answers.partitions.reserve(topic.partitions.size());
    for (const auto& partition : topic.partitions) {
        auto& answer = answers.partitions.emplace_back();
        answer.partition_index = partition.partition_index;
        if (is_metadata_too_large(partition.committed_metadata))
            answer.error_code = static_cast<int16_t>(ErrorCode::OFFSET_METADATA_TOO_LARGE);
        else
            effects.records.push_back(
                offset_record(group, topic, partition, commit_time(partition, now), expires_at));
    }
}

Effects OffsetStore::commit(const OffsetCommitRequest& request, int16_t version,
                            Answered<OffsetCommitResponse> done) {
    const OffsetCaller caller{request.member_id, request.group_instance_id,
                              request.generation_id_or_member_epoch, version, false};
    const auto checked = check_commit(request, caller, kGroupIdNotFoundOfCommit);
    if (!checked) return refusal(request, checked.error(), std::move(done));
    const TimestampMs expires_at =
        request.retention_time_ms == -1
            ? kNoTimestamp
            : TimestampMs(timers_.clock().now().value + request.retention_time_ms);
    Effects effects;
    OffsetCommitResponse response;
    response.topics.reserve(request.topics.size());
    for (const auto& topic : request.topics)
        commit_topic(request.group_id, topic, expires_at, response, effects);
    effects.replies.push_back(reply_with(request, std::move(response), std::move(done)));
    return effects;
}

Effects OffsetStore::commit(const TxnOffsetCommitRequest& request, int16_t version,
                            Answered<TxnOffsetCommitResponse> done) {
    const OffsetCaller caller{request.member_id, request.group_instance_id,
                              request.generation_id_or_member_epoch, version, true};
    auto checked = check_commit(request, caller, kGroupIdNotFoundOfTransaction);
    if (!checked && checked.error().code() == ErrorCode::STALE_MEMBER_EPOCH &&
        version < kStaleEpochOfTransaction)
        checked = Error(ErrorCode::ILLEGAL_GENERATION, checked.error().message());
    if (!checked) return refusal(request, checked.error(), std::move(done));
    Effects effects;
    effects.transaction = {ProducerId(request.producer_id), ProducerEpoch(request.producer_epoch)};
    TxnOffsetCommitResponse response;
    response.topics.reserve(request.topics.size());
    for (const auto& topic : request.topics)
        commit_topic(request.group_id, topic, kNoTimestamp, response, effects);
    effects.replies.push_back(reply_with(request, std::move(response), std::move(done)));
    return effects;
}

Effects OffsetStore::remove(const OffsetDeleteRequest& request,
                            Answered<OffsetDeleteResponse> done) {
    Group* group = groups_.find(request.group_id);
    const Result<void> checked =
        group ? group->check_offset_delete() : Error(ErrorCode::GROUP_ID_NOT_FOUND);
    if (!checked) return refusal(request, checked.error(), std::move(done));
    Effects effects;
    OffsetDeleteResponse response;
    for (const auto& topic : request.topics) {
        const bool is_subscribed = group->is_subscribed_to(topic.name);
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& answer = answers.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            if (is_subscribed)
                answer.error_code = static_cast<int16_t>(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC);
            else if (table_.find(request.group_id, topic.name, partition.partition_index))
                effects.records.push_back(
                    offset_tombstone(request.group_id, topic.name, partition.partition_index));
        }
    }
    effects.replies.push_back(reply_with(request, std::move(response), std::move(done)));
    return effects;
}

}  // namespace milena
