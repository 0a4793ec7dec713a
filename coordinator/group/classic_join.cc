// SPDX-License-Identifier: Apache-2.0
// Classic groups: JoinGroup.
#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "coordinator/group/classic_group.h"
#include "protocol/messages/join_group_request.h"

namespace milena {

using protocol::JoinGroupRequest;

namespace {

constexpr int16_t kFirstVersionWithRebalanceTimeout = 1;
constexpr int16_t kFirstVersionThatKnowsItsId = 4;
constexpr int16_t kFirstVersionThatSkipsAssignment = 9;
/// Until a new member has seen its first rebalance through, which may take longer than a session.
constexpr std::chrono::milliseconds kNewMemberTimeout{300'000};

std::vector<ClassicProtocol> protocols_of(const JoinGroupRequest& request) {
    std::vector<ClassicProtocol> protocols;
    std::unordered_set<std::string_view> named;
    for (const auto& asked : request.protocols) {
        if (!named.insert(asked.name).second) continue;
        protocols.push_back(
            {std::string(asked.name), Bytes(asked.metadata.begin(), asked.metadata.end())});
    }
    return protocols;
}

/// As java.util.UUID prints one.
std::string java_text(const Uuid& uuid) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kDigits[uuid.bytes[i] >> 4];
        text += kDigits[uuid.bytes[i] & 15];
    }
    return text;
}

std::string new_member_id(const JoinCall& call, const Uuid& uuid) {
    const std::string_view prefix = call.request.group_instance_id.value_or(call.client_id);
    return std::string(prefix) + "-" + java_text(uuid);
}

}  // namespace

void ClassicGroup::join(const JoinCall& call, Effects& effects) {
    const JoinGroupRequest& request = call.request;
    if (!has_room_for(request.member_id)) {
        remove_member(std::string(request.member_id), effects);
        return refuse(call, ErrorCode::GROUP_MAX_SIZE_REACHED, "", effects);
    }
    auto protocols = protocols_of(request);
    if (!supports(request.protocol_type, protocols))
        return refuse(call, ErrorCode::INCONSISTENT_GROUP_PROTOCOL, request.member_id, effects);
    if (request.member_id.empty())
        join_new(call, std::move(protocols), effects);
    else
        join_known(call, std::move(protocols), effects);
}

bool ClassicGroup::has_room_for(std::string_view member_id) const {
    if (is_empty()) return true;
    const ClassicMember* member = find(member_id);
    const auto size_max = static_cast<size_t>(options_.max_size);
    if (state_ == ClassicState::kPreparingRebalance)
        return (member && member->join) || joins_parked_ < size_max;
    return member || members_.size() < size_max;
}

void ClassicGroup::refuse(const JoinCall& call, ErrorCode error, std::string_view member_id,
                          Effects& effects) const {
    JoinAnswer answer;
    answer.error = error;
    answer.member_id = member_id;
    effects.replies.push_back(make_reply({call.version, call.done}, std::move(answer)));
}

void ClassicGroup::join_new(const JoinCall& call, std::vector<ClassicProtocol> protocols,
                            Effects& effects) {
    std::string new_id = new_member_id(call, options_.draw_id());
    if (call.request.group_instance_id) {
        const auto known = static_ids_.find(*call.request.group_instance_id);
        if (known != static_ids_.end())
            return replace_static(call, known->second, std::move(new_id), std::move(protocols),
                                  effects);
    } else if (call.version >= kFirstVersionThatKnowsItsId) {
        return ask_to_join_again(call, std::move(new_id), effects);
    }
    admit(call, std::move(new_id), std::move(protocols), effects);
}

void ClassicGroup::ask_to_join_again(const JoinCall& call, std::string new_id, Effects& effects) {
    auto& timer = pending_[new_id];
    timer = std::make_unique<StateTimer>(timers_, [this, new_id]() -> Effects {
        Effects expired;
        on_pending_expired(new_id, expired);
        return expired;
    });
    timer->arm(std::chrono::milliseconds(call.request.session_timeout_ms));
    refuse(call, ErrorCode::MEMBER_ID_REQUIRED, new_id, effects);
}

void ClassicGroup::join_known(const JoinCall& call, std::vector<ClassicProtocol> protocols,
                              Effects& effects) {
    const JoinGroupRequest& request = call.request;
    if (pending_.contains(request.member_id)) {
        if (request.group_instance_id)  // static members never have such an id
            return refuse(call, ErrorCode::UNKNOWN_SERVER_ERROR, "", effects);
        return admit(call, std::string(request.member_id), std::move(protocols), effects);
    }
    const ErrorCode error = check_member(request.member_id, request.group_instance_id);
    if (error != ErrorCode::NONE) return refuse(call, error, request.member_id, effects);
    ClassicMember& member = *find(request.member_id);
    const bool knows_the_generation = member.protocols == protocols &&
                                      (state_ == ClassicState::kCompletingRebalance ||
                                       (state_ == ClassicState::kStable && !is_leader(member.id)));
    if (!knows_the_generation) return rejoin(member, call, std::move(protocols), effects);
    effects.replies.push_back(make_reply({call.version, call.done}, joined(member)));
}

void ClassicGroup::admit(const JoinCall& call, std::string new_id,
                         std::vector<ClassicProtocol> protocols, Effects& effects) {
    const JoinGroupRequest& request = call.request;
    if (members_.empty()) protocol_type_ = std::string(request.protocol_type);
    if (initial_delay_) initial_delay_->has_new_members = true;
    pending_.erase(new_id);
    ClassicMember& member = add_member(std::move(new_id));
    member.client_id = call.client_id;
    member.client_host = call.client_host;
    member.is_new = true;
    if (request.group_instance_id) {
        member.instance_id = std::string(*request.group_instance_id);
        static_ids_[*member.instance_id] = member.id;
    }
    update(member, call, std::move(protocols));
    park(member, call, effects);
    member.session.arm(kNewMemberTimeout);
    MILENA_LOG(Info) << "group " << id() << ": member " << member.id << " joins";
    rebalance(effects);
}

void ClassicGroup::rejoin(ClassicMember& member, const JoinCall& call,
                          std::vector<ClassicProtocol> protocols, Effects& effects) {
    update(member, call, std::move(protocols));
    park(member, call, effects);
    rebalance(effects);
}

void ClassicGroup::update(ClassicMember& member, const JoinCall& call,
                          std::vector<ClassicProtocol> protocols) {
    set_protocols(member, std::move(protocols));
    member.session_timeout_ms = call.request.session_timeout_ms;
    member.rebalance_timeout_ms = call.version >= kFirstVersionWithRebalanceTimeout
                                      ? call.request.rebalance_timeout_ms
                                      : call.request.session_timeout_ms;
}

void ClassicGroup::park(ClassicMember& member, const JoinCall& call, Effects& effects) {
    auto former = std::exchange(member.join, ParkedJoin{call.version, call.done});
    if (!former) {
        ++joins_parked_;
        return;
    }
    JoinAnswer answer;
    answer.error = ErrorCode::REBALANCE_IN_PROGRESS;
    answer.member_id = member.id;
    effects.replies.push_back(make_reply(std::move(*former), std::move(answer)));
}

JoinAnswer ClassicGroup::joined(const ClassicMember& member) const {
    JoinAnswer answer;
    answer.member_id = member.id;
    answer.generation = generation_;
    answer.protocol_type = protocol_type_;
    answer.protocol_name = protocol_;
    answer.leader = leader_.value_or("");
    if (is_leader(member.id)) answer.members = members_for_leader();
    return answer;
}

std::vector<JoinAnswer::Member> ClassicGroup::members_for_leader() const {
    std::vector<JoinAnswer::Member> rows;
    rows.reserve(members_.size());
    for (const auto& [member_id, member] : members_) {
        const Bytes* metadata = member->metadata_of(protocol_.value_or(""));
        rows.push_back({member_id, member->instance_id, metadata ? *metadata : Bytes()});
    }
    return rows;
}

// Static members that come back under a new id ----------------------------------------------------

void ClassicGroup::replace_static(const JoinCall& call, std::string_view old_id, std::string new_id,
                                  std::vector<ClassicProtocol> protocols, Effects& effects) {
    const std::string former_leader = leader_.value_or("");
    ClassicMember& member = rename_static(old_id, std::move(new_id), effects);
    MILENA_LOG(Info) << "group " << id() << ": static member " << *member.instance_id << " is now "
                     << member.id;
    update(member, call, std::move(protocols));
    begin_session(member);
    if (state_ == ClassicState::kStable && select_protocol() == protocol_) {
        effects.records.push_back(record());
        return answer_replaced(call, member, former_leader, effects);
    }
    park(member, call, effects);
    rebalance(effects);
}

ClassicMember& ClassicGroup::rename_static(std::string_view old_id, std::string new_id,
                                           Effects& effects) {
    auto node = members_.extract(members_.find(old_id));
    ClassicMember& member = *node.mapped();
    if (member.join) {
        --joins_parked_;
        JoinAnswer answer;
        answer.error = ErrorCode::FENCED_INSTANCE_ID;
        answer.member_id = member.id;
        effects.replies.push_back(
            make_reply(*std::exchange(member.join, std::nullopt), std::move(answer)));
    }
    if (member.sync) {
        SyncAnswer answer;
        answer.error = ErrorCode::FENCED_INSTANCE_ID;
        effects.replies.push_back(
            make_reply(*std::exchange(member.sync, std::nullopt), std::move(answer)));
    }
    if (is_leader(member.id)) leader_ = new_id;
    member.id = new_id;
    member.is_new = false;
    static_ids_[*member.instance_id] = new_id;
    node.key() = std::move(new_id);
    members_.insert(std::move(node));
    return member;
}

void ClassicGroup::answer_replaced(const JoinCall& call, const ClassicMember& member,
                                   const std::string& former_leader, Effects& effects) {
    JoinAnswer answer = joined(member);
    if (call.version >= kFirstVersionThatSkipsAssignment) {
        answer.skip_assignment = is_leader(member.id);
    } else {
        // A leader must not learn that it leads: nobody wants its assignments now.
        answer.leader = former_leader;
        answer.members.clear();
    }
    effects.replies.push_back(make_reply({call.version, call.done}, std::move(answer)));
}

}  // namespace milena
