// SPDX-License-Identifier: Apache-2.0
// Every handler, by API key; each lives in <key>_<name>.cc, which opens with its behaviour. A
// handler answers its call exactly once, now or later, from any thread.
#pragma once

#include "server/broker.h"
#include "server/request.h"

namespace milena {

namespace protocol {
struct ProduceRequest;
struct FetchRequest;
struct ApiVersionsRequest;
struct JoinGroupRequest;
struct HeartbeatRequest;
struct LeaveGroupRequest;
struct SyncGroupRequest;
struct DescribeGroupsRequest;
struct ListGroupsRequest;
struct DeleteGroupsRequest;
struct ListOffsetsRequest;
struct MetadataRequest;
struct FindCoordinatorRequest;
struct CreateTopicsRequest;
struct DeleteTopicsRequest;
struct DeleteRecordsRequest;
struct InitProducerIdRequest;
struct OffsetForLeaderEpochRequest;
struct AddPartitionsToTxnRequest;
struct AddOffsetsToTxnRequest;
struct EndTxnRequest;
struct WriteTxnMarkersRequest;
struct AlterReplicaLogDirsRequest;
struct DescribeLogDirsRequest;
struct CreatePartitionsRequest;
struct ElectLeadersRequest;
struct AlterPartitionReassignmentsRequest;
struct ListPartitionReassignmentsRequest;
struct DescribeQuorumRequest;
struct UpdateFeaturesRequest;
struct DescribeClusterRequest;
struct DescribeProducersRequest;
struct DescribeTransactionsRequest;
struct ListTransactionsRequest;
struct DescribeTopicPartitionsRequest;
struct DescribeAclsRequest;
struct CreateAclsRequest;
struct DeleteAclsRequest;
struct DescribeConfigsRequest;
struct AlterConfigsRequest;
struct IncrementalAlterConfigsRequest;
struct ListConfigResourcesRequest;
struct OffsetCommitRequest;
struct OffsetFetchRequest;
struct TxnOffsetCommitRequest;
struct OffsetDeleteRequest;
struct ConsumerGroupHeartbeatRequest;
struct ConsumerGroupDescribeRequest;
}  // namespace protocol

void handle_produce(Broker& broker, Call<protocol::ProduceRequest> call);
void handle_fetch(Broker& broker, Call<protocol::FetchRequest> call);
void handle_join_group(Broker& broker, Call<protocol::JoinGroupRequest> call);
void handle_heartbeat(Broker& broker, Call<protocol::HeartbeatRequest> call);
void handle_leave_group(Broker& broker, Call<protocol::LeaveGroupRequest> call);
void handle_sync_group(Broker& broker, Call<protocol::SyncGroupRequest> call);
void handle_describe_groups(Broker& broker, Call<protocol::DescribeGroupsRequest> call);
void handle_list_groups(Broker& broker, Call<protocol::ListGroupsRequest> call);
void handle_delete_groups(Broker& broker, Call<protocol::DeleteGroupsRequest> call);
void handle_api_versions(Broker& broker, Call<protocol::ApiVersionsRequest> call);
void handle_list_offsets(Broker& broker, Call<protocol::ListOffsetsRequest> call);
void handle_metadata(Broker& broker, Call<protocol::MetadataRequest> call);
void handle_find_coordinator(Broker& broker, Call<protocol::FindCoordinatorRequest> call);
void handle_create_topics(Broker& broker, Call<protocol::CreateTopicsRequest> call);
void handle_delete_topics(Broker& broker, Call<protocol::DeleteTopicsRequest> call);
void handle_delete_records(Broker& broker, Call<protocol::DeleteRecordsRequest> call);
void handle_init_producer_id(Broker& broker, Call<protocol::InitProducerIdRequest> call);
void handle_offset_for_leader_epoch(Broker& broker,
                                    Call<protocol::OffsetForLeaderEpochRequest> call);
void handle_add_partitions_to_txn(Broker& broker, Call<protocol::AddPartitionsToTxnRequest> call);
void handle_add_offsets_to_txn(Broker& broker, Call<protocol::AddOffsetsToTxnRequest> call);
void handle_end_txn(Broker& broker, Call<protocol::EndTxnRequest> call);
void handle_write_txn_markers(Broker& broker, Call<protocol::WriteTxnMarkersRequest> call);
void handle_alter_replica_log_dirs(Broker& broker, Call<protocol::AlterReplicaLogDirsRequest> call);
void handle_describe_log_dirs(Broker& broker, Call<protocol::DescribeLogDirsRequest> call);
void handle_create_partitions(Broker& broker, Call<protocol::CreatePartitionsRequest> call);
void handle_elect_leaders(Broker& broker, Call<protocol::ElectLeadersRequest> call);
void handle_alter_partition_reassignments(Broker& broker,
                                          Call<protocol::AlterPartitionReassignmentsRequest> call);
void handle_list_partition_reassignments(Broker& broker,
                                         Call<protocol::ListPartitionReassignmentsRequest> call);
void handle_describe_quorum(Broker& broker, Call<protocol::DescribeQuorumRequest> call);
void handle_update_features(Broker& broker, Call<protocol::UpdateFeaturesRequest> call);
void handle_describe_cluster(Broker& broker, Call<protocol::DescribeClusterRequest> call);
void handle_describe_producers(Broker& broker, Call<protocol::DescribeProducersRequest> call);
void handle_describe_transactions(Broker& broker, Call<protocol::DescribeTransactionsRequest> call);
void handle_list_transactions(Broker& broker, Call<protocol::ListTransactionsRequest> call);
void handle_describe_topic_partitions(Broker& broker,
                                      Call<protocol::DescribeTopicPartitionsRequest> call);
void handle_describe_acls(Broker& broker, Call<protocol::DescribeAclsRequest> call);
void handle_create_acls(Broker& broker, Call<protocol::CreateAclsRequest> call);
void handle_delete_acls(Broker& broker, Call<protocol::DeleteAclsRequest> call);
void handle_describe_configs(Broker& broker, Call<protocol::DescribeConfigsRequest> call);
void handle_alter_configs(Broker& broker, Call<protocol::AlterConfigsRequest> call);
void handle_incremental_alter_configs(Broker& broker,
                                      Call<protocol::IncrementalAlterConfigsRequest> call);
void handle_consumer_group_heartbeat(Broker& broker,
                                     Call<protocol::ConsumerGroupHeartbeatRequest> call);
void handle_consumer_group_describe(Broker& broker,
                                    Call<protocol::ConsumerGroupDescribeRequest> call);
void handle_list_config_resources(Broker& broker, Call<protocol::ListConfigResourcesRequest> call);
void handle_offset_commit(Broker& broker, Call<protocol::OffsetCommitRequest> call);
void handle_offset_fetch(Broker& broker, Call<protocol::OffsetFetchRequest> call);
void handle_txn_offset_commit(Broker& broker, Call<protocol::TxnOffsetCommitRequest> call);
void handle_offset_delete(Broker& broker, Call<protocol::OffsetDeleteRequest> call);

}  // namespace milena
