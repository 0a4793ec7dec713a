// SPDX-License-Identifier: Apache-2.0
// Classic groups: from one generation to the next.
#include <algorithm>

#include "base/log.h"
#include "coordinator/group/classic_group.h"

namespace milena {

using std::chrono::milliseconds;

void ClassicGroup::move_to(ClassicState state) {
    state_ = state;
    state_since_ = timers_.clock().now();
    if (state != ClassicState::kPreparingRebalance) initial_delay_.reset();
}

void ClassicGroup::rebalance(Effects& effects) {
    if (state_ != ClassicState::kPreparingRebalance)
        prepare_rebalance(effects);
    else if (!initial_delay_)
        complete_join_if_all_are_there(effects);
}

void ClassicGroup::prepare_rebalance(Effects& effects) {
    if (state_ == ClassicState::kCompletingRebalance)
        fail_syncs(ErrorCode::REBALANCE_IN_PROGRESS, effects);
    for (const auto& [member_id, member] : members_) member->owes_sync = false;
    syncs_owed_ = 0;
    sync_timer_.cancel();
    const bool is_first = is_empty();
    move_to(ClassicState::kPreparingRebalance);
    if (is_first) {
        const milliseconds delay(options_.initial_rebalance_delay_ms);
        initial_delay_ =
            InitialDelay{delay, std::max(rebalance_timeout() - delay, milliseconds(0)), false};
        join_timer_.arm(delay);
    } else if (has_all_joined()) {
        complete_join(effects);
    } else {
        join_timer_.arm(rebalance_timeout());
    }
}

void ClassicGroup::complete_join_if_all_are_there(Effects& effects) {
    if (has_all_joined()) complete_join(effects);
}

void ClassicGroup::on_join_timer(Effects& effects) {
    if (!initial_delay_ || !initial_delay_->has_new_members || initial_delay_->left.count() == 0)
        return complete_join(effects);
    const milliseconds next =
        std::min(milliseconds(options_.initial_rebalance_delay_ms), initial_delay_->left);
    initial_delay_ = InitialDelay{
        next, std::max(initial_delay_->left - initial_delay_->current, milliseconds(0)), false};
    join_timer_.arm(next);
}

void ClassicGroup::complete_join(Effects& effects) {
    join_timer_.cancel();
    drop_absent_members(effects);
    if (members_.empty()) return effects.records.push_back(emptied_record());
    if (!elect_leader_among_present()) return join_timer_.arm(rebalance_timeout());
    begin_generation(effects);
}

void ClassicGroup::drop_absent_members(Effects& effects) {
    std::vector<std::string> absent;
    for (const auto& [member_id, member] : members_)
        if (!member->join && !member->is_static()) absent.push_back(member_id);
    for (std::string& member_id : absent) remove_member(std::move(member_id), effects);
}

bool ClassicGroup::elect_leader_among_present() {
    if (const ClassicMember* leader = leader_ ? find(*leader_) : nullptr; leader && leader->join)
        return true;
    const ClassicMember* eldest = nullptr;
    for (const auto& [member_id, member] : members_)
        if (member->join && (!eldest || member->seniority < eldest->seniority))
            eldest = member.get();
    if (eldest) leader_ = eldest->id;
    return eldest;
}

void ClassicGroup::begin_generation(Effects& effects) {
    ++generation_;
    protocol_ = select_protocol();
    update_subscriptions();
    move_to(ClassicState::kCompletingRebalance);
    MILENA_LOG(Info) << "group " << id() << ": generation " << generation_ << " has "
                     << members_.size() << " members";
    for (const auto& [member_id, member] : members_) {
        if (member->join) {
            --joins_parked_;
            effects.replies.push_back(
                make_reply(*std::exchange(member->join, std::nullopt), joined(*member)));
        }
        begin_session(*member);
        member->is_new = false;
        member->owes_sync = true;
    }
    syncs_owed_ = members_.size();
    sync_timer_.arm(rebalance_timeout());
}

void ClassicGroup::on_sync_timer(Effects& effects) {
    const bool is_waiting =
        state_ == ClassicState::kCompletingRebalance || state_ == ClassicState::kStable;
    if (!is_waiting || syncs_owed_ == 0) return;
    std::vector<std::string> owing;
    for (const auto& [member_id, member] : members_)
        if (member->owes_sync) owing.push_back(member_id);
    for (std::string& member_id : owing) remove_member(std::move(member_id), effects);
    prepare_rebalance(effects);
}

// Sessions ---------------------------------------------------------------------------------------

void ClassicGroup::begin_session(ClassicMember& member) {
    member.session.arm(milliseconds(member.session_timeout_ms));
}

void ClassicGroup::on_session_end(ClassicMember& member, Effects& effects) {
    if (member.may_be_silent()) return;  // its session begins anew with the answer
    MILENA_LOG(Info) << "group " << id() << ": the session of member " << member.id << " is over";
    remove_member(member.id, effects);
    if (state_ == ClassicState::kPreparingRebalance)
        complete_join_if_all_are_there(effects);
    else if (!is_empty())
        prepare_rebalance(effects);
}

void ClassicGroup::on_pending_expired(std::string member_id, Effects& effects) {
    pending_.erase(member_id);
    if (state_ == ClassicState::kPreparingRebalance) complete_join_if_all_are_there(effects);
}

}  // namespace milena
