// SPDX-License-Identifier: Apache-2.0
// TxnOffsetCommit: offsets that count when a producer's transaction is committed.
//
// Behaviour
// - The partition of __consumer_offsets must be part of the transaction; the transaction's
//   coordinator says so, or its error is the answer. Later commits of anyone are not undone by an
//   older one that becomes final after them.
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
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/offset_topics.h"

namespace milena {

using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

namespace {

constexpr int16_t kFirstVersionOfLoadInProgress = 2, kFirstVersionOfTopicIds = 6;

/// Lives until the coordinator has answered.
struct Commit {
    Commit(Call<TxnOffsetCommitRequest> asked, MetadataImagePtr now)
        : call(std::move(asked)), image(std::move(now)), by_id(is_by_id()), answers(by_id) {}
    bool is_by_id() const { return call.version() >= kFirstVersionOfTopicIds; }

    const Call<TxnOffsetCommitRequest> call;
    const MetadataImagePtr image;
    const bool by_id;
    TxnOffsetCommitRequest known;
    TopicAnswers<TxnOffsetCommitResponse> answers;
};

void respond(const Commit& commit, TxnOffsetCommitResponse response) {
    if (commit.call.version() < kFirstVersionOfLoadInProgress)
        for (auto& topic : response.topics)
            for (auto& partition : topic.partitions)
                if (ErrorCode(partition.error_code) == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)
                    partition.error_code =
                        static_cast<int16_t>(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    commit.call.respond(response);
}

}  // namespace

void handle_txn_offset_commit(Broker& broker, Call<TxnOffsetCommitRequest> asking) {
    auto commit = std::make_shared<Commit>(std::move(asking), broker.image());
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
    const GroupCall call{.version = commit->call.version(), .strings = commit->call.strings()};
    broker.groups.commit_transactional_offsets(
        call, known, [commit](const TxnOffsetCommitResponse& response) {
            respond(*commit, commit->answers.merged_with(response));
        });
}

}  // namespace milena
