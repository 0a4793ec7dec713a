// SPDX-License-Identifier: Apache-2.0
// ElectLeaders, Alter- and ListPartitionReassignments, DescribeQuorum.
#pragma once

#include "cluster/control_context.h"
#include "protocol/messages/alter_partition_reassignments_request.h"
#include "protocol/messages/alter_partition_reassignments_response.h"
#include "protocol/messages/describe_quorum_request.h"
#include "protocol/messages/describe_quorum_response.h"
#include "protocol/messages/elect_leaders_request.h"
#include "protocol/messages/elect_leaders_response.h"
#include "protocol/messages/list_partition_reassignments_request.h"
#include "protocol/messages/list_partition_reassignments_response.h"

namespace milena {

protocol::ElectLeadersResponse elect_leaders(ControlContext& context,
                                             const protocol::ElectLeadersRequest& request);

/// With one node an assignment can only stay what it is; everything else is refused as Kafka would.
protocol::AlterPartitionReassignmentsResponse alter_reassignments(
    ControlContext& context, const protocol::AlterPartitionReassignmentsRequest& request);

protocol::ListPartitionReassignmentsResponse list_reassignments(
    ControlContext& context, const protocol::ListPartitionReassignmentsRequest& request);

struct QuorumPosition {
    int32_t epoch = 0;
    Offset end_offset;
    bool dynamic = false;
    TimestampMs now;
};
/// A quorum of this node alone.
protocol::DescribeQuorumResponse describe_quorum(ControlContext& context, int16_t version,
                                                 const protocol::DescribeQuorumRequest& request,
                                                 const QuorumPosition& position);

}  // namespace milena
