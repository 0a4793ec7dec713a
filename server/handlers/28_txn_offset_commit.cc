// SPDX-License-Identifier: Apache-2.0
// TxnOffsetCommit: offsets that count when a producer's transaction is committed.
//
// Behaviour
// - The group's partition of __consumer_offsets must be part of the transaction; the transaction's
//   coordinator says so, or its error is the answer (server/transactional_write.h). Later commits
//   of anyone are not undone by an older one that becomes final after them.
// - Members are checked as by OffsetCommit, from v3 on, which names them. An empty group id is
//   INVALID_GROUP_ID.
// - Partitions that don't exist, and metadata, are treated as by OffsetCommit.
//
// Versions
// - Before v2 COORDINATOR_LOAD_IN_PROGRESS is told as COORDINATOR_NOT_AVAILABLE, which old clients
//   try again. v2 leader epoch. v3 members.
// - v5 the partition becomes part of the transaction by this request (KIP-890).
// - v6 topic ids, GROUP_ID_NOT_FOUND and STALE_MEMBER_EPOCH (before: ILLEGAL_GENERATION).
#include "coordinator/group/group_coordinator.h"
#include "coordinator/internal_topics.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/offset_topics.h"
#include "server/transactional_write.h"

namespace milena {

using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

namespace {

constexpr int16_t kFirstVersionOfLoadInProgress = 2, kFirstVersionOfAbortableError = 4,
                  kFirstVersionOfImplicitPartitions = 5, kFirstVersionOfTopicIds = 6;

using Commit = OffsetCommitCall<TxnOffsetCommitRequest, TxnOffsetCommitResponse>;

using CommitPtr = std::shared_ptr<Commit>;

void respond(const Commit& commit, TxnOffsetCommitResponse response) {
    if (commit.call.version() < kFirstVersionOfLoadInProgress)
        for (auto& topic : response.topics)
            for (auto& partition : topic.partitions)
                if (ErrorCode(partition.error_code) == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)
                    partition.error_code =
                        static_cast<int16_t>(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    commit.call.respond(response);
}

void refuse(Commit& commit, ErrorCode error) {
    respond(commit, commit.answers.merged_with(refused(commit.known, error)));
}

/// Nothing if this node is not the group's coordinator.
std::optional<TransactionalWrite> write_of(const Broker& broker, const Commit& commit) {
    const TxnOffsetCommitRequest& known = commit.known;
    const TopicState* topic = commit.image->topic(kGroupTopic);
    const int32_t index = broker.groups.runtime().partition_of(known.group_id);
    auto partition = topic ? broker.partitions.find({topic->id, index}) : nullptr;
    if (!partition) return {};
    TransactionalWrite write;
    write.transactional_id = known.transactional_id;
    write.producer = {ProducerId(known.producer_id), ProducerEpoch(known.producer_epoch)};
    write.support = transaction_support(commit.call.version(), kFirstVersionOfAbortableError,
                                        kFirstVersionOfImplicitPartitions);
    write.targets.push_back({topic->name, index, std::move(partition)});
    return write;
}

void append(Broker& broker, const CommitPtr& commit, std::optional<VerificationGuard> guard) {
    const GroupCall call{.version = commit->call.version(), .strings = commit->call.strings()};
    broker.groups.commit_transactional_offsets(
        call, commit->known, guard, [commit](const TxnOffsetCommitResponse& response) {
            respond(*commit, commit->answers.merged_with(response));
        });
}

}  // namespace

void handle_txn_offset_commit(Broker& broker, Call<TxnOffsetCommitRequest> asking) {
    auto commit =
        std::make_shared<Commit>(std::move(asking), broker.image(), kFirstVersionOfTopicIds);
    const TxnOffsetCommitRequest& asked = *commit->call;
    TxnOffsetCommitRequest& known = commit->known;
    part_topics(*commit->image, commit->by_id, asked.topics, known.topics, commit->answers);
    if (known.topics.empty()) return respond(*commit, commit->answers.response());
    known.transactional_id = asked.transactional_id;
    known.group_id = asked.group_id;
    known.producer_id = asked.producer_id;
    known.producer_epoch = asked.producer_epoch;
    known.generation_id_or_member_epoch = asked.generation_id_or_member_epoch;
    known.member_id = asked.member_id;
    known.group_instance_id = asked.group_instance_id;
    if (known.group_id.empty()) return refuse(*commit, ErrorCode::INVALID_GROUP_ID);
    auto write = write_of(broker, *commit);
    if (!write) return refuse(*commit, ErrorCode::NOT_COORDINATOR);
    verify_write(broker, commit->call.request->executor(), std::move(*write),
                 [&broker, commit](const WriteVerdicts& verdicts) {
                     const auto& verdict = verdicts.at(0);
                     if (!verdict) return refuse(*commit, refusal_of(verdict.error()).code());
                     append(broker, commit, *verdict);
                 });
}

}  // namespace milena
