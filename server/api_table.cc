// SPDX-License-Identifier: Apache-2.0
#include "server/api_table.h"

#include <algorithm>
#include <array>

#include "protocol/messages/add_offsets_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/alter_configs_request.h"
#include "protocol/messages/alter_partition_reassignments_request.h"
#include "protocol/messages/alter_replica_log_dirs_request.h"
#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/create_acls_request.h"
#include "protocol/messages/create_partitions_request.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/delete_acls_request.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_records_request.h"
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/describe_acls_request.h"
#include "protocol/messages/describe_cluster_request.h"
#include "protocol/messages/describe_configs_request.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_log_dirs_request.h"
#include "protocol/messages/describe_producers_request.h"
#include "protocol/messages/describe_quorum_request.h"
#include "protocol/messages/describe_topic_partitions_request.h"
#include "protocol/messages/describe_transactions_request.h"
#include "protocol/messages/elect_leaders_request.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/find_coordinator_request.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/incremental_alter_configs_request.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/list_config_resources_request.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_offsets_request.h"
#include "protocol/messages/list_partition_reassignments_request.h"
#include "protocol/messages/list_transactions_request.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_for_leader_epoch_request.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/update_features_request.h"
#include "protocol/messages/write_txn_markers_request.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

template <class Body>
using Handler = void (*)(Broker&, Call<Body>);

/// "ProduceRequest" is the message of the API "Produce".
constexpr std::string_view api_name(std::string_view message) {
    return message.substr(0, message.size() - std::string_view("Request").size());
}

/// Bytes behind the body are ignored, as Kafka does: librdkafka 2.8 and later sends some with
/// Metadata.
template <class Body, Handler<Body> handle>
void serve(Broker& broker, std::shared_ptr<Request> request, BytesView body) {
    protocol::Reader reader(body);
    auto decoded = protocol::decode_next<Body>(reader, request->version());
    if (!decoded) return request->close_connection(decoded.error().message());
    auto shared = std::make_shared<const Body>(std::move(*decoded));
    handle(broker, Call<Body>{std::move(request), std::move(shared)});
}

/// All versions of the schema, but for a last one that is not stable yet.
template <class Body, Handler<Body> handle>
consteval ApiRow row() {
    return {
        .key = Body::kApiKey,
        .name = api_name(Body::kName),
        .min_version = Body::kMinVersion,
        .max_version = Body::kMaxVersion - (Body::kLatestVersionUnstable ? 1 : 0),
        .advertised_min_version = Body::kMinVersion,
        .first_flexible_version = Body::kFirstFlexibleVersion,
        .serve = &serve<Body, handle>,
    };
}

/// Only some of the schema's versions; others don't compile.
template <class Body, Handler<Body> handle, int16_t min, int16_t max>
consteval ApiRow row_of_versions() {
    static_assert(min >= Body::kMinVersion && max <= Body::kMaxVersion && min <= max);
    ApiRow made = row<Body, handle>();
    made.min_version = made.advertised_min_version = min;
    made.max_version = max;
    return made;
}

consteval ApiRow advertised_from(int16_t version, ApiRow row) {
    row.advertised_min_version = version;
    return row;
}

using namespace protocol;

constexpr std::array kRows{
    advertised_from(0, row<ProduceRequest, handle_produce>()),
    row<FetchRequest, handle_fetch>(),
    row<ListOffsetsRequest, handle_list_offsets>(),
    row<MetadataRequest, handle_metadata>(),
    row<OffsetCommitRequest, handle_offset_commit>(),
    row<OffsetFetchRequest, handle_offset_fetch>(),
    row<FindCoordinatorRequest, handle_find_coordinator>(),
    row<JoinGroupRequest, handle_join_group>(),
    row<HeartbeatRequest, handle_heartbeat>(),
    row<LeaveGroupRequest, handle_leave_group>(),
    row<SyncGroupRequest, handle_sync_group>(),
    row<DescribeGroupsRequest, handle_describe_groups>(),
    row<ListGroupsRequest, handle_list_groups>(),
    row<ApiVersionsRequest, handle_api_versions>(),
    row<CreateTopicsRequest, handle_create_topics>(),
    row<DeleteTopicsRequest, handle_delete_topics>(),
    row<DeleteRecordsRequest, handle_delete_records>(),
    row<InitProducerIdRequest, handle_init_producer_id>(),
    row<OffsetForLeaderEpochRequest, handle_offset_for_leader_epoch>(),
    row<AddPartitionsToTxnRequest, handle_add_partitions_to_txn>(),
    row<AddOffsetsToTxnRequest, handle_add_offsets_to_txn>(),
    row<EndTxnRequest, handle_end_txn>(),
    row<WriteTxnMarkersRequest, handle_write_txn_markers>(),
    row<TxnOffsetCommitRequest, handle_txn_offset_commit>(),
    row_of_versions<DescribeAclsRequest, handle_describe_acls, 1, 3>(),
    row_of_versions<CreateAclsRequest, handle_create_acls, 1, 3>(),
    row_of_versions<DeleteAclsRequest, handle_delete_acls, 1, 3>(),
    row<DescribeConfigsRequest, handle_describe_configs>(),
    row<AlterConfigsRequest, handle_alter_configs>(),
    row<AlterReplicaLogDirsRequest, handle_alter_replica_log_dirs>(),
    row<DescribeLogDirsRequest, handle_describe_log_dirs>(),
    row<CreatePartitionsRequest, handle_create_partitions>(),
    row<DeleteGroupsRequest, handle_delete_groups>(),
    row<ElectLeadersRequest, handle_elect_leaders>(),
    row<IncrementalAlterConfigsRequest, handle_incremental_alter_configs>(),
    row<AlterPartitionReassignmentsRequest, handle_alter_partition_reassignments>(),
    row<ListPartitionReassignmentsRequest, handle_list_partition_reassignments>(),
    row<OffsetDeleteRequest, handle_offset_delete>(),
    row<DescribeQuorumRequest, handle_describe_quorum>(),
    row<UpdateFeaturesRequest, handle_update_features>(),
    row<DescribeClusterRequest, handle_describe_cluster>(),
    row<DescribeProducersRequest, handle_describe_producers>(),
    row<DescribeTransactionsRequest, handle_describe_transactions>(),
    row<ListTransactionsRequest, handle_list_transactions>(),
    row<ConsumerGroupHeartbeatRequest, handle_consumer_group_heartbeat>(),
    row<ConsumerGroupDescribeRequest, handle_consumer_group_describe>(),
    row<ListConfigResourcesRequest, handle_list_config_resources>(),
    row<DescribeTopicPartitionsRequest, handle_describe_topic_partitions>(),
};

static_assert(std::ranges::is_sorted(kRows, {}, &ApiRow::key));

constexpr int16_t kKeysMax = 128;

/// By key, one more than the row's index; 0: not served.
constexpr auto kIndexes = [] {
    std::array<uint8_t, kKeysMax> indexes{};
    for (size_t i = 0; i < kRows.size(); ++i) indexes[kRows[i].key] = static_cast<uint8_t>(i + 1);
    return indexes;
}();

}  // namespace

std::span<const ApiRow> api_table() { return kRows; }

const ApiRow* find_api(int16_t key) {
    if (key < 0 || key >= kKeysMax || kIndexes[key] == 0) return nullptr;
    return &kRows[kIndexes[key] - 1u];
}

std::string api_table_markdown() {
    std::string table = "| Key | API | Versions |\n|---:|---|---|\n";
    for (const ApiRow& row : kRows)
        table += "| " + std::to_string(row.key) + " | " + std::string(row.name) + " | " +
                 std::to_string(row.min_version) + "–" + std::to_string(row.max_version) + " |\n";
    return table;
}

}  // namespace milena
