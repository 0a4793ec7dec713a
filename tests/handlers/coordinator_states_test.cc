// SPDX-License-Identifier: Apache-2.0
// Every API of the coordinators, asked where they are elsewhere, being loaded, or cannot write.
#include "protocol/messages/add_offsets_to_txn_request.h"
#include "protocol/messages/add_offsets_to_txn_response.h"
#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_response.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_describe_response.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "protocol/messages/describe_transactions_request.h"
#include "protocol/messages/describe_transactions_response.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/end_txn_response.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "protocol/messages/list_transactions_request.h"
#include "protocol/messages/list_transactions_response.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"
#include "protocol/messages/write_txn_markers_request.h"
#include "protocol/messages/write_txn_markers_response.h"
#include "server/handlers/handlers.h"
#include "tests/handlers/world.h"

namespace milena {
namespace {

using namespace protocol;
using enum ErrorCode;

using Codes = std::map<std::string, ErrorCode>;

class CoordinatorStates : public World {
  public:
    CoordinatorStates() { add_topic("t", 1); }

    /// This node has the internal topics, and does not come to read them.
    void load() {
        executor.has_stalled = true;
        for (const char* topic : {"__consumer_offsets", "__transaction_state"}) add_topic(topic, 1);
        coordinators->follow(image.publish());
    }
    Codes group_codes();
    Codes offset_codes();
    Codes transaction_codes();

  private:
    template <class Answer>
    static ErrorCode code(const Answer& answer) {
        return static_cast<ErrorCode>(answer.error_code);
    }
    /// Of the only partition that is asked for.
    template <class Answer>
    static ErrorCode partition_code(const Answer& answer) {
        return code(answer.topics.at(0).partitions.at(0));
    }
    template <class Request>
    static Request commit() {
        Request request;
        request.group_id = "g";
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.emplace_back();
        return request;
    }
    template <class Request>
    static Request of_transaction() {
        Request request;
        request.transactional_id = "x";
        request.producer_id = 1;
        return request;
    }
};

Codes CoordinatorStates::group_codes() {
    JoinGroupRequest join;
    SyncGroupRequest sync;
    HeartbeatRequest beat;
    LeaveGroupRequest leave;
    join.group_id = sync.group_id = beat.group_id = leave.group_id = "g";
    sync.protocol_type = sync.protocol_name = "p";
    join.session_timeout_ms = 10'000;
    leave.members.emplace_back();
    DescribeGroupsRequest describe;
    DeleteGroupsRequest remove;
    ConsumerGroupDescribeRequest consumer_describe;
    describe.groups = remove.groups_names = consumer_describe.group_ids = {"g"};
    ConsumerGroupHeartbeatRequest consumer_beat;
    consumer_beat.group_id = "g";
    consumer_beat.member_id = "m";
    consumer_beat.rebalance_timeout_ms = 1000;
    consumer_beat.subscribed_topic_names.emplace().push_back("t");
    consumer_beat.topic_partitions.emplace();
    return {
        {"JoinGroup", code(ask<JoinGroupResponse>(handle_join_group, 9, join))},
        {"SyncGroup", code(ask<SyncGroupResponse>(handle_sync_group, 5, sync))},
        {"Heartbeat", code(ask<HeartbeatResponse>(handle_heartbeat, 4, beat))},
        {"LeaveGroup", code(ask<LeaveGroupResponse>(handle_leave_group, 5, leave))},
        {"DescribeGroups",
         code(ask<DescribeGroupsResponse>(handle_describe_groups, 6, describe).groups.at(0))},
        {"DeleteGroups",
         code(ask<DeleteGroupsResponse>(handle_delete_groups, 2, remove).results.at(0))},
        {"ListGroups", code(ask<ListGroupsResponse>(handle_list_groups, 5, ListGroupsRequest()))},
        {"ConsumerGroupHeartbeat", code(ask<ConsumerGroupHeartbeatResponse>(
                                       handle_consumer_group_heartbeat, 1, consumer_beat))},
        {"ConsumerGroupDescribe", code(ask<ConsumerGroupDescribeResponse>(
                                           handle_consumer_group_describe, 1, consumer_describe)
                                           .groups.at(0))},
    };
}

Codes CoordinatorStates::offset_codes() {
    OffsetFetchRequest fetch;
    fetch.groups.emplace_back().group_id = "g";
    OffsetDeleteRequest remove;
    remove.group_id = "g";
    auto in_transaction = commit<TxnOffsetCommitRequest>();
    in_transaction.producer_id = 1;
    return {
        {"OffsetCommit", partition_code(ask<OffsetCommitResponse>(handle_offset_commit, 9,
                                                                  commit<OffsetCommitRequest>()))},
        {"TxnOffsetCommit",
         partition_code(ask<TxnOffsetCommitResponse>(handle_txn_offset_commit, 3, in_transaction))},
        {"OffsetFetch", code(ask<OffsetFetchResponse>(handle_offset_fetch, 9, fetch).groups.at(0))},
        {"OffsetDelete", code(ask<OffsetDeleteResponse>(handle_offset_delete, 0, remove))},
    };
}

Codes CoordinatorStates::transaction_codes() {
    auto init = of_transaction<InitProducerIdRequest>();
    init.producer_id = -1;
    init.transaction_timeout_ms = 1000;
    AddPartitionsToTxnRequest add;
    add.v3_and_below_transactional_id = "x";
    add.v3_and_below_producer_id = 1;
    add.v3_and_below_topics.push_back({"t", {0}});
    auto add_offsets = of_transaction<AddOffsetsToTxnRequest>();
    add_offsets.group_id = "g";
    DescribeTransactionsRequest describe;
    describe.transactional_ids = {"x"};
    const auto added = ask<AddPartitionsToTxnResponse>(handle_add_partitions_to_txn, 3, add)
                           .results_by_topic_v3_and_below.at(0)
                           .results_by_partition.at(0)
                           .partition_error_code;
    return {
        {"InitProducerId", code(ask<InitProducerIdResponse>(handle_init_producer_id, 5, init))},
        {"AddPartitionsToTxn", static_cast<ErrorCode>(added)},
        {"AddOffsetsToTxn",
         code(ask<AddOffsetsToTxnResponse>(handle_add_offsets_to_txn, 4, add_offsets))},
        {"EndTxn", code(ask<EndTxnResponse>(handle_end_txn, 5, of_transaction<EndTxnRequest>()))},
        {"DescribeTransactions",
         code(ask<DescribeTransactionsResponse>(handle_describe_transactions, 0, describe)
                  .transaction_states.at(0))},
        {"ListTransactions", code(ask<ListTransactionsResponse>(handle_list_transactions, 2,
                                                                ListTransactionsRequest()))},
    };
}

TEST_F(CoordinatorStates, NotHere) {
    for (const auto& [api, code] : group_codes())
        EXPECT_EQ(code, api == "ListGroups" ? NONE : NOT_COORDINATOR) << api;
    for (const auto& [api, code] : offset_codes()) EXPECT_EQ(code, NOT_COORDINATOR) << api;
    Codes codes = transaction_codes();
    EXPECT_EQ(codes.extract("ListTransactions").mapped(), NONE);
    EXPECT_EQ(codes.extract("AddOffsetsToTxn").mapped(), COORDINATOR_NOT_AVAILABLE);  // of groups
    for (const auto& [api, code] : codes) EXPECT_EQ(code, NOT_COORDINATOR) << api;
}

TEST_F(CoordinatorStates, BeingLoaded) {
    load();
    for (const auto& [api, code] : group_codes())  // a member that is told nothing goes on
        EXPECT_EQ(code, api == "Heartbeat" ? NONE : COORDINATOR_LOAD_IN_PROGRESS) << api;
    for (const auto& [api, code] : offset_codes())
        EXPECT_EQ(code, COORDINATOR_LOAD_IN_PROGRESS) << api;
    for (const auto& [api, code] : transaction_codes())
        EXPECT_EQ(code, COORDINATOR_LOAD_IN_PROGRESS) << api;
}

TEST_F(CoordinatorStates, MarkersWaitForTheGroups) {
    load();
    WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = 5;
    marker.topics.push_back({"__consumer_offsets", {0}});
    const auto answer = ask<WriteTxnMarkersResponse>(handle_write_txn_markers, 2, request);
    EXPECT_EQ(answer.markers.at(0).topics.at(0).partitions.at(0).error_code,
              static_cast<int16_t>(NOT_LEADER_OR_FOLLOWER));
}

}  // namespace
}  // namespace milena
