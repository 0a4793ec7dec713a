// SPDX-License-Identifier: Apache-2.0
// Members of groups, as clients play them.
#pragma once

#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "tests/bench/connections.h"

namespace milena::bench {

/// Where a member works, and the topic it wants.
struct MemberPlan {
    Connections& connections;
    size_t connection = 0;
    std::string group;
    std::string topic;
    std::chrono::milliseconds heartbeat_interval{0};  ///< of the consumer protocol
};

/// JoinGroup with the handshake, SyncGroup (the leader gives each member one partition). It sends
/// no heartbeats by itself.
class ClassicMember {
  public:
    explicit ClassicMember(MemberPlan plan) : plan_(std::move(plan)) {}
    ClassicMember(const ClassicMember&) = delete;

    /// Asks for a member id, no more: while it is known and has not joined, nobody's join is over.
    void introduce(std::function<void()> on_known);
    /// `on_assigned` runs after each SyncGroup that succeeds. Who has started may do so again.
    void start(std::function<void()> on_assigned);

    int32_t generation() const { return generation_; }

    Bytes heartbeat_frame() const;
    Bytes commit_frame(int64_t offset) const;

  private:
    template <class Done>
    void ask_to_join(Done done);
    void join();
    void sync();

    const MemberPlan plan_;
    std::function<void()> on_assigned_;
    std::string id_;
    int32_t generation_ = -1;
    std::vector<std::pair<std::string, Bytes>> assignments_;
};

/// A member of the consumer protocol: it has what it is given, at once.
class ConsumerMember {
  public:
    explicit ConsumerMember(MemberPlan plan) : plan_(std::move(plan)) {}
    ConsumerMember(const ConsumerMember&) = delete;

    void start() { heartbeat(true); }
    /// No heartbeats any more; `on_stopped` runs when the last one is answered.
    void stop(std::function<void()> on_stopped) { on_stopped_ = std::move(on_stopped); }
    int32_t epoch() const { return epoch_; }
    size_t partitions() const { return owned_count_; }
    /// A heartbeat that says nothing new.
    Bytes heartbeat_frame() const;

  private:
    void heartbeat(bool reports);
    template <class Partitions>
    void take(const Partitions& assigned);

    const MemberPlan plan_;
    const std::string id_ = Uuid::random().to_string();
    int32_t epoch_ = 0;
    std::function<void()> on_stopped_;
    size_t owned_count_ = 0;
    std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartitions> owned_;
};

/// The coordinator is not there yet, or loads: asked again later.
bool is_too_early(int16_t error);
void check(const char* what, int16_t error);
constexpr std::chrono::milliseconds kRetryDelay{20};

}  // namespace milena::bench
