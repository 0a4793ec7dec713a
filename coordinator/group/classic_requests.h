// SPDX-License-Identifier: Apache-2.0
// What the requests of classic groups come to in one shard. Requests outlive their answers.
#pragma once

#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_table.h"

namespace milena {

namespace protocol {
struct HeartbeatResponse;
struct LeaveGroupResponse;
}  // namespace protocol

Effects join_classic_group(GroupTable& groups, const JoinCall& call);
Effects sync_classic_group(GroupTable& groups, const protocol::SyncGroupRequest& request,
                           SyncDone done);
Effects heartbeat_classic_group(GroupTable& groups, const protocol::HeartbeatRequest& request,
                                std::function<void(const protocol::HeartbeatResponse&)> done);
/// Versions before 3 name one member and have one error for it.
Effects leave_classic_group(GroupTable& groups, int16_t version,
                            const protocol::LeaveGroupRequest& request,
                            std::function<void(const protocol::LeaveGroupResponse&)> done);

}  // namespace milena
