// SPDX-License-Identifier: Apache-2.0
// What handlers ask of groups: each call becomes an event of the shard that the group belongs to.
#pragma once

#include <functional>
#include <memory>

#include "base/strings.h"
#include "coordinator/group/group_shard.h"
#include "coordinator/runtime/runtime.h"

namespace milena {

namespace protocol {
struct JoinGroupRequest;
struct JoinGroupResponse;
struct SyncGroupRequest;
struct SyncGroupResponse;
struct HeartbeatRequest;
struct HeartbeatResponse;
struct LeaveGroupRequest;
struct LeaveGroupResponse;
struct DescribeGroupsRequest;
struct DescribeGroupsResponse;
struct ListGroupsRequest;
struct ListGroupsResponse;
struct DeleteGroupsRequest;
struct DeleteGroupsResponse;
struct OffsetCommitRequest;
struct OffsetCommitResponse;
struct OffsetFetchRequest;
struct OffsetFetchResponse;
struct OffsetDeleteRequest;
struct OffsetDeleteResponse;
struct TxnOffsetCommitRequest;
struct TxnOffsetCommitResponse;
struct ConsumerGroupHeartbeatRequest;
struct ConsumerGroupHeartbeatResponse;
struct ConsumerGroupDescribeRequest;
struct ConsumerGroupDescribeResponse;
}  // namespace protocol

/// Of the request that a call comes from.
struct GroupCall {
    int16_t version = 0;
    std::string_view client_id;
    std::string_view client_host;
    /// Owns what answers borrow. Used by one thread at a time.
    StringArena& strings;
};

/// `done` runs exactly once, on any thread; request, `strings` and `client_*` live until then.
/// All failures are in the answer, with Kafka's codes.
class GroupCoordinator {
  public:
    template <class Response>
    using Done = std::function<void(const Response&)>;

    /// `parts.make_machine` and `parts.topic` are set here. `options` is kept.
    GroupCoordinator(GroupOptions options, RuntimeParts parts);

    /// Ever newer images, from one thread; see CoordinatorRuntime.
    void follow(const MetadataImagePtr& image) { runtime_->follow(image); }
    void shut_down() { runtime_->shut_down(); }
    CoordinatorRuntime& runtime() { return *runtime_; }
    bool serves_consumer_protocol() const { return options_.consumer_protocol; }

    void join(GroupCall call, const protocol::JoinGroupRequest& request,
              Done<protocol::JoinGroupResponse> done);
    void sync(GroupCall call, const protocol::SyncGroupRequest& request,
              Done<protocol::SyncGroupResponse> done);
    void heartbeat(GroupCall call, const protocol::HeartbeatRequest& request,
                   Done<protocol::HeartbeatResponse> done);
    void leave(GroupCall call, const protocol::LeaveGroupRequest& request,
               Done<protocol::LeaveGroupResponse> done);
    void describe(GroupCall call, const protocol::DescribeGroupsRequest& request,
                  Done<protocol::DescribeGroupsResponse> done);
    void list(GroupCall call, const protocol::ListGroupsRequest& request,
              Done<protocol::ListGroupsResponse> done);
    void remove(GroupCall call, const protocol::DeleteGroupsRequest& request,
                Done<protocol::DeleteGroupsResponse> done);

    void consumer_heartbeat(GroupCall call, const protocol::ConsumerGroupHeartbeatRequest& request,
                            Done<protocol::ConsumerGroupHeartbeatResponse> done);
    void describe_consumers(GroupCall call, const protocol::ConsumerGroupDescribeRequest& request,
                            Done<protocol::ConsumerGroupDescribeResponse> done);

    /// Topics have their names and, if these are known, their ids.
    void commit_offsets(GroupCall call, const protocol::OffsetCommitRequest& request,
                        Done<protocol::OffsetCommitResponse> done);
    /// Request and answer have the shape of version 8: groups, and topics with names.
    void fetch_offsets(GroupCall call, const protocol::OffsetFetchRequest& request,
                       Done<protocol::OffsetFetchResponse> done);
    void delete_offsets(GroupCall call, const protocol::OffsetDeleteRequest& request,
                        Done<protocol::OffsetDeleteResponse> done);
    /// `guard` is what is known of the transaction (Effects::guard).
    void commit_transactional_offsets(GroupCall call,
                                      const protocol::TxnOffsetCommitRequest& request,
                                      std::optional<VerificationGuard> guard,
                                      Done<protocol::TxnOffsetCommitResponse> done);

  private:
    /// An event for the shard of `group`. What `handle` returns as replies answers the call.
    template <class Handle>
    void submit(std::string_view group, Handle handle, std::function<void(const Error&)> refuse) {
        CoordinatorEvent event;
        event.handle = [handle = std::move(handle)](StateMachine& machine) {
            return handle(static_cast<GroupShard&>(machine));
        };
        event.refuse = std::move(refuse);
        runtime_->submit(group, std::move(event));
    }

    const GroupOptions options_;
    std::unique_ptr<CoordinatorRuntime> runtime_;
};

}  // namespace milena
