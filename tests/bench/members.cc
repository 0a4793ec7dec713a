// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/members.h"

#include "coordinator/runtime/record.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"

namespace milena::bench {

using namespace protocol;

namespace {

// Members outlive the whole load, however long it takes.
constexpr int32_t kSessionTimeoutMs = 1'800'000;
constexpr int32_t kRebalanceTimeoutMs = 300'000;
constexpr int16_t kJoinVersion = 9;
constexpr int16_t kSyncVersion = 5;
constexpr int16_t kHeartbeatVersion = 4;
constexpr int16_t kCommitVersion = 9;
constexpr int16_t kConsumerVersion = 1;

bool is(int16_t error, ErrorCode code) { return error == static_cast<int16_t>(code); }

Bytes subscription_to(const std::string& topic) {
    ConsumerProtocolSubscription subscription;
    subscription.topics = {topic};
    return encode_versioned(0, subscription, 0);
}

Bytes assignment_of(const std::string& topic, int32_t partition) {
    ConsumerProtocolAssignment assignment;
    assignment.assigned_partitions.push_back({topic, {partition}});
    return encode_versioned(0, assignment, 0);
}

}  // namespace

bool is_too_early(int16_t error) {
    return is(error, ErrorCode::COORDINATOR_NOT_AVAILABLE) ||
           is(error, ErrorCode::COORDINATOR_LOAD_IN_PROGRESS) ||
           is(error, ErrorCode::NOT_COORDINATOR);
}

void check(const char* what, int16_t error) {
    if (error != 0) die(std::string(what) + ": error " + std::to_string(error));
}

void ClassicMember::start(std::function<void()> on_assigned) {
    on_assigned_ = std::move(on_assigned);
    join();
}

template <class Done>
void ClassicMember::ask_to_join(Done done) {
    const Bytes metadata = subscription_to(plan_.topic);
    JoinGroupRequest request;
    request.group_id = plan_.group;
    request.session_timeout_ms = kSessionTimeoutMs;
    request.rebalance_timeout_ms = kRebalanceTimeoutMs;
    request.member_id = id_;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", metadata});
    plan_.connections.ask<JoinGroupResponse>(
        plan_.connection, request, kJoinVersion, [this, done](const JoinGroupResponse& joined) {
            if (is_too_early(joined.error_code))
                return plan_.connections.after(kRetryDelay, [this, done] { ask_to_join(done); });
            id_ = joined.member_id;
            done(joined);
        });
}

void ClassicMember::introduce(std::function<void()> on_known) {
    ask_to_join([on_known = std::move(on_known)](const JoinGroupResponse& joined) {
        if (!is(joined.error_code, ErrorCode::MEMBER_ID_REQUIRED))
            die("a JoinGroup without a member id is not refused");
        on_known();
    });
}

void ClassicMember::join() {
    ask_to_join([this](const JoinGroupResponse& joined) {
        if (is(joined.error_code, ErrorCode::MEMBER_ID_REQUIRED)) return join();
        check("JoinGroup", joined.error_code);
        generation_ = joined.generation_id;
        assignments_.clear();
        for (const auto& member : joined.members)
            assignments_.emplace_back(
                member.member_id,
                assignment_of(plan_.topic, static_cast<int32_t>(assignments_.size())));
        sync();
    });
}

void ClassicMember::sync() {
    SyncGroupRequest request;
    request.group_id = plan_.group;
    request.generation_id = generation_;
    request.member_id = id_;
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    for (const auto& [member, assignment] : assignments_)
        request.assignments.push_back({member, assignment});
    plan_.connections.ask<SyncGroupResponse>(
        plan_.connection, request, kSyncVersion, [this](const SyncGroupResponse& synced) {
            if (is(synced.error_code, ErrorCode::REBALANCE_IN_PROGRESS)) return join();
            check("SyncGroup", synced.error_code);
            on_assigned_();
        });
}

Bytes ClassicMember::heartbeat_frame() const {
    HeartbeatRequest request;
    request.group_id = plan_.group;
    request.generation_id = generation_;
    request.member_id = id_;
    return frame_of(request, kHeartbeatVersion);
}

Bytes ClassicMember::commit_frame(int64_t offset) const {
    OffsetCommitRequest request;
    request.group_id = plan_.group;
    request.generation_id_or_member_epoch = generation_;
    request.member_id = id_;
    auto& topic = request.topics.emplace_back();
    topic.name = plan_.topic;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = 0;
    partition.committed_offset = offset;
    partition.committed_metadata = "";
    return frame_of(request, kCommitVersion);
}

void ConsumerMember::heartbeat(bool reports) {
    if (on_stopped_) return on_stopped_();
    ConsumerGroupHeartbeatRequest request;
    request.group_id = plan_.group;
    request.member_id = id_;
    request.member_epoch = epoch_;
    if (reports) request.topic_partitions = owned_;
    if (epoch_ == 0) {
        request.rebalance_timeout_ms = kRebalanceTimeoutMs;
        request.subscribed_topic_names.emplace().push_back(plan_.topic);
    }
    plan_.connections.ask<ConsumerGroupHeartbeatResponse>(
        plan_.connection, request, kConsumerVersion,
        [this, reports](const ConsumerGroupHeartbeatResponse& beaten) {
            if (is_too_early(beaten.error_code))
                return plan_.connections.after(kRetryDelay,
                                               [this, reports] { heartbeat(reports); });
            check("ConsumerGroupHeartbeat", beaten.error_code);
            epoch_ = beaten.member_epoch;
            if (beaten.assignment) {
                take(beaten.assignment->topic_partitions);
                return heartbeat(true);
            }
            plan_.connections.after(plan_.heartbeat_interval, [this] { heartbeat(false); });
        });
}

template <class Partitions>
void ConsumerMember::take(const Partitions& assigned) {
    owned_.clear();
    owned_count_ = 0;
    for (const auto& topic : assigned) {
        owned_.push_back({topic.topic_id, topic.partitions});
        owned_count_ += topic.partitions.size();
    }
}

Bytes ConsumerMember::heartbeat_frame() const {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = plan_.group;
    request.member_id = id_;
    request.member_epoch = epoch_;
    return frame_of(request, kConsumerVersion);
}

}  // namespace milena::bench
