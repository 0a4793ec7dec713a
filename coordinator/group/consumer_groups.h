// SPDX-License-Identifier: Apache-2.0
// The consumer groups among the groups of one shard: their requests, records and timers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/consumer_group.h"

namespace milena {

class StringArena;

namespace protocol {
struct ConsumerGroupHeartbeatRequest;
struct ConsumerGroupHeartbeatResponse;
struct LeaveGroupResponse;
}  // namespace protocol

/// Who sends a request.
struct ClientIdentity {
    std::string_view client_id;
    std::string_view client_host;
};

class ConsumerGroups {
  public:
    using HeartbeatDone = std::function<void(const protocol::ConsumerGroupHeartbeatResponse&)>;

    /// `groups` are all groups of the shard. All outlive it.
    ConsumerGroups(GroupMap& groups, const GroupOptions& options, TimerQueue& timers);

    /// Kinds 3 to 8 and 16.
    void replay(int16_t kind, const ReplayedRecord& record);
    void on_loaded();
    void on_image(const MetadataImagePtr& image) { context_.topics.follow(image); }

    /// The request is valid (check_consumer_heartbeat). `strings` owns what the answer borrows.
    Effects heartbeat(const protocol::ConsumerGroupHeartbeatRequest& request,
                      const ClientIdentity& client, StringArena& strings, HeartbeatDone done);
    // Members of the classic protocol in a consumer group: consumer_classic_members.cc.

    Effects join(const ConsumerGroup& group, const JoinCall& call);
    Effects sync(const ConsumerGroup& group, const protocol::SyncGroupRequest& request,
                 SyncDone done);
    ErrorCode classic_heartbeat(const ConsumerGroup& group,
                                const protocol::HeartbeatRequest& request);
    using LeaveDone = std::function<void(const protocol::LeaveGroupResponse&)>;
    Effects leave(const ConsumerGroup& group, int16_t version,
                  const protocol::LeaveGroupRequest& request, LeaveDone done);

    /// Null if there is no such consumer group.
    ConsumerGroup* find(std::string_view id) const;
    const ConsumerTopics& topics() const { return context_.topics; }

  private:
    using Request = protocol::ConsumerGroupHeartbeatRequest;

    /// Null if there is none and none may be made, or one of another type with members.
    ConsumerGroup* find_or_make(std::string_view id, bool may_make);
    Result<void> replay_kind(int16_t kind, BytesView key,
                             const std::optional<VersionedBytes>& value);
    Result<void> replay_epoch(BytesView key, const std::optional<VersionedBytes>& value);
    template <class Key, class Value>
    Result<void> replay_as(BytesView key, const std::optional<VersionedBytes>& value);

    Effects found(const Request& request, const ClientIdentity& client, StringArena& strings,
                  HeartbeatDone done);
    Effects heartbeat(const ConsumerGroup& group, std::vector<CoordinatorRecord> records,
                      const Request& request, const ClientIdentity& client, StringArena& strings,
                      HeartbeatDone done);
    Effects leave(const ConsumerGroup& group, const Request& request, HeartbeatDone done);
    Effects expire(const ConsumerGroup& group, const std::string& member, size_t timer);
    /// Members leave. The group becomes a classic one if none is left that it can't have, and if
    /// its records fit into one batch.
    Effects remove(const ConsumerGroup& group, const std::vector<std::string>& members,
                   Effects answer);
    Effects remove_only(const ConsumerGroup& group, const std::vector<std::string>& members,
                        Effects answer);
    /// Whether the join takes the place of the last one of the consumer protocol, a static one, in
    /// a group that may become a classic one.
    bool replaces_last_consumer(const ConsumerGroup& group,
                                const protocol::JoinGroupRequest& request) const;
    /// UNKNOWN_SERVER_ERROR, to who joins, if the classic group does not fit into one batch.
    Effects downgrade(const ConsumerGroup& group, const protocol::JoinGroupRequest& request,
                      const ConsumerMember& member, JoinAnswer& joined);
    /// After the replay. Nobody has to join again where somebody took the other one's place.
    Effects start_downgraded(const std::string& id, bool must_rebalance);
    Effects match_regexes(const ConsumerGroup& group);
    Effects take_matches(const std::string& id, uint64_t generation, TopicMatches matches);

    GroupMap& groups_;
    ConsumerContext context_;
};

}  // namespace milena
