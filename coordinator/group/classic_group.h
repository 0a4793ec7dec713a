// SPDX-License-Identifier: Apache-2.0
// A group whose members are led by one of them, who shares the work (KIP-62, 345, 394, 429).
//
// Records tell what was true when the group was last stable or empty; a rebalance lives in memory
// alone, and is forgotten by a restart: the members then find their old generation, or join again.
//
//   Empty ──join──► PreparingRebalance ──all joined──► CompletingRebalance ──sync──► Stable
//     ▲                 │          ▲                          │                        │
//     └────all left─────┘          └───join, leave, expiry────┴────────────────────────┘
//
// A dead group is one that its table does not know any more.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "coordinator/group/classic_member.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"

namespace milena {

namespace protocol {
struct GroupMetadataValue;
struct JoinGroupRequest;
struct SyncGroupRequest;
struct HeartbeatRequest;
struct LeaveGroupRequest;
}  // namespace protocol

enum class ClassicState { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };
std::string_view classic_state_name(ClassicState state);

/// Protocol type of groups that consume topics.
inline constexpr std::string_view kConsumerProtocolType = "consumer";

struct JoinCall {
    const protocol::JoinGroupRequest& request;
    int16_t version = 0;
    std::string_view client_id, client_host;
    JoinDone done;
};

/// Handlers put answers and records into `effects`; what records tell changes in apply().
class ClassicGroup final : public Group {
  public:
    using Members = std::map<std::string, std::unique_ptr<ClassicMember>, std::less<>>;

    /// Empty. `options` and `timers` outlive it.
    ClassicGroup(std::string id, const GroupOptions& options, TimerQueue& timers);

    GroupType type() const override { return GroupType::kClassic; }
    std::string_view state_name() const override { return classic_state_name(state_); }
    std::string_view protocol_type() const override {
        return protocol_type_ ? std::string_view(*protocol_type_) : std::string_view();
    }
    bool is_empty() const override { return state_ == ClassicState::kEmpty; }
    Result<void> check_offset_commit(const OffsetCaller& caller) override;
    Result<void> check_offset_fetch(std::optional<std::string_view>, int32_t) override {
        return {};
    }
    Result<void> check_offset_delete() const override;
    Result<void> check_delete() const override;
    bool is_subscribed_to(std::string_view topic) const override;
    std::optional<TimestampMs> offsets_idle_since(TimestampMs committed) const override;
    void add_tombstones(std::vector<CoordinatorRecord>& to) const override;

    ClassicState state() const { return state_; }
    int32_t generation() const { return generation_; }
    const std::optional<std::string>& protocol() const { return protocol_; }
    const std::optional<std::string>& leader() const { return leader_; }
    const Members& members() const { return members_; }
    size_t pending_members() const { return pending_.size(); }

    /// What a record says of the group as it is. REQUIRES: stable or empty.
    CoordinatorRecord record() const;
    /// The record of a group that was just made.
    CoordinatorRecord first_record() const;
    /// Becomes what the record says, from nothing.
    void load(const protocol::GroupMetadataValue& value);
    /// A record that a handler of this group has made.
    void apply(const protocol::GroupMetadataValue& value);
    /// All members are to join again, whatever they are doing.
    void rebalance_all(Effects& effects) { prepare_rebalance(effects); }
    /// The members' sessions begin.
    void on_loaded(Effects& effects);
    /// Answers whoever waits, with `reason`.
    void on_unloaded(ErrorCode reason);

    void join(const JoinCall& call, Effects& effects);
    void sync(const protocol::SyncGroupRequest& request, SyncDone done, Effects& effects);
    /// The answer's error; NONE if the member may go on.
    ErrorCode heartbeat(const protocol::HeartbeatRequest& request);

    /// One member goes, by its id or its instance id.
    ErrorCode leave(std::string_view member_id, std::optional<std::string_view> instance_id,
                    Effects& effects);
    /// After members have left.
    void after_leaving(Effects& effects);

  private:
    // Members: classic_group.cc
    ClassicMember* find(std::string_view id) const;
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
    ErrorCode check_member(std::string_view id, std::optional<std::string_view> instance_id) const;
    ClassicMember& add_member(std::string id);
    void set_protocols(ClassicMember& member, std::vector<ClassicProtocol> protocols);
    void count_protocols(const ClassicMember& member, int by);
    /// Leaves no answer of the member open. `id` may be part of the member.
    void remove_member(std::string id, Effects& effects);
    bool is_leader(std::string_view id) const { return leader_ == id; }
    bool supports(std::string_view protocol_type,
                  const std::vector<ClassicProtocol>& protocols) const;
    /// The protocol that all know and most like best.
    std::string select_protocol() const;
    bool has_all_joined() const { return joins_parked_ == members_.size() && pending_.empty(); }
    std::chrono::milliseconds rebalance_timeout() const;
    void update_subscriptions();
    using Assignments = std::map<std::string_view, BytesView>;
    CoordinatorRecord record_with(const Assignments& assignments) const;
    /// The next generation, in which nobody is left.
    CoordinatorRecord emptied_record() const;

    // classic_join.cc
    bool has_room_for(std::string_view member_id) const;
    void join_new(const JoinCall& call, std::vector<ClassicProtocol> protocols, Effects& effects);
    void join_known(const JoinCall& call, std::vector<ClassicProtocol> protocols, Effects& effects);
    void ask_to_join_again(const JoinCall& call, std::string id, Effects& effects);
    void admit(const JoinCall& call, std::string id, std::vector<ClassicProtocol> protocols,
               Effects& effects);
    void refuse(const JoinCall& call, ErrorCode error, std::string_view member_id,
                Effects& effects) const;
    void rejoin(ClassicMember& member, const JoinCall& call, std::vector<ClassicProtocol> protocols,
                Effects& effects);
    void replace_static(const JoinCall& call, std::string_view old_id, std::string new_id,
                        std::vector<ClassicProtocol> protocols, Effects& effects);
    ClassicMember& rename_static(std::string_view old_id, std::string new_id, Effects& effects);
    void answer_replaced(const JoinCall& call, const ClassicMember& member,
                         const std::string& former_leader, Effects& effects);
    void update(ClassicMember& member, const JoinCall& call,
                std::vector<ClassicProtocol> protocols);
    /// It waits for the others; what it had parked before is answered.
    void park(ClassicMember& member, const JoinCall& call, Effects& effects);
    JoinAnswer joined(const ClassicMember& member) const;
    std::vector<JoinAnswer::Member> members_for_leader() const;

    // classic_sync.cc
    ErrorCode check_sync(const protocol::SyncGroupRequest& request) const;
    void note_sync(ClassicMember& member);
    void share_assignments(const protocol::SyncGroupRequest& request, Effects& effects);
    void fail_syncs(ErrorCode error, Effects& effects);

    // classic_rebalance.cc
    void move_to(ClassicState state);
    void prepare_rebalance(Effects& effects);
    /// Begins one, or lets the one that is prepared go on if everybody is there. The first one of
    /// an empty group goes on only when its time has come.
    void rebalance(Effects& effects);
    /// REQUIRES: preparing a rebalance, as does the next.
    void complete_join_if_all_are_there(Effects& effects);
    void complete_join(Effects& effects);
    void begin_generation(Effects& effects);
    void drop_absent_members(Effects& effects);
    bool elect_leader_among_present();
    void on_join_timer(Effects& effects);
    void on_sync_timer(Effects& effects);
    void begin_session(ClassicMember& member);
    void on_session_end(ClassicMember& member, Effects& effects);
    void on_pending_expired(std::string member_id, Effects& effects);

    const GroupOptions& options_;
    TimerQueue& timers_;

    ClassicState state_ = ClassicState::kEmpty;
    TimestampMs state_since_ = kNoTimestamp;
    int32_t generation_ = 0;
    std::optional<std::string> protocol_type_, protocol_, leader_;
    Members members_;
    /// Topics that the members of a consumer group want; nothing: not known.
    std::optional<std::set<std::string, std::less<>>> subscribed_;

    std::map<std::string, std::string, std::less<>> static_ids_;  ///< instance id -> member id
    /// Ids given out whose owners have not joined with them yet, until they expire.
    std::map<std::string, std::unique_ptr<StateTimer>, std::less<>> pending_;
    std::map<std::string, size_t, std::less<>> protocol_counts_;  ///< members that know it
    size_t joins_parked_ = 0;
    size_t syncs_owed_ = 0;
    uint64_t next_seniority_ = 0;

    /// The first rebalance of an empty group waits for more members, so long as it may.
    struct InitialDelay {
        std::chrono::milliseconds current, left;
        bool has_new_members = false;
    };
    std::optional<InitialDelay> initial_delay_;
    StateTimer join_timer_, sync_timer_;
};

}  // namespace milena
